"""`runs`, `best`, `compare` and `summary`: what MLflow has recorded of a model's trainings."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.record import experiment_of, names_of
from kubectl_sensormodel.screen import console, table, write_json
from kubectl_sensormodel.verbs import Target
from model_contract.keys import Kpi, Subject, Tag, kpi_metric
from model_operator.api.base import KubeModel, format_decimal
from sensormodel.conditions import Condition, read_metric, read_parameter, read_tag
from sensormodel.experiments import Experiments
from sensormodel.registry import Registry
from sensormodel.runs import Comparison, ExperimentSummary, Goal, Run, goal_of

_SHOWN: Final = tuple(kpi_metric(Subject.CANDIDATE, kpi) for kpi in (Kpi.RMSE, Kpi.MAE, Kpi.F1))
_LONGEST_VERSION: Final = 10  # digits; a run id has 32


class Search(NamedTuple):
    """Which runs, as given on the command line."""

    name: str | None
    experiment: str | None
    metrics: tuple[str, ...]
    parameters: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions.

        Raises:
            InvalidRequest: one is none.
        """
        return (*map(read_metric, self.metrics), *map(read_parameter, self.parameters), *map(read_tag, self.tags))


def show(target: Target, search: Search, limit: int, mlflow: str | None, output: Output) -> ExitCode:
    """`runs`."""
    conditions = search.conditions
    experiment = experiment_of(target, search.name, search.experiment)
    found = Experiments(mlflow).search(experiment, *conditions, limit=limit)
    if output is Output.JSON:
        write_json([_plain(run) for run in found])
    else:
        draw_runs(experiment, found, console())
    return ExitCode.FINE


def show_best(
    target: Target, search: Search, by: str | None, goal: str | None, mlflow: str | None, output: Output
) -> ExitCode:
    """`best`."""
    conditions = search.conditions
    experiment = experiment_of(target, search.name, search.experiment)
    metric = by or kpi_metric(Subject.CANDIDATE, names_of(target, search.name).metric if search.name else Kpi.RMSE)
    wanted = Goal(goal.capitalize()) if goal else goal_of(metric)
    found = Experiments(mlflow).best(experiment, metric, wanted, *conditions)
    if output is Output.JSON:
        write_json(_plain(found))
    else:
        screen = console()
        screen.print(f"{wanted} of {metric} in {experiment}: {format_decimal(found.metrics[metric])}", soft_wrap=True)
        draw_runs(experiment, [found], screen)
    return ExitCode.FINE


def compare(target: Target, name: str, which: Sequence[str], mlflow: str | None, output: Output) -> ExitCode:
    """`compare`."""
    registered = names_of(target, name).registered_model
    registry, titles = Registry(mlflow), [f"version {each}" if _is_version(each) else each[:12] for each in which]
    run_ids = [registry.version(registered, int(each)).run_id if _is_version(each) else each for each in which]
    found = Experiments(mlflow).compare(*run_ids)
    if output is Output.JSON:
        write_json(_plain(found))
    else:
        draw_comparison(titles, found, console())
    return ExitCode.FINE


def summarize(target: Target, search: Search, mlflow: str | None, output: Output) -> ExitCode:
    """`summary`."""
    conditions = search.conditions
    experiment = experiment_of(target, search.name, search.experiment)
    found = Experiments(mlflow).summary(experiment, *conditions)
    if output is Output.JSON:
        write_json(_plain(found))
    else:
        draw_summary(found, console())
    return ExitCode.FINE


def draw_runs(experiment: str, runs: Sequence[Run], screen: Console) -> None:
    """Print a line for each run."""
    if not runs:
        screen.print(f"No run of {experiment} is like that.", soft_wrap=True)
        return
    metrics = [name for name in _SHOWN if any(name in run.metrics for run in runs)]
    drawn = table("run", "status", "started", "trigger", *(name.partition("_")[2] for name in metrics), wraps="run")
    for run in runs:
        drawn.add_row(
            run.run_id,
            run.status,
            f"{run.start_time:%Y-%m-%d %H:%MZ}" if run.start_time else "-",
            run.tags.get(Tag.TRIGGER, "-"),
            *(_number(run.metrics.get(name)) for name in metrics),
        )
    screen.print(drawn)


def draw_comparison(titles: Sequence[str], found: Comparison, screen: Console) -> None:
    """Print the parameters that differ and all metrics."""
    drawn = table("parameter", *titles, wraps="parameter")
    for name, texts in found.differing_parameters.items():
        drawn.add_row(name, *(text if text is not None else "-" for text in texts))
    same = len(found.parameters) - len(found.differing_parameters)
    if found.differing_parameters:
        screen.print(drawn)
    screen.print(Text(f"{same} parameters are the same." if found.parameters else "No parameters are on record."))
    screen.print()
    drawn = table("metric", *titles, wraps="metric")
    for name, values in found.metrics.items():
        drawn.add_row(name, *map(_number, values))
    screen.print(drawn)


def draw_summary(found: ExperimentSummary, screen: Console) -> None:
    """Print a line for each metric."""
    states = ", ".join(f"{number} {state}" for state, number in found.by_status.items())
    screen.print(Text(f"Experiment {found.experiment}: {found.runs} runs ({states or 'none'})", style="bold"))
    drawn = table("metric", "count", "mean", "sd (sample)", "min", "max", wraps="metric")
    for name, each in found.metrics.items():
        numbers = (each.mean, each.standard_deviation, each.minimum, each.maximum)
        drawn.add_row(name, str(each.count), *map(_number, numbers))
    if found.metrics:
        screen.print(drawn)


def _is_version(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_VERSION


def _number(value: float | None) -> str:
    return "-" if value is None else format_decimal(value)


def _plain(value: KubeModel) -> object:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)

"""The command line of verbs about experiments and runs, declared with Typer; `app.py` registers them."""

from enum import StrEnum
from typing import Annotated

import typer

from kubectl_sensormodel.options import (
    Context,
    ExperimentName,
    Format,
    Kubeconfig,
    MetricConditions,
    Mlflow,
    ModelName,
    Namespace,
    Output,
    ParameterConditions,
    TagConditions,
)

_Name = Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the SensorModel.", show_default=False)]
experiments = typer.Typer(help="List, create, archive and restore experiments.", no_args_is_help=True)


class Best(StrEnum):
    """Which value is the best."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"


def runs(
    name: _Name = None,
    experiment: ExperimentName = None,
    metric: MetricConditions = None,
    param: ParameterConditions = None,
    tag: TagConditions = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many at most, the newest.")] = 20,
    mlflow: Mlflow = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Search runs by metric, parameter and tag.

    Newest first; all conditions must hold.
    """
    from kubectl_sensormodel import runs, verbs

    search = runs.Search(name, experiment, tuple(metric or ()), tuple(param or ()), tuple(tag or ()))
    raise typer.Exit(runs.show(verbs.Target(kubeconfig, context, namespace), search, limit, mlflow, output))


def best(
    name: _Name = None,
    experiment: ExperimentName = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="METRIC", help="Metric; default: the one that the policy promotes by.")
    ] = None,
    goal: Annotated[
        Best | None, typer.Option("--goal", help="Which value is the best; default: as the metric's name tells.")
    ] = None,
    metric: MetricConditions = None,
    param: ParameterConditions = None,
    tag: TagConditions = None,
    mlflow: Mlflow = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Show the best run by a metric.

    Finished runs count. A run without the metric, or with NaN, is never the best.
    """
    from kubectl_sensormodel import runs, verbs

    search = runs.Search(name, experiment, tuple(metric or ()), tuple(param or ()), tuple(tag or ()))
    target = verbs.Target(kubeconfig, context, namespace)
    raise typer.Exit(runs.show_best(target, search, by, goal.value if goal else None, mlflow, output))


def compare(
    name: ModelName,
    which: Annotated[list[str], typer.Argument(metavar="VERSION|RUN...", help="Two or more, numbers or run ids.")],
    mlflow: Mlflow = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Put versions or runs side by side.

    Parameters that differ, and all metrics.
    """
    from kubectl_sensormodel import runs, verbs

    raise typer.Exit(runs.compare(verbs.Target(kubeconfig, context, namespace), name, which, mlflow, output))


def summary(
    name: _Name = None,
    experiment: ExperimentName = None,
    metric: MetricConditions = None,
    param: ParameterConditions = None,
    tag: TagConditions = None,
    mlflow: Mlflow = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Sum up an experiment, metric by metric.

    Count, mean, standard deviation of the sample, minimum and maximum.
    """
    from kubectl_sensormodel import runs, verbs

    search = runs.Search(name, experiment, tuple(metric or ()), tuple(param or ()), tuple(tag or ()))
    raise typer.Exit(runs.summarize(verbs.Target(kubeconfig, context, namespace), search, mlflow, output))


_ExperimentArgument = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Its name.", show_default=False)]


@experiments.command("list")
def list_experiments(
    *,
    archived: Annotated[bool, typer.Option("--archived", help="Those that are archived.")] = False,
    mlflow: Mlflow = None,
    output: Format = Output.TABLE,
) -> None:
    """List the experiments of an MLflow server by name."""
    from kubectl_sensormodel import experiments

    raise typer.Exit(experiments.show(mlflow, output, archived=archived))


@experiments.command("create")
def create_experiment(name: _ExperimentArgument, mlflow: Mlflow = None) -> None:
    """Make an experiment. Those of SensorModels come by themselves with the first training."""
    from kubectl_sensormodel import experiments

    raise typer.Exit(experiments.create(mlflow, name))


@experiments.command("archive")
def archive_experiment(name: _ExperimentArgument, mlflow: Mlflow = None) -> None:
    """Hide an experiment with its runs until it is restored."""
    from kubectl_sensormodel import experiments

    raise typer.Exit(experiments.archive(mlflow, name))


@experiments.command("restore")
def restore_experiment(name: _ExperimentArgument, mlflow: Mlflow = None) -> None:
    """Bring an archived experiment back with its runs."""
    from kubectl_sensormodel import experiments

    raise typer.Exit(experiments.restore(mlflow, name))

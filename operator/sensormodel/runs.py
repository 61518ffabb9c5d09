"""Runs as MLflow has recorded them, and what can be said of several: best, side by side, in summary. Pure."""

import math
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from mlflow.entities import Experiment as ExperimentEntity
from mlflow.entities import LifecycleStage
from mlflow.entities import Run as RunEntity
from pydantic import Field

from model_contract.keys import Kpi
from model_operator.api.base import Instant, KubeModel
from sensormodel.errors import InvalidRequest

_INFINITY_IN_SQL: Final = 1e300  # MLflow stores infinity as the largest number that its database holds


class Goal(StrEnum):
    """Which value of a metric is the best."""

    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"


class Experiment(KubeModel):
    """An experiment."""

    name: str
    experiment_id: str
    archived: Annotated[bool, Field(description="deleted in MLflow's words, until it is restored or purged")]
    create_time: Instant | None
    tags: dict[str, str]


class Run(KubeModel):
    """A run with the newest value of each metric."""

    run_id: str
    name: str
    experiment_id: str
    status: Annotated[str, Field(description="RUNNING, SCHEDULED, FINISHED, FAILED or KILLED")]
    start_time: Instant | None
    end_time: Instant | None
    parameters: dict[str, str]
    metrics: Annotated[dict[str, float], Field(description="finite values only")]
    not_finite: Annotated[tuple[str, ...], Field(description="metrics whose newest value is NaN or infinite")]
    tags: dict[str, str]


class Statistics(KubeModel):
    """One metric over several runs; runs without a finite value of it do not count."""

    count: int
    mean: float
    standard_deviation: Annotated[
        float | None, Field(description="of the sample, with n - 1 in the denominator; none: of one run there is none")
    ]
    minimum: float
    maximum: float


class ExperimentSummary(KubeModel):
    """How the runs of an experiment turned out."""

    experiment: str
    runs: int
    by_status: dict[str, int]
    metrics: Annotated[dict[str, Statistics], Field(description="by name, in order of the alphabet")]


class Comparison(KubeModel):
    """Runs side by side: one column for each run, in the order in which they were named."""

    run_ids: tuple[str, ...]
    names: tuple[str, ...]
    parameters: Annotated[dict[str, tuple[str | None, ...]], Field(description="none: that run has no such parameter")]
    metrics: Annotated[dict[str, tuple[float | None, ...]], Field(description="none: that run has no finite value")]

    @property
    def differing_parameters(self) -> dict[str, tuple[str | None, ...]]:
        """Those in which the runs differ."""
        return {name: values for name, values in self.parameters.items() if len(set(values)) > 1}


def best_of(runs: Iterable[Run], metric: str, goal: Goal) -> Run | None:
    """The run with the smallest or largest value of a metric; the earliest of equals. None if no run has a value."""
    sign = 1 if goal is Goal.MINIMUM else -1
    judged = [run for run in runs if metric in run.metrics]
    return min(judged, key=lambda run: (sign * run.metrics[metric], _since(run.start_time), run.run_id), default=None)


def goal_of(metric: str) -> Goal:
    """The goal of a metric that holds a KPI, such as `candidate_rmse`, or that ends like one.

    Raises:
        InvalidRequest: the name tells nothing.
    """
    for kpi in sorted(Kpi, key=lambda kpi: -len(kpi)):
        if metric.lower().endswith(kpi.lower()):
            return Goal.MAXIMUM if kpi.greater_is_better else Goal.MINIMUM
    if metric.lower().endswith("loss"):
        return Goal.MINIMUM
    raise InvalidRequest(f"is the smallest {metric} the best, or the largest?", "Say so: its name does not tell.")


def compare(runs: Sequence[Run]) -> Comparison:
    """Runs side by side."""
    parameters = sorted({name for run in runs for name in run.parameters})
    metrics = sorted({name for run in runs for name in run.metrics})
    return Comparison(
        run_ids=tuple(run.run_id for run in runs),
        names=tuple(run.name for run in runs),
        parameters={name: tuple(run.parameters.get(name) for run in runs) for name in parameters},
        metrics={name: tuple(run.metrics.get(name) for run in runs) for name in metrics},
    )


def summarize(experiment: str, runs: Sequence[Run]) -> ExperimentSummary:
    """Count, mean, sample standard deviation, minimum and maximum of every metric."""
    names = sorted({name for run in runs for name in run.metrics})
    states = [run.status for run in runs]
    return ExperimentSummary(
        experiment=experiment,
        runs=len(runs),
        by_status={state: states.count(state) for state in sorted(set(states))},
        metrics={name: statistics_of([run.metrics[name] for run in runs if name in run.metrics]) for name in names},
    )


def statistics_of(values: Sequence[float]) -> Statistics:
    """The statistics of at least one finite value."""
    return Statistics(
        count=len(values),
        mean=statistics.fmean(values),
        standard_deviation=statistics.stdev(values) if len(values) > 1 else None,
        minimum=min(values),
        maximum=max(values),
    )


def read_run(run: RunEntity) -> Run:
    """A run of MLflow's client."""
    finite = {name: value for name, value in run.data.metrics.items() if _is_finite(value)}
    return Run(
        run_id=run.info.run_id,
        name=run.info.run_name or run.info.run_id[:8],
        experiment_id=run.info.experiment_id,
        status=run.info.status,
        start_time=_instant(run.info.start_time),
        end_time=_instant(run.info.end_time),
        parameters=dict(run.data.params),
        metrics=finite,
        not_finite=tuple(sorted(run.data.metrics.keys() - finite.keys())),
        tags=dict(run.data.tags),
    )


def read_experiment(experiment: ExperimentEntity) -> Experiment:
    """An experiment of MLflow's client."""
    return Experiment(
        name=experiment.name,
        experiment_id=experiment.experiment_id,
        archived=experiment.lifecycle_stage == LifecycleStage.DELETED,
        create_time=_instant(experiment.creation_time),
        tags=dict(experiment.tags),
    )


def _is_finite(value: float) -> bool:
    return math.isfinite(value) and abs(value) < _INFINITY_IN_SQL


def _instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _since(time: datetime | None) -> float:
    return math.inf if time is None else time.timestamp()

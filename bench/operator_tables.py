"""What the runs of operators say: one table per topic, ratios, and the bars they must keep. Pure.

A cell is the median over the rounds with its range behind it.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Final, NamedTuple

import numpy as np

from bench.operator_run import STEADY_PER_SECOND, Run
from bench.operators import OURS, PEER
from bench.table import Bar, Table, number, spread

Measure = Callable[[Run], float]


class Compared(NamedTuple):
    """A measure that is compared with the controller-runtime operator, and the largest ratio that is allowed."""

    name: str
    measure: Measure
    at_most: float | None  # None: no bar, the ratio is for information


COMPARED: Final = (
    Compared("cold start, seconds", lambda run: run.cold_seconds, 2.0),
    Compared("cold start, operator CPU per object", lambda run: run.cold.operator_cpu / run.objects, 2.5),
    Compared("cold start, API server CPU per object", lambda run: run.cold.api_server_cpu / run.objects, None),
    Compared("cold start, peak memory", lambda run: run.cold_peak_mib, 1.0),
    Compared("restart, operator CPU", lambda run: run.restart.operator_cpu, None),
    Compared("restart, peak memory", lambda run: run.restart_peak_mib, None),
    Compared("steady, SensorModel to Job, p50", lambda run: percentile(run.job_seconds, 50), 1.15),
    Compared("steady, SensorModel to Job, p99", lambda run: percentile(run.job_seconds, 99), None),
    Compared("steady, operator CPU per object", lambda run: run.steady.operator_cpu / run.steady_objects, None),
)

_WHERE: Final = (
    "Each run on a fresh control plane (etcd without fsync, kube-apiserver) without controller manager and scheduler,"
    " so Jobs stay as created. Requests: the API server's own counters. CPU and peak memory (VmHWM): the process with"
    " its children."
)


def percentile(values: Sequence[float], percent: float) -> float:
    """Linear between neighbours; NaN of nothing."""
    return float(np.percentile(values, percent)) if values else float("nan")


def cold_table(runs: Sequence[Run]) -> Table:
    """Objects exist first, then the operator starts."""
    columns: dict[str, Measure] = {
        "seconds": lambda run: run.cold_seconds,
        "operator CPU ms/obj": lambda run: 1e3 * run.cold.operator_cpu / run.objects,
        "API server CPU ms/obj": lambda run: 1e3 * run.cold.api_server_cpu / run.objects,
        "peak MiB": lambda run: run.cold_peak_mib,
        "object writes/obj": lambda run: run.cold.traffic.object_writes / run.objects,
        "events/obj": lambda run: run.cold.traffic.event_writes / run.objects,
        "policy writes": lambda run: run.cold.traffic.policy_writes,
        "reads": lambda run: run.cold.traffic.reads,
        "refused": lambda run: run.cold.traffic.refused,
        "MLflow calls": lambda run: run.cold.mlflow_calls,
    }
    measured = (
        f"{_WHERE} Seconds: from the start of the process until every object has its Job and its status; CPU: until the"
        " operator is quiet. Object writes: creations of Jobs and writes of status. Events are counted apart; the"
        " controller-runtime operator records none."
    )
    return _table("Operator: cold start", measured, columns, runs)


def rest_table(runs: Sequence[Run]) -> Table:
    """Nothing to do: restarts and quiet spans."""
    columns: dict[str, Measure] = {
        "restart: quiet after s": lambda run: run.restart.seconds,
        "CPU s": lambda run: run.restart.operator_cpu,
        "peak MiB": lambda run: run.restart_peak_mib,
        "reads": lambda run: run.restart.traffic.reads,
        "writes": lambda run: run.restart.traffic.writes,
        "rest: seconds": lambda run: run.rest.seconds,
        "CPU %": lambda run: 100 * run.rest.operator_cpu / run.rest.seconds,
        "requests": lambda run: run.rest.traffic.all,
        "MLflow calls": lambda run: run.rest.mlflow_calls,
    }
    measured = (
        "Restart: everything has its Job and status, and the operator starts again. Quiet: no request and hardly any"
        " CPU from then on. Rest: the operator runs, nothing is due. Writes include events; renewed watches do not"
        " count."
    )
    return _table("Operator: restart and rest", measured, columns, runs)


def steady_table(runs: Sequence[Run]) -> Table:
    """New objects at a steady pace."""
    columns: dict[str, Measure] = {
        "Job p50 ms": lambda run: 1e3 * percentile(run.job_seconds, 50),
        "Job p99 ms": lambda run: 1e3 * percentile(run.job_seconds, 99),
        "status p50 ms": lambda run: 1e3 * percentile(run.status_seconds, 50),
        "status p99 ms": lambda run: 1e3 * percentile(run.status_seconds, 99),
        "operator CPU ms/obj": lambda run: 1e3 * run.steady.operator_cpu / run.steady_objects,
        "object writes/obj": lambda run: run.steady.traffic.object_writes / run.steady_objects,
        "events/obj": lambda run: run.steady.traffic.event_writes / run.steady_objects,
    }
    measured = (
        f"After the restart, {STEADY_PER_SECOND:.0f} new SensorModels a second; from sending one until a watch has "
        "shown its Job, or its status."
    )
    return _table("Operator: steady creation", measured, columns, runs)


def compared_table(runs: Sequence[Run]) -> Table:
    """Ratios of medians, this operator over controller-runtime."""
    sizes = sorted({run.objects for run in runs})
    rows = []
    for compared in COMPARED:
        ratios = [_ratio(runs, objects, compared.measure) for objects in sizes]
        bar = "-" if compared.at_most is None else f"<= {number(compared.at_most)}"
        rows.append((compared.name, *map(_times, ratios), bar))
    measured = "This operator as a multiple of the controller-runtime operator, medians of the interleaved runs above."
    header = ("", *(f"{objects} objects" for objects in sizes), "bar")
    return Table("Operator: beside controller-runtime", measured, header, tuple(rows))


def operator_bars(runs: Sequence[Run]) -> list[Bar]:
    """Counts at every size; ratios at the largest one."""
    mine = [run for run in runs if run.operator == OURS]
    objects = max(run.objects for run in mine)
    counts = [
        Bar("operator: object writes per object", max(r.cold.traffic.object_writes / r.objects for r in mine), 2.0),
        Bar("operator: writes on restart", max(run.restart.traffic.writes for run in mine), 0),
        Bar("operator: API requests at rest", max(run.rest.traffic.all for run in mine), 0),
        Bar("operator: MLflow calls at rest", max(run.rest.mlflow_calls for run in mine), 0),
    ]
    ratios = [
        Bar(f"operator: {c.name}, {objects} objects", _ratio(runs, objects, c.measure), c.at_most, "x")
        for c in COMPARED
        if c.at_most is not None
    ]
    return counts + ratios


def _table(title: str, measured: str, columns: dict[str, Measure], runs: Sequence[Run]) -> Table:
    rows = [
        (f"{operator}, {objects}", *(spread([measure(run) for run in group]) for measure in columns.values()))
        for operator, objects, group in _groups(runs)
    ]
    rounds = max(len(group) for _, _, group in _groups(runs))
    return Table(title, f"{measured} Runs of each: {rounds}.", ("", *columns), tuple(rows))


def _groups(runs: Sequence[Run]) -> Iterator[tuple[str, int, list[Run]]]:
    """The runs of each operator with each number of objects: few objects first, this operator first."""
    for objects in sorted({run.objects for run in runs}):
        for operator in (OURS, PEER):
            group = _runs_of(runs, operator, objects)
            if group:
                yield operator, objects, group


def _runs_of(runs: Sequence[Run], operator: str, objects: int) -> list[Run]:
    return [run for run in runs if (run.operator, run.objects) == (operator, objects)]


def _ratio(runs: Sequence[Run], objects: int, measure: Measure) -> float | None:
    """This operator's median over the other's; None when there is nothing to divide by."""
    mine, theirs = (list(map(measure, _runs_of(runs, operator, objects))) for operator in (OURS, PEER))
    return median(mine) / median(theirs) if mine and theirs and median(theirs) else None


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"

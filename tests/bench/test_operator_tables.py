import math

import pytest

from bench.api_requests import Traffic
from bench.meter import Span
from bench.operator_run import Run
from bench.operator_tables import cold_table, compared_table, operator_bars, percentile
from bench.operators import OURS, PEER

NOTHING = Traffic(0, 0, 0, 0, 0)


def span(traffic: Traffic = NOTHING, *, operator_cpu: float = 0.0, mlflow_calls: int = 0) -> Span:
    return Span(10.0, traffic, operator_cpu=operator_cpu, api_server_cpu=1.0, mlflow_calls=mlflow_calls)


def run(operator: str, *, objects: int = 100, seconds: float = 4.0, writes: int = 200, rest: Span | None = None) -> Run:
    return Run(
        operator=operator,
        objects=objects,
        cold_seconds=seconds,
        cold=span(Traffic(writes, 1, objects, 5, 0), operator_cpu=0.5),
        cold_peak_mib=80.0,
        rest=rest or span(),
        restart=span(Traffic(0, 0, 0, 7, 0)),
        restart_peak_mib=90.0,
        steady=span(),
        steady_objects=10,
        job_seconds=(0.01, 0.03),
        status_seconds=(0.02, 0.04),
    )


def verdicts(*runs: Run) -> dict[str, str]:
    return {bar.name.removeprefix("operator: "): bar.verdict for bar in operator_bars(runs)}


def test_a_percentile_lies_between_neighbours() -> None:
    assert percentile([0.0, 1.0, 2.0, 3.0], 50) == 1.5


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 50))


def test_rows_are_ordered_by_size_and_show_the_range_of_the_rounds() -> None:
    table = cold_table([run(PEER), run(OURS, objects=500), run(OURS, seconds=2.0), run(OURS, seconds=3.0)])
    assert [row[:2] for row in table.rows] == [
        (f"{OURS}, 100", "2.50 (2-3)"),
        (f"{PEER}, 100", "4"),
        (f"{OURS}, 500", "4"),
    ]


def test_a_ratio_is_that_of_the_medians() -> None:
    runs = [run(OURS, seconds=2.0), run(OURS, seconds=4.0), run(OURS, seconds=9.0), run(PEER, seconds=2.0)]
    assert compared_table(runs).rows[0] == ("cold start, seconds", "2.00", "<= 2")


def test_without_the_other_operator_ratios_are_not_measured() -> None:
    found = verdicts(run(OURS))
    assert found["object writes per object"] == "ok"
    assert found["cold start, seconds, 100 objects"] == "not measured"


@pytest.mark.parametrize(
    ("measured", "broken"),
    [
        pytest.param(run(OURS, writes=201), "object writes per object", id="one write too many"),
        pytest.param(run(OURS, rest=span(Traffic(0, 0, 0, 1, 0))), "API requests at rest", id="a read at rest"),
        pytest.param(run(OURS, rest=span(mlflow_calls=1)), "MLflow calls at rest", id="a call of MLflow at rest"),
    ],
)
def test_counts_are_judged_in_every_run(measured: Run, broken: str) -> None:
    assert verdicts(run(OURS), measured)[broken] == "not met"

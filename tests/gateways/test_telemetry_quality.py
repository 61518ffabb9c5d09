"""What a measurement says about the quality of telemetry, beside drift and without it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_contract.quality.report import QualityCheck, QualityReport
from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.observed import Measurement
from tests.gateways.telemetry_objects import (
    REFERENCE_END,
    SAMPLING,
    WINDOW,
    WINDOW_ROWS,
    Floats,
    calm,
    measure,
    plan,
    plan_without_profile,
    telemetry_table,
    times,
    write_parquet,
)

FAR_FUTURE = datetime(2200, 1, 1, tzinfo=UTC)
NEWEST = REFERENCE_END + 2 * WINDOW - SAMPLING

Change = Callable[[Floats], None]


def written(folder: Path, table: pa.Table) -> Path:
    pq.write_table(table, folder / "P-1.parquet")
    return folder / "P-1.parquet"


def damaged(folder: Path, change: Change) -> Path:
    """Two windows of telemetry, the newer one damaged."""
    values = calm(2 * WINDOW_ROWS, seed=3)
    change(values[WINDOW_ROWS:])
    return write_parquet(folder / "P-1.parquet", values)


def quality(found: Measurement) -> QualityReport:
    assert found.quality is not None
    return found.quality


def checks(found: Measurement) -> set[QualityCheck]:
    return {fault.check for fault in quality(found).faults}


def test_calm_telemetry_is_good(tmp_path: Path) -> None:
    found = measure(plan(write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))), tmp_path)
    report = quality(found)
    assert (report.score_percent, report.faults, report.rows, report.rows_expected) == (100, (), 240, 240)
    assert (report.start, report.end) == (REFERENCE_END + WINDOW, REFERENCE_END + 2 * WINDOW)
    assert found.newest_row == NEWEST


def test_drift_is_no_bad_data(tmp_path: Path) -> None:
    def shift(values: Floats) -> None:
        values[:, 1] += 3.0

    found = measure(plan(damaged(tmp_path, shift)), tmp_path)
    assert found.current is not None
    assert (found.current.severity, quality(found).score_percent) == (Severity.CRITICAL, 100)


def all_missing(values: Floats) -> None:
    values[:, 0] = np.nan


def in_another_unit(values: Floats) -> None:
    values[:] = 1000.0 * values


def stuck(values: Floats) -> None:
    values[:] = values[0]


def a_third_missing(values: Floats) -> None:
    values[: len(values) // 3] = np.nan


@pytest.mark.parametrize(
    ("change", "check", "problem"),
    [
        pytest.param(all_missing, QualityCheck.NOT_FINITE, Reason.INSUFFICIENT_DATA, id="a signal of NaN only"),
        pytest.param(a_third_missing, QualityCheck.NOT_FINITE, Reason.INSUFFICIENT_DATA, id="a third NaN"),
        pytest.param(in_another_unit, QualityCheck.UNIT, None, id="another unit"),
        pytest.param(stuck, QualityCheck.STUCK, None, id="stuck"),
    ],
)
def test_bad_telemetry_scores_below_70(
    tmp_path: Path, change: Change, check: QualityCheck, problem: Reason | None
) -> None:
    found = measure(plan(damaged(tmp_path, change)), tmp_path)
    assert check in checks(found)
    assert quality(found).score_percent < 70
    assert found.problem is problem
    assert (found.current is None) == (problem is not None)


def test_the_quality_of_the_window_before_does_not_count(tmp_path: Path) -> None:
    values = calm(2 * WINDOW_ROWS, seed=3)
    values[:WINDOW_ROWS] = np.nan
    found = measure(plan(write_parquet(tmp_path / "P-1.parquet", values)), tmp_path)
    assert quality(found).score_percent == 100
    assert found.previous is None


def test_half_a_window_is_a_problem_and_a_fault(tmp_path: Path) -> None:
    table = telemetry_table(calm(2 * WINDOW_ROWS, seed=3))
    path = written(tmp_path, pa.concat_tables([table.slice(0, WINDOW_ROWS), table.slice(WINDOW_ROWS + 120)]))
    found = measure(plan(path), tmp_path)
    assert (found.problem, quality(found).score_percent) == (Reason.INSUFFICIENT_DATA, 25)
    assert checks(found) == {QualityCheck.COMPLETENESS}


def test_one_row_of_the_far_future_is_a_fault(tmp_path: Path) -> None:
    late = telemetry_table(calm(1, seed=4), FAR_FUTURE + WINDOW - SAMPLING)
    path = written(tmp_path, pa.concat_tables([telemetry_table(calm(2 * WINDOW_ROWS, seed=3)), late]))
    found = measure(plan(path, max_age_seconds=86_400.0), tmp_path, now=NEWEST)
    assert found.problem is Reason.INSUFFICIENT_DATA
    assert checks(found) == {QualityCheck.COMPLETENESS, QualityCheck.FRESHNESS}
    assert quality(found).score_percent == 0


@pytest.mark.parametrize(
    ("late_by", "score"),
    [
        pytest.param(timedelta(hours=8), 100, id="as old as allowed"),
        pytest.param(timedelta(hours=8, seconds=1), 0, id="older"),
    ],
)
def test_the_age_of_the_newest_row_is_judged_where_the_plan_says_so(
    tmp_path: Path, late_by: timedelta, score: int
) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    found = measure(plan(path, max_age_seconds=8 * 3600.0), tmp_path, now=NEWEST + late_by)
    assert quality(found).score_percent == score
    assert measure(plan(path), tmp_path, now=FAR_FUTURE).quality is not None


def test_rows_of_the_files_in_any_order_cost_little(tmp_path: Path) -> None:
    table = telemetry_table(calm(2 * WINDOW_ROWS, seed=3))
    order = np.random.default_rng(1).permutation(table.num_rows)
    found = measure(plan(written(tmp_path, table.take(pa.array(order)))), tmp_path)
    assert checks(found) == {QualityCheck.ORDER}
    assert found.current is not None


@pytest.mark.parametrize(
    "year",
    [
        pytest.param(9999, id="after 2262"),
        pytest.param(1600, id="before 1677"),
    ],
)
def test_times_that_no_clock_shows_are_unreadable(tmp_path: Path, year: int) -> None:
    time = pa.array([datetime(year, 1, 1, tzinfo=UTC)], pa.timestamp("ms", tz="UTC"))
    table = pa.table({"timestamp": time, "value": [1.0], "pressure": [1.0]})
    found = measure(plan(written(tmp_path, table)), tmp_path)
    assert (found.problem, found.quality) == (Reason.TELEMETRY_UNREADABLE, None)
    assert found.message.endswith("the newest row or the windows before it lie outside the years 1678 to 2261")


def test_times_before_1970_are_judged_like_others(tmp_path: Path) -> None:
    start = datetime(1960, 1, 1, tzinfo=UTC)
    found = measure(plan(write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3), start)), tmp_path)
    assert quality(found).score_percent == 100
    assert found.current is not None


# --- without a profile ---


def test_without_a_profile_the_newest_window_of_the_policy_is_judged(tmp_path: Path) -> None:
    """The distance of rows is the median in the telemetry."""
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    found = measure(plan_without_profile(path, window=timedelta(hours=2)), tmp_path)
    report = quality(found)
    assert (report.score_percent, report.rows_expected) == (100, 120)
    assert (report.start, report.end) == (REFERENCE_END + 2 * WINDOW - timedelta(hours=2), REFERENCE_END + 2 * WINDOW)
    assert (found.current, found.problem, found.profile_digest) == (None, None, None)


def test_without_a_profile_the_stated_distance_of_rows_counts(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    found = measure(plan_without_profile(path, telemetry={"samplingInterval": "30s"}), tmp_path)
    assert checks(found) == {QualityCheck.COMPLETENESS, QualityCheck.SAMPLING_RATE}


@pytest.mark.parametrize(
    ("telemetry", "faults"),
    [
        pytest.param({}, 1, id="every numeric column by default"),
        pytest.param({"featureColumns": []}, 0, id="none but the signal"),
        pytest.param({"featureColumns": ["pressure"]}, 1, id="those that are named"),
    ],
)
def test_without_a_profile_the_columns_of_the_model_are_judged(
    tmp_path: Path, telemetry: dict[str, object], faults: int
) -> None:
    values = calm(2 * WINDOW_ROWS, seed=3)
    values[:, 1] = np.nan
    path = write_parquet(tmp_path / "P-1.parquet", values)
    found = measure(plan_without_profile(path, telemetry=telemetry), tmp_path)
    assert len(quality(found).faults) == faults


def test_one_row_does_not_tell_how_often_rows_come(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(1, seed=3))
    found = measure(plan_without_profile(path), tmp_path)
    assert (found.problem, found.quality) == (Reason.INSUFFICIENT_DATA, None)
    assert found.message.endswith("one row in 8h does not tell how often rows come; give samplingInterval")


# --- what the plan leaves out ---


def test_quality_alone_needs_no_window_before(tmp_path: Path) -> None:
    found = measure(plan(damaged(tmp_path, all_missing), judges_drift=False), tmp_path)
    assert (found.current, found.problem) == (None, None)
    assert QualityCheck.NOT_FINITE in checks(found)


def test_drift_alone_gives_no_quality(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    found = measure(plan(path, judges_quality=False), tmp_path)
    assert found.quality is None
    assert found.current is not None


def test_a_plan_that_judges_nothing_tells_the_newest_row(tmp_path: Path) -> None:
    table = pa.table({"timestamp": pa.array(times(10), pa.timestamp("us", tz="UTC"))})
    found = measure(plan_without_profile(written(tmp_path, table), judges_quality=False), tmp_path)
    assert (found.newest_row, found.problem, found.quality) == (REFERENCE_END + 9 * SAMPLING, None, None)

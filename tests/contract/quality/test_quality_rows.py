"""What the rows of a window cost: missing, late, double, out of order, too old."""

import numpy as np
import pytest

from model_contract.quality.assess import Age
from model_contract.quality.report import QualityCheck
from tests.contract.quality.windows import (
    END_NS,
    MINUTE,
    ROWS,
    SECOND,
    START_NS,
    assess,
    assess_alone,
    checks,
    healthy,
    minutes,
    only_fault,
)

DAY = 86_400 * SECOND


def test_rows_that_did_not_come_cost_one_and_a_half_points_a_percent() -> None:
    kept = np.r_[0:60, 180:ROWS]
    report = assess(healthy()[kept], minutes()[kept])
    assert (report.score_percent, report.rows, report.rows_expected) == (25, 120, 240)
    assert only_fault(report).message == (
        "120 of 240 rows did not come; the longest gap is from 2026-04-01T00:59:00Z to 2026-04-01T03:00:00Z"
    )


def test_rows_that_are_missing_at_random_are_found_too() -> None:
    kept = np.flatnonzero(np.random.default_rng(3).random(ROWS) < 0.5)
    assert assess(healthy()[kept], minutes()[kept]).score_percent < 40


def test_a_constant_offset_to_the_minute_is_no_fault() -> None:
    assert assess(healthy(), minutes() + 30 * SECOND).faults == ()


def test_jitter_is_no_fault() -> None:
    jitter = np.random.default_rng(3).integers(-10, 10, ROWS) * SECOND
    assert assess(healthy(), minutes() + 30 * SECOND + jitter).faults == ()


def test_repeated_rows_with_the_same_readings_cost_little() -> None:
    report = assess(np.repeat(healthy(), 2, axis=0), np.repeat(minutes(), 2))
    assert (report.score_percent, report.rows) == (90, 480)
    assert only_fault(report).message == (
        "240 of 480 rows have a time that came before, with the same readings; from 2026-04-01T00:00:00Z to"
        " 2026-04-01T03:59:00Z"
    )


def test_repeated_rows_with_other_readings_cost_much() -> None:
    """Two sensors under one name: nobody knows which is right."""
    values, times = np.repeat(healthy(), 2, axis=0), np.repeat(minutes(), 2)
    values[1::2] += 1.0
    assert assess(values, times).score_percent == 60


def test_of_several_rows_with_one_time_the_first_is_judged() -> None:
    values = np.concatenate([healthy(), healthy() * 1000.0])
    assert QualityCheck.UNIT not in {check for check, _ in checks(assess(values, np.tile(minutes(), 2)))}


def test_rows_out_of_order_cost_little() -> None:
    rows = np.r_[120:ROWS, 0:120]
    report = assess(healthy()[rows], minutes()[rows])
    assert report.score_percent == 90
    assert only_fault(report).message == "120 of 240 rows stand after a later one, the first is of 2026-04-01T00:00:00Z"


@pytest.mark.parametrize(
    ("every", "score"),
    [
        pytest.param(60, 100, id="every minute, as trained"),
        pytest.param(57, 100, id="a little faster is no fault"),
        pytest.param(30, 80, id="twice as often"),
        pytest.param(10, 60, id="six times as often costs the most"),
    ],
)
def test_rows_at_another_distance(every: int, score: int) -> None:
    times = np.arange(START_NS, END_NS, every * SECOND, dtype=np.int64)
    values = np.repeat(healthy(), 7, axis=0)[: times.size]
    report = assess_alone(values, times)
    assert report.score_percent == score
    assert [check for check, _ in checks(report)] == ([] if score == 100 else [QualityCheck.SAMPLING_RATE])


def test_rows_at_twice_the_distance_are_missing_too() -> None:
    report = assess(healthy()[::2], minutes()[::2])
    assert checks(report) == [(QualityCheck.COMPLETENESS, None), (QualityCheck.SAMPLING_RATE, None)]
    assert report.faults[1].message.startswith("rows come every 2 minutes, expected is every 1 minute")


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        pytest.param(END_NS - 3 * DAY, "3 days old; the limit is 2 days", id="stale"),
        pytest.param(END_NS + 30 * DAY, "30 days ahead; the limit is 2 days", id="of the future"),
        pytest.param(-(10**18), "old; the limit is 2 days", id="before 1970"),
    ],
)
def test_a_newest_row_of_another_day_costs_everything(newest: int, said: str) -> None:
    report = assess(healthy(), age=Age(newest=newest, now=END_NS, most_seconds=2 * 86_400))
    assert (report.score_percent, only_fault(report).check) == (0, QualityCheck.FRESHNESS)
    assert only_fault(report).message.endswith(said)


def test_a_row_as_old_as_allowed_is_fresh() -> None:
    assert assess(healthy(), age=Age(newest=END_NS - MINUTE, now=END_NS, most_seconds=60.0)).faults == ()

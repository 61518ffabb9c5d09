"""What a window's readings cost, column by column."""

import numpy as np
import pytest

from model_contract.quality.report import QualityCheck
from tests.contract.quality.windows import (
    GAUGE,
    ROWS,
    SETPOINT,
    SWITCH,
    TEMPERATURE,
    Change,
    Series,
    Times,
    assess,
    assess_alone,
    changed,
    checks,
    healthy,
    only_fault,
    profile_of,
    telemetry,
)

RANDOM_ROWS = np.random.default_rng(3).permutation(ROWS)


def set_to(column: int, value: float, rows: slice | Times = slice(None)) -> Change:
    def change(values: Series) -> None:
        values[rows, column] = value

    return change


def moved(column: int, factor: float = 1.0, offset: float = 0.0) -> Change:
    def change(values: Series) -> None:
        values[:, column] = factor * values[:, column] + offset

    return change


def spread(column: int, factor: float) -> Change:
    def change(values: Series) -> None:
        mean = values[:, column].mean()
        values[:, column] = mean + factor * (values[:, column] - mean)

    return change


def some(share: float) -> Times:
    return RANDOM_ROWS[: round(share * ROWS)]


def test_a_healthy_window_has_no_fault() -> None:
    report = assess(healthy())
    assert (report.score_percent, report.faults, report.rows, report.rows_expected) == (100, (), ROWS, ROWS)


@pytest.mark.parametrize(
    ("change", "check", "score", "said"),
    [
        pytest.param(
            set_to(TEMPERATURE, np.nan, some(0.3)),
            QualityCheck.NOT_FINITE,
            55,
            "temperature: 72 of 240 readings are NaN, from 2026-04-01T00:0",
            id="30 % NaN cost 45 points",
        ),
        pytest.param(
            set_to(TEMPERATURE, np.nan),
            QualityCheck.NOT_FINITE,
            0,
            "240 of 240 readings are NaN",
            id="a column of NaN costs everything",
        ),
        pytest.param(
            set_to(TEMPERATURE, np.inf, some(0.1)),
            QualityCheck.NOT_FINITE,
            85,
            "temperature: 24 of 240 readings are infinite or beyond 1e100, from",
            id="infinities cost as much as NaN",
        ),
        pytest.param(
            set_to(TEMPERATURE, 1e300, some(0.1)),
            QualityCheck.NOT_FINITE,
            85,
            "24 of 240 readings are infinite or beyond 1e100",
            id="what overflows is no number",
        ),
        pytest.param(
            moved(TEMPERATURE, 1000.0),
            QualityCheck.UNIT,
            40,
            "seems to be 1000 times too large: median",
            id="a factor of 1000 is another unit",
        ),
        pytest.param(moved(TEMPERATURE, 0.001), QualityCheck.UNIT, 40, "1000 times too small", id="so is a thousandth"),
        pytest.param(
            moved(TEMPERATURE, 1.8, 32.0),
            QualityCheck.UNIT,
            40,
            "in °F instead of °C",
            id="Fahrenheit is another unit",
        ),
        pytest.param(
            moved(TEMPERATURE, 1.0, 273.15), QualityCheck.UNIT, 40, "in K instead of °C", id="Kelvin is another unit"
        ),
        pytest.param(
            moved(TEMPERATURE, -37.0, -5000.0),
            QualityCheck.UNIT,
            40,
            "in an unknown unit",
            id="what no level explains is an unknown unit",
        ),
        pytest.param(
            set_to(TEMPERATURE, -999.0, some(0.2)),
            QualityCheck.RANGE,
            40,
            "48 of 240 readings lie far outside the training range",
            id="a code for bad readings is out of range, and alone among its neighbours",
        ),
        pytest.param(
            set_to(TEMPERATURE, 21.5),
            QualityCheck.STUCK,
            60,
            "stands at 21.5 for 240 of 240 readings",
            id="stuck for good",
        ),
        pytest.param(
            set_to(TEMPERATURE, 21.5, slice(120, None)),
            QualityCheck.STUCK,
            80,
            "for 120 of 240 readings, in training for at most 1; from 2026-04-01T02:00:00Z to 2026-04-01T03:59:00Z",
            id="half a window stuck costs half as much",
        ),
        pytest.param(
            set_to(TEMPERATURE, 55.0, some(0.02)),
            QualityCheck.SPIKES,
            92,
            "5 of 240 readings jump away from both neighbours",
            id="single readings far from their neighbours",
        ),
    ],
)
def test_bad_readings_are_named_with_what_they_cost(change: Change, check: QualityCheck, score: int, said: str) -> None:
    report = assess(changed(change))
    fault = next(fault for fault in report.faults if fault.check is check)
    assert said in fault.message
    assert fault.column == "temperature"
    assert report.score_percent == pytest.approx(score, abs=2 if check is not QualityCheck.RANGE else 20)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(moved(TEMPERATURE, offset=2 * 2.0), id="a level 2 sigma higher"),
        pytest.param(moved(TEMPERATURE, offset=-5 * 2.0), id="a level 5 sigma lower"),
        pytest.param(
            moved(TEMPERATURE, offset=30.0), id="a level as far away as Fahrenheit would be, changing as before"
        ),
        pytest.param(spread(TEMPERATURE, 4.0), id="a spread four times as wide"),
        pytest.param(moved(GAUGE, -1.0), id="a gauge that hardly moved, at the other end of its scale"),
        pytest.param(set_to(SWITCH, 1.0), id="a switch that rests"),
        pytest.param(set_to(SWITCH, 1.0, some(0.1)), id="a switch that chatters"),
        pytest.param(set_to(SETPOINT, 50.0), id="a constant that stays what it was"),
        pytest.param(set_to(SETPOINT, 750.0), id="a constant that was set to 15 times as much"),
        pytest.param(set_to(TEMPERATURE, 21.0, some(0.2)), id="a reading that returns often"),
    ],
)
def test_what_a_process_can_do_is_no_bad_data(change: Change) -> None:
    """Drift must be able to cause a training, so another level or spread costs at most 10 points."""
    assert assess(changed(change)).score_percent >= 90


def test_a_constant_in_another_unit_is_found_where_it_is_absurd() -> None:
    fault = only_fault(assess(changed(moved(SETPOINT, 1000.0))))
    assert (fault.check, fault.column) == (QualityCheck.UNIT, "setpoint")


def test_a_unit_costs_only_its_own_fault() -> None:
    assert checks(assess(changed(moved(TEMPERATURE, 1000.0)))) == [(QualityCheck.UNIT, "temperature")]


def test_steep_but_healthy_telemetry_has_no_spikes() -> None:
    """Spikes of the training data are how this sensor is."""
    spiky = telemetry(8 * ROWS, seed=5)[:, :1]
    spiky[np.random.default_rng(6).random(len(spiky)) < 0.01] += 15.0
    window = healthy()[:, :1]
    window[some(0.01)] += 15.0
    assert assess(window, trained=profile_of(spiky)).faults == ()


def test_a_stuck_reading_may_be_missing_in_between() -> None:
    values = changed(set_to(TEMPERATURE, 21.5))
    values[100:103, TEMPERATURE] = np.nan
    assert (QualityCheck.STUCK, "temperature") in checks(assess(values))


def test_a_gap_is_not_stuck() -> None:
    values = changed(set_to(TEMPERATURE, np.nan, slice(40, 120)))
    assert checks(assess(values)) == [(QualityCheck.NOT_FINITE, "temperature")]


def test_a_sensor_that_often_rests_is_not_stuck() -> None:
    """A rain gauge: a window without rain is hardly longer than the longest dry time of the training data."""
    rain = np.zeros((8 * ROWS, 1))
    rain[[0, 60, 290, 520, 600, 700, 920, 1150, 1380, 1600, 1820], 0] = np.arange(11.0)
    assert assess(np.zeros((ROWS, 1)), trained=profile_of(rain)).score_percent >= 90


def test_nan_and_infinities_are_counted_apart() -> None:
    values = changed(set_to(TEMPERATURE, np.nan, some(0.3)))
    values[some(0.1), TEMPERATURE] = -np.inf
    said = only_fault(assess(values)).message
    assert "temperature: 72 of 240 readings are no numbers (48 NaN, 24 infinite or beyond 1e100), from" in said


def test_gaps_that_the_training_data_had_are_no_fault() -> None:
    reference = telemetry(8 * ROWS, seed=1)[:, :2]
    reference[np.random.default_rng(4).random(len(reference)) < 0.12, 1] = np.nan
    values = healthy()[:, :2]
    values[some(0.1), 1] = np.nan
    assert assess(values, trained=profile_of(reference)).faults == ()
    assert assess(values, trained=profile_of(telemetry(8 * ROWS, seed=1)[:, :2])).score_percent == 85


def test_without_training_data_only_the_window_itself_is_judged() -> None:
    assert assess_alone(changed(moved(TEMPERATURE, 1000.0))).faults == ()
    assert only_fault(assess_alone(changed(set_to(TEMPERATURE, np.nan)))).check is QualityCheck.NOT_FINITE


def test_the_worst_column_counts_in_full_and_each_next_one_half_as_much() -> None:
    def change(values: Series) -> None:
        values[some(0.1)] = np.nan

    report = assess(changed(change))
    assert [fault.points for fault in report.faults] == [15.0, 7.5, 3.75, 1.88]
    assert report.score_percent == 72


def test_further_columns_are_counted() -> None:
    def all_missing(values: Series) -> None:
        values[:] = np.nan

    fault = only_fault(assess(changed(all_missing)))
    assert (fault.points, fault.column) == (100.0, "temperature")
    assert fault.message.endswith("; the same in 3 more columns")

"""From readings to telemetry: order, duplicates, gaps, missing readings, identity."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model_contract.result import FailureReason
from model_trainer.data.cleaning import clean
from model_trainer.data.fingerprint import data_digest
from model_trainer.data.scaling import fit_scaling
from model_trainer.data.telemetry import Readings
from model_trainer.errors import CannotWork
from tests.trainer.telemetry_files import minutes, waves

ROWS = 300


def some_readings(rows: int = ROWS) -> Readings:
    """A signal and a command, complete and in order."""
    command = (np.arange(rows) // 10) % 2
    return Readings(("value", "command"), (False, True), minutes(rows), np.column_stack([waves(rows), command]))


def with_missing(rows: Any, channel: int, value: float = np.nan) -> Readings:
    """The same readings with some of a channel missing."""
    readings = some_readings()
    readings.values[rows, channel] = value
    return readings


def test_rows_are_put_in_the_order_of_time() -> None:
    readings = some_readings()
    shuffled = np.random.default_rng(1).permutation(ROWS)
    mixed = replace(readings, times=readings.times[shuffled], values=readings.values[shuffled])

    telemetry = clean(mixed, None)

    assert (telemetry.times == readings.times).all()
    assert (telemetry.values == readings.values).all()


def test_of_two_rows_with_the_same_time_the_first_counts() -> None:
    readings = some_readings()
    repeated = replace(
        readings,
        times=np.concatenate([readings.times, readings.times[5:7]]),
        values=np.concatenate([readings.values, readings.values[5:7] + 1]),
    )

    telemetry = clean(repeated, None)

    assert (telemetry.values == readings.values).all()
    assert telemetry.duplicates_dropped == 2


def test_a_gap_of_more_than_one_and_a_half_intervals_ends_a_segment() -> None:
    readings = some_readings()
    late = np.where(np.arange(ROWS) >= 100, 31, 0).astype("timedelta64[s]")
    jump = np.where(np.arange(ROWS) >= 200, 29, 0).astype("timedelta64[s]")

    telemetry = clean(replace(readings, times=readings.times + late + jump), 60.0)

    assert telemetry.segments == (range(100), range(100, 300))


def test_the_sampling_interval_is_the_median_distance() -> None:
    assert clean(some_readings(), None).sampling_seconds == 60.0


def test_three_missing_numbers_are_filled_by_a_straight_line() -> None:
    telemetry = clean(with_missing(slice(50, 53), 0), None)

    whole = some_readings().values[:, 0]
    assert telemetry.values[49:54, 0] == pytest.approx(np.linspace(whole[49], whole[53], 5))
    assert telemetry.readings_filled == 3


def test_missing_commands_stay_what_they_were() -> None:
    telemetry = clean(with_missing(slice(59, 62), 1), None)

    assert telemetry.values[57:64, 1].tolist() == [1, 1, 1, 1, 1, 0, 0]


def test_an_infinite_reading_is_a_missing_one() -> None:
    assert np.isfinite(clean(with_missing(50, 0, np.inf), None).values).all()


def test_four_missing_readings_are_refused_with_counts() -> None:
    with pytest.raises(CannotWork, match="value 4") as refused:
        clean(with_missing(slice(50, 54), 0), None)
    assert refused.value.reason is FailureReason.DATA_NOT_FINITE


def test_nothing_is_filled_across_a_gap() -> None:
    """A segment that is missing as a whole has no neighbours, however short it is."""
    readings = with_missing(slice(100, 102), 0)
    lonely = np.where(np.arange(ROWS) >= 100, 1, 0) + np.where(np.arange(ROWS) >= 102, 1, 0)

    with pytest.raises(CannotWork, match="value 2"):
        clean(replace(readings, times=readings.times + lonely.astype("timedelta64[h]")), None)


def test_where_a_model_is_only_scored_rows_that_lack_readings_for_long_are_a_gap() -> None:
    telemetry = clean(with_missing([50, 51, *range(100, 104)], 0), None, skip_missing=True)

    assert telemetry.segments == (range(100), range(100, ROWS - 4))
    assert telemetry.times[100] == minutes(ROWS)[104]
    assert (telemetry.readings_filled, telemetry.rows) == (2, ROWS - 4)


def test_rows_that_leaving_out_others_has_cut_off_go_too() -> None:
    """Two missing readings between two such gaps of another channel have no neighbours any more."""
    readings = with_missing([*range(100, 104), *range(106, 110)], 0)
    readings.values[104:106, 1] = np.nan

    assert clean(readings, None, skip_missing=True).rows == ROWS - 10


def test_too_few_rows_are_refused_with_numbers() -> None:
    with pytest.raises(CannotWork, match="holds 239 rows, at least 240") as refused:
        clean(some_readings(239), None)
    assert refused.value.reason is FailureReason.TOO_LITTLE_DATA


def test_the_digest_is_the_same_for_the_same_content() -> None:
    readings = some_readings()

    assert clean(readings, None).digest == clean(some_readings(), None).digest
    assert len(clean(readings, None).digest) == 64


@pytest.mark.parametrize("row", [0, 1, 149, 298, 299])
@pytest.mark.parametrize("channel", [0, 1])
def test_any_changed_value_changes_the_digest(row: int, channel: int) -> None:
    readings, changed = some_readings(), some_readings()
    changed.values[row, channel] = np.nextafter(changed.values[row, channel], 2)

    assert clean(changed, None).digest != clean(readings, None).digest


def test_names_times_and_missing_readings_are_part_of_the_digest() -> None:
    readings = some_readings()
    times, values = readings.times, readings.values
    missing = values.copy()
    missing[7, 0] = np.nan

    digests = {
        data_digest(("value", "command"), times, values),
        data_digest(("value", "order"), times, values),
        data_digest(("value", "command"), times + np.timedelta64(1, "ns"), values),
        data_digest(("value", "command"), times, missing),
    }

    assert len(digests) == 4


def test_negative_zero_is_zero_for_the_digest() -> None:
    assert data_digest(("x",), minutes(1), np.array([[-0.0]])) == data_digest(("x",), minutes(1), np.array([[0.0]]))


def test_scaling_maps_the_training_range_to_one_and_leaves_commands_and_constants() -> None:
    values = np.column_stack([[2.0, 4.0, 6.0], [0.0, 1.0, 1.0], [5.0, 5.0, 5.0]])
    scaling = fit_scaling(values, (False, True, False))

    assert scaling.apply(values).tolist() == [[-1, 0, 0], [0, 1, 0], [1, 1, 0]]

"""Figures of many rows: what is left out could not be seen."""

import numpy as np

from model_trainer.figures.thinning import STRETCHES, drawn_line, drawn_runs
from tests.trainer.telemetry_files import minutes, waves

MANY = 100 * STRETCHES + 7


def test_a_few_rows_are_drawn_as_they_are() -> None:
    times, values = minutes(STRETCHES), waves(STRETCHES)
    flags = values > 1

    across, up = drawn_line(times, values)

    assert (across == times).all()
    assert (up == values).all()
    assert [row for first, last in drawn_runs(flags) for row in range(first, last + 1)] == np.flatnonzero(
        flags
    ).tolist()


def test_of_many_rows_every_peak_is_drawn_near_its_time() -> None:
    times, values = minutes(MANY), waves(MANY)
    values[123_456], values[MANY - 1] = 9.0, -9.0

    across, up = drawn_line(times, values)

    stretch = MANY // STRETCHES + 1
    assert len(across) == len(up) <= 2 * STRETCHES
    assert 0 <= (times[123_456] - across[up.argmax()]) / np.timedelta64(1, "m") < stretch
    assert 0 <= (times[-1] - across[up.argmin()]) / np.timedelta64(1, "m") < stretch


def test_a_missing_value_is_passed_over_and_a_missing_stretch_is_a_gap() -> None:
    values = np.ones(MANY)
    values[::2] = np.nan
    values[50_000:60_000] = np.nan

    _, up = drawn_line(minutes(MANY), values)

    assert set(up[np.isfinite(up)]) == {1.0}
    assert 0 < np.isnan(up).sum() < len(up) / 4


def test_of_many_flagged_rows_each_lies_in_a_drawn_run() -> None:
    flags = np.zeros(MANY, dtype=bool)
    flags[[0, 5_000, 200_000, 200_050, MANY - 1]] = True

    drawn = np.zeros(MANY, dtype=bool)
    for first, last in drawn_runs(flags):
        drawn[first : last + 1] = True

    assert drawn[flags].all()
    assert drawn.sum() <= 5 * (MANY // STRETCHES + 1)
    assert drawn_runs(np.zeros(MANY, dtype=bool)) == []

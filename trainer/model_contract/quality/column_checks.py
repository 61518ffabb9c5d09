"""Checks of single columns: is it a number, one that the training data make plausible, does it move, does it jump."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from model_contract.quality.points import MOST
from model_contract.quality.report import QualityCheck, QualityFault
from model_contract.quality.training import TrainingData
from model_contract.quality.window import Booleans, Floats, WindowRows, between

POINTS_PER_BAD_SHARE: Final = 150.0  # as for rows that did not come
WHOLE_MARGIN: Final = 0.25  # by how much longer than ever in training a window that is all one reading costs the most
SPIKE_SHARE: Final = 0.05  # of readings, costs the most
SPIKE_OF_ERROR: Final = 2.0  # times the largest forecast error of the training data
SPIKE_OF_SPREAD: Final = 10.0  # times the robust spread of the window's own bends
MAD_TO_SIGMA: Final = 1.4826  # for a normal distribution
FEWEST_BENDS: Final = 8  # readings with two neighbours, for a median that means something


def not_finite(window: WindowRows, training: TrainingData | None) -> Iterator[QualityFault]:
    """NaN and infinities among the rows that came, beyond the share that was missing in training."""
    rows = window.times.size
    bad = rows - window.present
    if not bad.any():
        return
    usual = _usual_gaps(training, len(window.columns))
    points = POINTS_PER_BAD_SHARE * (bad / rows - usual)
    for index, column, name in window.named(points > 0.0):
        empty = int(np.count_nonzero(np.isnan(window.values[index])))
        yield _fault(
            QualityCheck.NOT_FINITE,
            column,
            points[index],
            f"{name}: {bad[index]} of {rows} readings are {_kinds(empty, bad[index] - empty)},"
            f" {window.where(~window.finite[index])}",
        )


def stuck(window: WindowRows, training: TrainingData) -> Iterator[QualityFault]:
    """One reading for much longer than the training data ever showed it.

    Switches and constants are left out. A run costs from twice the longest run of the training data on, because the
    longest run of the next window often exceeds that a little; a whole window costs from the longest run on.
    """
    for index, column, name in window.named(training.is_analog & (window.present > 1)):
        rows = np.flatnonzero(window.finite[index])  # what is missing neither ends a run nor makes it longer
        first, after = _longest_run(window.values[index, rows])
        run, usual = after - first, max(int(training.longest_run[index]), 1)
        whole = (run / usual - 1.0) / WHOLE_MARGIN
        part = (run - 2 * usual) / max(window.expected - 2 * usual, 1)
        share = whole if run == rows.size else part
        if share > 0.0:
            yield _fault(
                QualityCheck.STUCK,
                column,
                MOST[QualityCheck.STUCK] * min(1.0, share),
                f"{name}: stands at {window.values[index, rows[first]]:.5g} for {run} of {rows.size} readings, in"
                f" training for at most {usual}; {between(*window.times[rows[[first, after - 1]]])}",
            )


def spikes(window: WindowRows, training: TrainingData) -> Iterator[QualityFault]:
    """Single readings that jump away from both neighbours, further than the training data and the window itself do."""
    if window.times.size < FEWEST_BENDS + 2:
        return
    for index, column, name in window.named(training.is_analog):
        found, height = _jumps(window.readings[index], training.error[index])
        count = int(np.count_nonzero(found))
        if count:
            yield _fault(
                QualityCheck.SPIKES,
                column,
                MOST[QualityCheck.SPIKES] * min(1.0, count / window.present[index] / SPIKE_SHARE),
                f"{name}: {count} of {window.present[index]} readings jump away from both neighbours, by up to"
                f" {height:.4g}, {window.where(found)}",
            )


def _jumps(readings: Floats, error: float) -> tuple[Booleans, float]:
    """The rows of spikes, and the height of the highest; without one that is of no meaning."""
    from_before, from_after = readings[1:-1] - readings[:-2], readings[1:-1] - readings[2:]
    height = np.minimum(np.abs(from_before), np.abs(from_after))
    found = (height > SPIKE_OF_ERROR * error) & ((from_before > 0.0) == (from_after > 0.0))
    if found.any():
        bends = np.abs(from_before + from_after) / 2.0
        found &= height > SPIKE_OF_SPREAD * MAD_TO_SIGMA * np.median(bends[np.isfinite(bends)])
    return np.concatenate(([False], found, [False])), float(height.max(where=found, initial=0.0))


def _kinds(empty: int, infinite: int) -> str:
    if not empty or not infinite:
        return "NaN" if empty else "infinite or beyond 1e100"
    return f"no numbers ({empty} NaN, {infinite} infinite or beyond 1e100)"


def _usual_gaps(training: TrainingData | None, columns: int) -> Floats:
    """Share of missing readings among the rows that came, in training: (columns,)."""
    if training is None:
        return np.zeros(columns)
    missing_rows = training.missing_rows
    share = (training.missing_share - missing_rows) / max(1.0 - missing_rows, np.finfo(np.float64).tiny)
    return np.asarray(np.where(np.isfinite(share), share, 0.0))


def _longest_run(readings: Floats) -> tuple[int, int]:
    """The first row of the longest run of one reading, and the row after it."""
    changes = np.flatnonzero(readings[1:] != readings[:-1]) + 1
    edges = np.concatenate(([0], changes, [readings.size]))
    longest = int(np.argmax(np.diff(edges)))
    return int(edges[longest]), int(edges[longest + 1])


def _fault(check: QualityCheck, column: str, points: float, message: str) -> QualityFault:
    return QualityFault(check=check, column=column, points=min(float(points), MOST[check]), message=message)

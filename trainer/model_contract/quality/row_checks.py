"""Checks of the rows as a whole: did they come, in time, once, in order, and at the expected distance."""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from model_contract.quality.points import MOST
from model_contract.quality.report import QualityCheck, QualityFault
from model_contract.quality.training import TrainingData
from model_contract.quality.window import WindowRows, between, in_words, stamp

POINTS_PER_MISSING_SHARE: Final = 150.0  # a fifth missing costs 30: drift asks for 80 % of a window, too
REPEATED_SHARE: Final = 0.2  # of rows with a time that came before, costs SAME_READINGS
SAME_READINGS: Final = 10.0  # points: harmless, all but the first are left out
LATE_SHARE: Final = 0.1  # of rows out of order, costs the most
RATE_TOLERANCE: Final = 1.1  # of the expected distance
POINTS_PER_DOUBLING: Final = 20.0  # of the distance of rows, or halving
FEWEST_DISTANCES: Final = 8  # for a median that means something

_SECOND: Final = 1_000_000_000


class Age(NamedTuple):
    """How old the newest row is and may be; times in nanoseconds since the Unix epoch."""

    newest: int
    now: int
    most_seconds: float


def completeness(window: WindowRows, training: TrainingData | None) -> Iterator[QualityFault]:
    """Rows that should have come, beyond the share that was missing in training."""
    expected = window.expected
    missing = expected - _filled_slots(window)
    usual = training.missing_rows if training else 0.0
    points = POINTS_PER_MISSING_SHARE * (missing / expected - usual)
    if points > 0.0:
        yield _fault(
            QualityCheck.COMPLETENESS,
            points,
            f"{missing} of {expected} rows did not come{_longest_gap(window)}"
            f"{f'; in training {usual:.1%} were missing' if usual else ''}",
        )


def freshness(age: Age) -> Iterator[QualityFault]:
    """The age of the newest row. A row of the future is as little of today as one of the past."""
    seconds = (age.now - age.newest) / _SECOND
    if abs(seconds) > age.most_seconds:
        yield _fault(
            QualityCheck.FRESHNESS,
            MOST[QualityCheck.FRESHNESS],
            f"the newest row is of {stamp(age.newest)}, {in_words(abs(seconds))} {'old' if seconds > 0 else 'ahead'};"
            f" the limit is {in_words(age.most_seconds)}",
        )


def duplicates(window: WindowRows) -> Iterator[QualityFault]:
    """Several rows with one time. With the same readings they are harmless; with others nobody knows which is true."""
    repeated = window.repeated.size
    if repeated:
        rows = window.arrived.size
        same = SAME_READINGS * min(1.0, repeated / rows / REPEATED_SHARE)
        conflicting = f"{window.conflicting} of them with other" if window.conflicting else "with the same"
        other = MOST[QualityCheck.DUPLICATES] * min(1.0, window.conflicting / rows / REPEATED_SHARE)
        yield _fault(
            QualityCheck.DUPLICATES,
            same + other,
            f"{repeated} of {rows} rows have a time that came before, {conflicting} readings;"
            f" {between(window.repeated[0], window.repeated[-1])}",
        )


def order(window: WindowRows) -> Iterator[QualityFault]:
    """Rows that stand after a later one. The trainer sorts them, so they cost little."""
    arrived = window.arrived
    late = arrived < np.maximum.accumulate(arrived)
    count = int(np.count_nonzero(late))
    if count:
        yield _fault(
            QualityCheck.ORDER,
            MOST[QualityCheck.ORDER] * min(1.0, count / arrived.size / LATE_SHARE),
            f"{count} of {arrived.size} rows stand after a later one, the first is of {stamp(arrived[late][0])}",
        )


def sampling_rate(window: WindowRows) -> Iterator[QualityFault]:
    """The distance of rows, as the median of the distances found."""
    distances = np.diff(window.times)
    if distances.size < FEWEST_DISTANCES:
        return
    found = float(np.median(distances)) / _SECOND
    if not window.sampling_seconds / RATE_TOLERANCE <= found <= window.sampling_seconds * RATE_TOLERANCE:
        yield _fault(
            QualityCheck.SAMPLING_RATE,
            POINTS_PER_DOUBLING * abs(math.log2(found / window.sampling_seconds)),
            f"rows come every {in_words(found)}, expected is every {in_words(window.sampling_seconds)};"
            f" {between(window.times[0], window.times[-1])}",
        )


def _filled_slots(window: WindowRows) -> int:
    """Slots of the grid with a row; counted from the first row on, so that a constant offset loses none."""
    times = window.times
    if not times.size:
        return 0
    sampling = window.sampling_seconds * _SECOND
    slots = int((times[0] - window.start) // sampling) + np.rint((times - times[0]) / sampling)
    return int(np.unique(slots[slots < window.expected]).size)


def _longest_gap(window: WindowRows) -> str:
    """Where most is missing, as the end of a sentence."""
    edges = np.concatenate(([window.start], window.times, [window.end]))
    longest = int(np.argmax(np.diff(edges)))
    return f"; the longest gap is {between(edges[longest], edges[longest + 1])}"


def _fault(check: QualityCheck, points: float, message: str) -> QualityFault:
    return QualityFault(check=check, points=min(points, MOST[check]), message=message)

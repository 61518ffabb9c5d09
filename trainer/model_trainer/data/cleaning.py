"""Makes readings usable, by rules that are stated and counted.

- Rows are sorted by time; of several rows with the same time the first one in the files counts.
- A gap of more than 1.5 sampling intervals ends a segment.
- At most three missing readings in a row are filled inside their segment: numbers by a straight line, commands
  (booleans) by the reading before. More are an error: a model must not learn what was made up.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from model_contract.result import FailureReason
from model_trainer.data.fingerprint import data_digest
from model_trainer.data.telemetry import Booleans, Floats, Integers, Readings, Telemetry, Times, interval
from model_trainer.errors import CannotWork

LONGEST_FILLED_GAP: Final = 3  # rows; the same as in the drift profile
GAP_FACTOR: Final = 1.5  # of the sampling interval
FEWEST_ROWS: Final = 240  # the least of which 70/15/15 % give something to learn from and to judge by


def clean(readings: Readings, sampling_seconds: float | None) -> Telemetry:
    """Clean telemetry from readings.

    Args:
        readings: as they were written.
        sampling_seconds: distance of the rows; None for the median of the distances found.

    Raises:
        CannotWork: too few rows, or more than three missing readings in a row.
    """
    order = np.argsort(readings.times, kind="stable")
    times, first = np.unique(readings.times[order], return_index=True)
    if len(times) < FEWEST_ROWS:
        raise CannotWork(
            FailureReason.TOO_LITTLE_DATA,
            f"the window holds {len(times)} rows, at least {FEWEST_ROWS} are needed; a longer look-back would help",
        )
    values = np.where(np.isfinite(readings.values), readings.values, np.nan)[order[first]]
    sampling_seconds = sampling_seconds or float(np.median(np.diff(times)) / np.timedelta64(1, "s"))
    segments = find_segments(times, sampling_seconds)
    filled = _fill(values, readings, segments)
    return Telemetry(
        columns=readings.columns,
        boolean=readings.boolean,
        times=times,
        values=filled,
        segments=segments,
        sampling_seconds=sampling_seconds,
        duplicates_dropped=len(readings.times) - len(times),
        readings_filled=int(np.count_nonzero(np.isnan(values))),
        digest=data_digest(readings.columns, times, values),
    )


def find_segments(times: Times, sampling_seconds: float) -> tuple[range, ...]:
    """The rows between gaps of more than 1.5 sampling intervals."""
    breaks = np.flatnonzero(np.diff(times) > interval(GAP_FACTOR * sampling_seconds)) + 1
    bounds = [0, *breaks.tolist(), len(times)]
    return tuple(range(start, stop) for start, stop in pairwise(bounds))


def _fill(values: Floats, readings: Readings, segments: tuple[range, ...]) -> Floats:
    missing = np.isnan(values)
    if not missing.any():
        return values
    filled = values.copy()
    lasting: dict[str, int] = {}
    for channel in np.flatnonzero(missing.any(axis=0)):
        for segment in segments:
            rows = slice(segment.start, segment.stop)
            gaps = missing[rows, channel]
            if _longest_run(gaps) > LONGEST_FILLED_GAP or gaps.all():
                lasting[readings.columns[channel]] = lasting.get(readings.columns[channel], 0) + int(gaps.sum())
            else:
                filled[rows, channel] = _filled(values[rows, channel], gaps, hold=readings.boolean[channel])
    if lasting:
        counts = ", ".join(f"{name} {count}" for name, count in lasting.items())
        raise CannotWork(
            FailureReason.DATA_NOT_FINITE,
            f"more than {LONGEST_FILLED_GAP} readings in a row are missing or not finite; "
            f"missing readings of {len(values)} rows in the affected stretches: {counts}",
        )
    return filled


def _filled(series: Floats, gaps: Booleans, *, hold: bool) -> Floats:
    present: Integers = np.flatnonzero(~gaps)
    rows = np.arange(len(series))
    if hold:
        return series[present[np.maximum(np.searchsorted(present, rows, side="right") - 1, 0)]]
    return np.interp(rows, present, series[present])


def _longest_run(flags: Booleans) -> int:
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return int((edges[1::2] - edges[::2]).max(initial=0))

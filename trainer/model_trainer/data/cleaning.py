"""Makes readings usable, by rules that are stated and counted.

- Rows are sorted by time; of several rows with the same time the first one in the files counts.
- A gap of more than 1.5 sampling intervals ends a segment.
- A reading that is not finite, or beyond what models take (float32), is missing.
- At most three missing readings in a row are filled inside their segment: numbers by a straight line, commands
  (booleans) by the reading before. More are an error where a model is fitted: it must not learn what was made up. Where
  one is only scored, such rows count as a gap.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from model_contract.result import FailureReason
from model_trainer.data.fingerprint import data_digest
from model_trainer.data.telemetry import Booleans, Floats, Integers, Readings, Telemetry, Times, interval
from model_trainer.errors import CannotWork

LONGEST_FILLED_GAP: Final = 3  # rows; the same as in the drift profile
GAP_FACTOR: Final = 1.5  # of the sampling interval
LARGEST: Final = float(np.finfo(np.float32).max)
FEWEST_ROWS: Final = 240  # the least of which 70/15/15 % give something to learn from and to judge by


def clean(
    readings: Readings, sampling_seconds: float | None, *, fewest: int = FEWEST_ROWS, skip_missing: bool = False
) -> Telemetry:
    """Clean telemetry from readings.

    Args:
        readings: as they were written.
        sampling_seconds: distance of the rows; None for the median of the distances found.
        fewest: rows that there must be, at least two.
        skip_missing: leave out rows with readings that are missing for too long, instead of refusing.

    Raises:
        CannotWork: too few rows, or more than three missing readings in a row.
    """
    ordered = _in_order(readings)
    duplicates_dropped = len(readings.times) - len(ordered.times)
    _require_rows(ordered, fewest)
    sampling_seconds = sampling_seconds or float(np.median(np.diff(ordered.times)) / np.timedelta64(1, "s"))
    if skip_missing:
        ordered = _without_lasting_gaps(ordered, sampling_seconds)
        _require_rows(ordered, fewest)
    segments = find_segments(ordered.times, sampling_seconds)
    return Telemetry(
        columns=readings.columns,
        boolean=readings.boolean,
        times=ordered.times,
        values=_fill(ordered, segments),
        segments=segments,
        sampling_seconds=sampling_seconds,
        duplicates_dropped=duplicates_dropped,
        readings_filled=int(np.count_nonzero(np.isnan(ordered.values))),
        digest=data_digest(readings.columns, ordered.times, ordered.values),
    )


def find_segments(times: Times, sampling_seconds: float) -> tuple[range, ...]:
    """The rows between gaps of more than 1.5 sampling intervals."""
    breaks = np.flatnonzero(np.diff(times) > interval(GAP_FACTOR * sampling_seconds)) + 1
    bounds = [0, *breaks.tolist(), len(times)]
    return tuple(range(start, stop) for start, stop in pairwise(bounds))


def _in_order(readings: Readings) -> Readings:
    """Sorted by time, each time once, what no model takes as NaN; nothing is copied that is so already."""
    times, values = readings.times, readings.values
    if not (times[1:] > times[:-1]).all():
        order = np.argsort(times, kind="stable")
        times, first = np.unique(times[order], return_index=True)
        values = values[order[first]]
    if max(np.fmax.reduce(values, axis=None, initial=0.0), -np.fmin.reduce(values, axis=None, initial=0.0)) > LARGEST:
        values = np.where(np.abs(values) <= LARGEST, values, np.nan)
    return replace(readings, times=times, values=values)


def _require_rows(readings: Readings, fewest: int) -> None:
    if len(readings.times) < fewest:
        raise CannotWork(
            FailureReason.TOO_LITTLE_DATA,
            f"the window holds {len(readings.times)} rows, at least {fewest} are needed; a longer look-back would help",
        )


def _without_lasting_gaps(readings: Readings, sampling_seconds: float) -> Readings:
    """Without the rows that cannot be filled. Leaving them out parts segments, so it is looked again."""
    while len(readings.times):
        lasting = _lasting_gaps(readings.values, find_segments(readings.times, sampling_seconds)).any(axis=1)
        if not lasting.any():
            break
        readings = replace(readings, times=readings.times[~lasting], values=readings.values[~lasting])
    return readings


def _lasting_gaps(values: Floats, segments: tuple[range, ...]) -> Booleans:
    """Missing readings that are not filled, (rows, channels): of runs of more than three, or of empty segments."""
    missing = np.isnan(values)
    lasting = np.zeros_like(missing)
    for channel in np.flatnonzero(missing.any(axis=0)):
        for segment in segments:
            rows = slice(segment.start, segment.stop)
            gaps = missing[rows, channel]
            for run in _runs(gaps):
                lasting[rows, channel][run.start : run.stop] = len(run) > LONGEST_FILLED_GAP or len(run) == len(gaps)
    return lasting


def _fill(readings: Readings, segments: tuple[range, ...]) -> Floats:
    missing = np.isnan(readings.values)
    if not missing.any():
        return readings.values
    lasting = _lasting_gaps(readings.values, segments)
    if lasting.any():
        counts = ", ".join(
            f"{name} {count}" for name, count in zip(readings.columns, lasting.sum(axis=0), strict=True) if count
        )
        raise CannotWork(
            FailureReason.DATA_NOT_FINITE,
            f"more than {LONGEST_FILLED_GAP} readings in a row are missing or not finite as float32, "
            f"of {len(missing)} rows: {counts}",
        )
    filled = readings.values.copy()
    for channel in np.flatnonzero(missing.any(axis=0)):
        for segment in segments:
            rows = slice(segment.start, segment.stop)
            filled[rows, channel] = _filled(
                filled[rows, channel], missing[rows, channel], hold=readings.boolean[channel]
            )
    return filled


def _filled(series: Floats, gaps: Booleans, *, hold: bool) -> Floats:
    present: Integers = np.flatnonzero(~gaps)
    rows = np.arange(len(series))
    if hold:
        return series[present[np.maximum(np.searchsorted(present, rows, side="right") - 1, 0)]]
    return np.interp(rows, present, series[present])


def _runs(flags: Booleans) -> list[range]:
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [range(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]

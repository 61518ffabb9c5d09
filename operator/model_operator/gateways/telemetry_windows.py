"""Which windows of telemetry are judged, and how their rows come onto the profile's grid.

Pure, used in worker processes only. Windows lie at multiples of their length since the Unix epoch in the time of the
data, so the same telemetry always gives the same windows, whenever it is looked at.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

import numpy as np

from model_operator.gateways.telemetry_rows import Times, Values

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SMALLEST_TIME, LARGEST_TIME = -(2**63), 2**63 - 1  # nanoseconds: September 1677 and April 2262


class Window(NamedTuple):
    """start <= time < end, nanoseconds since the Unix epoch."""

    start: int
    end: int

    @classmethod
    def newest_complete(cls, newest: int, length_seconds: float, sampling_seconds: float) -> Self:
        """The newest window whose last row has come: its end is at most one sampling interval after the newest time."""
        length = nanoseconds(length_seconds)
        end = (newest + nanoseconds(sampling_seconds)) // length * length
        return cls(end - length, end)

    def before(self) -> Self:
        """The window that ends where this one starts."""
        return type(self)(self.start - (self.end - self.start), self.start)

    def __str__(self) -> str:
        return f"{instant(self.start):%Y-%m-%dT%H:%M:%SZ} to {instant(self.end):%Y-%m-%dT%H:%M:%SZ}"


def on_grid(times: Times, values: Values, window: Window, *, rows: int, sampling_seconds: float) -> Values:
    """The window's rows as (rows, channels), one per sampling interval, NaN where none came.

    As in the trainer, of several rows with one time the first in the files counts, and slots are counted from the first
    row on, so a constant offset to the full interval moves no row.

    Args:
        times: (n,) in any order; those outside the window are left out.
        values: (n, channels).
        window: to fill.
        rows: of the grid.
        sampling_seconds: between two rows of the grid.
    """
    grid = np.full((rows, values.shape[1]), np.nan)
    inside = np.flatnonzero((times >= window.start) & (times < window.end))
    unique, first = np.unique(times[inside], return_index=True)
    if unique.size:
        sampling = sampling_seconds * _SECOND
        slots = (unique[0] - window.start) // nanoseconds(sampling_seconds) + np.rint((unique - unique[0]) / sampling)
        fits = slots < rows
        grid[slots[fits].astype(np.int64)] = values[inside[first[fits]]]
    return grid


def nanoseconds(seconds: float) -> int:
    """Seconds as whole nanoseconds."""
    return round(seconds * _SECOND)


def instant(time: int) -> datetime:
    """Nanoseconds since the Unix epoch as a datetime, to the microsecond.

    Raises:
        OverflowError: before the year 1 or after 9999.
    """
    return _EPOCH + timedelta(microseconds=time // 1_000)


def nanoseconds_since_epoch(time: datetime) -> int:
    """A datetime as nanoseconds since the Unix epoch."""
    return (time - _EPOCH) // timedelta(microseconds=1) * 1_000

"""The types that telemetry has on its way from files to sequences."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.datetime64]  # nanoseconds since 1970, UTC
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Readings:
    """Telemetry as it was written: any order, with gaps, duplicates and missing readings.

    `columns` name the channels, the predicted one first; `values` is (rows, channels) with NaN for what is missing.
    """

    columns: tuple[str, ...]
    boolean: tuple[bool, ...]
    times: Times
    values: Floats


@dataclass(frozen=True)
class Telemetry:
    """Clean telemetry: rows in time order, each time once, every reading finite.

    `segments` are the rows between gaps; what happens before a gap says nothing about what comes after it.
    """

    columns: tuple[str, ...]
    boolean: tuple[bool, ...]
    times: Times
    values: Floats
    segments: tuple[range, ...]
    sampling_seconds: float
    duplicates_dropped: int
    readings_filled: int
    digest: str

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.times)

    @property
    def start(self) -> datetime:
        """The time of the first row."""
        return instant(self.times[0])

    @property
    def end(self) -> datetime:
        """The time of the last row plus one sampling interval."""
        return instant(self.times[-1] + interval(self.sampling_seconds))


def instant(time: np.datetime64) -> datetime:
    """The time as a datetime with offset, to the microsecond."""
    microseconds: datetime = time.astype("datetime64[us]").item()
    return microseconds.replace(tzinfo=UTC)


def time_of(instant: datetime) -> np.datetime64:
    """A datetime with offset as a time, the reverse of `instant`."""
    return np.datetime64(instant.astimezone(UTC).replace(tzinfo=None), "ns")


def interval(seconds: float) -> np.timedelta64:
    """Seconds as a numpy interval, to the nanosecond."""
    return np.timedelta64(round(seconds * 1e9), "ns")

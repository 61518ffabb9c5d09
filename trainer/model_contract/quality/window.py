"""The rows of one window, sorted once for all checks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

LARGEST_READING: Final = 1e100  # beyond it a square overflows; no sensor means it
LONGEST_NAME: Final = 128  # characters of a column, a limit of the status
LONGEST_NAME_IN_MESSAGE: Final = 60

_SECOND: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


@dataclass(frozen=True, eq=False)
class WindowRows:
    """start <= time < end, times in nanoseconds since the Unix epoch.

    Of several rows with one time the first in the files counts, as in the trainer.
    """

    start: int
    end: int
    sampling_seconds: float  # that is expected
    columns: tuple[str, ...]
    arrived: Integers  # (rows that came,) in the order of the files
    times: Integers  # (rows,) ascending, each once
    values: Floats  # (columns, rows) as they came
    repeated: Integers  # times of rows whose time came before
    conflicting: int  # of those, rows with other readings than the first

    @classmethod
    def of(
        cls,
        times: Integers,
        values: Floats,
        columns: tuple[str, ...],
        *,
        start: int,
        end: int,
        sampling_seconds: float,
    ) -> Self:
        """The rows of a window among others: times (n,) in any order, values (n, columns)."""
        inside = (times >= start) & (times < end)
        arrived, rows = times[inside], values[inside]
        order = np.argsort(arrived, kind="stable")
        ascending = arrived[order]
        is_first = np.diff(ascending, prepend=start - 1) != 0
        again = np.flatnonzero(~is_first)
        first = order[is_first]
        before = first[np.cumsum(is_first)[again] - 1]  # the row that counts, for each that repeats its time
        same = _same(rows[order[again]], rows[before])
        return cls(
            start=start,
            end=end,
            sampling_seconds=sampling_seconds,
            columns=columns,
            arrived=arrived,
            times=ascending[is_first],
            values=np.ascontiguousarray(rows[first].T, dtype=np.float64),
            repeated=ascending[again],
            conflicting=int(again.size - np.count_nonzero(same)),
        )

    @property
    def expected(self) -> int:
        """How many rows the window should have."""
        return max(1, round((self.end - self.start) / (self.sampling_seconds * _SECOND)))

    @cached_property
    def finite(self) -> Booleans:
        """Which readings are numbers that a sensor can mean: (columns, rows)."""
        return np.abs(self.values) <= LARGEST_READING  # False for NaN and infinities

    @cached_property
    def readings(self) -> Floats:
        """The values with NaN for what is no number: (columns, rows)."""
        return self.values if self.finite.all() else np.where(self.finite, self.values, np.nan)

    @cached_property
    def present(self) -> Integers:
        """Readings per column: (columns,)."""
        return np.asarray(np.count_nonzero(self.finite, axis=1))

    def where(self, rows: Booleans) -> str:
        """When the rows came, for people."""
        times = self.times[rows]
        return between(times[0], times[-1])

    def named(self, found: Booleans) -> Iterator[tuple[int, str, str]]:
        """Position, name, and name as it stands in a message, of each column that is marked in `found` (columns,)."""
        for index in np.flatnonzero(found):
            name = "".join(letter if letter.isprintable() else "?" for letter in self.columns[index])
            yield int(index), _shortened(name, LONGEST_NAME), _shortened(name, LONGEST_NAME_IN_MESSAGE)


def instant(time: int) -> datetime:
    """Nanoseconds since the Unix epoch as a datetime, to the microsecond."""
    return _EPOCH + timedelta(microseconds=int(time) // 1_000)


def stamp(time: int) -> str:
    """The same for people."""
    return f"{instant(time):%Y-%m-%dT%H:%M:%SZ}"


def between(first: int, last: int) -> str:
    """A span of time for people: `at …` or `from … to …`."""
    start, end = stamp(first), stamp(last)
    return f"at {start}" if start == end else f"from {start} to {end}"


def in_words(seconds: float) -> str:
    """A length of time to three digits, in the largest unit of which there is at least one."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    number = f"{seconds / size:.3g}"
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def _shortened(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _same(rows: Floats, others: Floats) -> Booleans:
    """Which rows (n, columns) equal the others; a missing reading equals a missing one."""
    return np.asarray(((rows == others) | (np.isnan(rows) & np.isnan(others))).all(axis=1))

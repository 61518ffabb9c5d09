"""The telemetry of one sensor, read once and cut at any instant.

`telemetry.py` asks for it again and again in virtual time. A row has come when its time stamp has passed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kubectl_sensormodel.errors import ExitCode, PluginError
from model_contract.task import DataWindow, TelemetrySource
from model_operator.api.sensormodel import TelemetrySpec
from model_operator.api.vocabulary import Reason
from model_operator.gateways.telemetry_files import TelemetryProblem
from model_operator.gateways.telemetry_rows import Rows, Times, Values
from model_operator.gateways.telemetry_windows import instant, nanoseconds_since_epoch
from model_trainer.data.sources import read_readings
from model_trainer.data.telemetry import Readings
from model_trainer.errors import TrainingEnded


class Recording:
    """All rows of a sensor's telemetry, in the order of the files.

    Args:
        uri: names the telemetry in messages.
        readings: with every column that a trainer would read.
    """

    def __init__(self, uri: str, readings: Readings) -> None:
        self._uri = uri
        self._readings = readings
        self._times: Times = readings.times.view(np.int64)
        self._sorted: Times = np.sort(self._times)

    @classmethod
    def read(cls, source: TelemetrySource) -> Self:
        """Read the files behind a URI, as the trainer does.

        Raises:
            PluginError: they are missing, unreadable or empty.
        """
        try:
            readings = read_readings(source, DataWindow())
        except TrainingEnded as ended:
            raise PluginError(ended.message, code=ExitCode.NOT_FINE) from ended
        if not readings.times.size:
            raise PluginError(f"{source.uri}: there are no rows", code=ExitCode.NOT_FINE)
        return cls(source.uri, readings)

    @property
    def columns(self) -> tuple[str, ...]:
        """The signal first."""
        return self._readings.columns

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self._times.size)

    @property
    def oldest(self) -> datetime:
        """Time of the first row."""
        return instant(int(self._sorted[0]))

    @property
    def newest(self) -> datetime:
        """Time of the last row."""
        return instant(int(self._sorted[-1]))

    @property
    def sampling_seconds(self) -> float:
        """The median distance of two rows."""
        return float(np.median(np.diff(np.unique(self._sorted)))) / 1e9 if self._sorted.size > 1 else 1.0

    def newest_at(self, now: datetime) -> int | None:
        """The newest time that has come, nanoseconds; None before the first row."""
        count = int(np.searchsorted(self._sorted, nanoseconds_since_epoch(now), side="right"))
        return int(self._sorted[count - 1]) if count else None

    def first_from(self, time: int) -> datetime | None:
        """When the first row with that time or a later one comes; None: never."""
        place = int(np.searchsorted(self._sorted, time))
        return _not_before(int(self._sorted[place])) if place < self._sorted.size else None

    def silence_after(self, now: datetime, longer_than: timedelta) -> datetime | None:
        """When the newest row will next be older than that; None: never while there is telemetry."""
        limit = longer_than // timedelta(microseconds=1) * 1_000
        rows = self._sorted[
            max(0, int(np.searchsorted(self._sorted, nanoseconds_since_epoch(now), side="right")) - 1) :
        ]
        gaps = np.flatnonzero(np.diff(rows) > limit)
        ends = (instant(int(rows[gap]) + limit) + timedelta(microseconds=1) for gap in gaps)
        return next((end for end in ends if end > now), None)

    def training_readings(self, since: int, until: int) -> Readings:
        """What a trainer reads: since <= time <= until."""
        rows = (self._times >= since) & (self._times <= until)
        readings = self._readings
        return Readings(readings.columns, readings.boolean, readings.times[rows], readings.values[rows])

    def signal(self) -> tuple[NDArray[np.datetime64], Values]:
        """Times and readings of the signal in the order of time, for a figure."""
        order = np.argsort(self._times, kind="stable")
        return self._readings.times[order], self._readings.values[order, 0]

    def until(self, now: datetime) -> "Cut":
        """The rows that have come."""
        return Cut(self._uri, self._readings, self.newest_at(now))


class Cut:
    """Telemetry as the operator's worker sees it at an instant: what `TelemetryTable` offers, from memory."""

    def __init__(self, uri: str, readings: Readings, newest: int | None) -> None:
        self._uri = uri
        self._readings = readings
        self._newest = newest

    def newest_time(self) -> int | None:
        """The newest time stamp; None when there is no row."""
        return self._newest

    def inputs(self, telemetry: TelemetrySpec) -> tuple[str, ...]:  # noqa: ARG002 - they were read for it
        """The columns that a model of this telemetry reads, the signal first."""
        return self._readings.columns

    def read(self, columns: Iterable[str], start: int, end: int) -> Rows:
        """Rows with start <= time < end that have come, in the order of the files.

        Raises:
            TelemetryProblem: a column is missing.
        """
        names, wanted = self._readings.columns, tuple(columns)
        if missing := next((name for name in wanted if name not in names), None):
            message = f"{self._uri}: there is no column {missing}, but {', '.join(names)}"
            raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, message)
        times = self._readings.times.view(np.int64)
        newest = -1 if self._newest is None else self._newest
        rows = np.flatnonzero((times >= start) & (times < end) & (times <= newest))
        return Rows(times[rows], self._readings.values[rows][:, [names.index(name) for name in wanted]])


def _not_before(time: int) -> datetime:
    """The first microsecond that is not before a time in nanoseconds."""
    return instant(-(-time // 1_000) * 1_000)

"""Lets recorded telemetry arrive: appends rows to a sensor's folder of Parquet files while demo time goes by.

Every arrival is one new file, written under a hidden name and renamed, so that a reader sees all of it or nothing. The
caller (`demo.run`) says up to which row telemetry may come; when to look again is its business, too, so that nothing
here sleeps or runs by itself.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.sensors import Sensor

_NOT_TELEMETRY = "split"  # the publishers' column; a sensor does not send it


class Replayer:
    """The telemetry of one sensor, arriving.

    Attributes:
        rows: how many rows have arrived.
    """

    rows: int

    def __init__(self, sensor: Sensor, source: Path, folder: Path, rows_per_second: float) -> None:
        """Read the recording; nothing arrives yet.

        Args:
            sensor: whose telemetry it is.
            source: the recording, one Parquet file.
            folder: where it arrives; created if missing.
            rows_per_second: how fast rows arrive that were released.
        """
        self.sensor = sensor
        self.rows = 0
        self._telemetry = with_shift(read_recording(source), sensor)
        self._folder = folder
        self._rate = rows_per_second
        self._parts = 0
        self._released = self._released_from = 0
        self._released_at = 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def deliver(self, until: int) -> None:
        """Let all rows before `until` arrive now."""
        if until > self.rows:
            write_part(self._telemetry.slice(self.rows, until - self.rows), self._folder, self._parts)
            self._parts += 1
            self.rows = until

    def release(self, until: int, now: float) -> None:
        """Let the rows before `until` arrive from now on, at the replayer's rate; `now` is in seconds."""
        self._released, self._released_from, self._released_at = until, self.rows, now

    def tick(self, now: float) -> int:
        """Deliver what is due at `now`, in seconds; the number of rows that arrived."""
        before = self.rows
        self.deliver(rows_due(now - self._released_at, self._rate, self._released_from, self._released))
        return self.rows - before

    @property
    def is_done(self) -> bool:
        """Everything that was released has arrived."""
        return self.rows >= self._released


def rows_due(elapsed: float, rate: float, first: int, until: int) -> int:
    """The row before which everything has arrived `elapsed` seconds after the rows first … until - 1 were released."""
    return min(until, first + int(max(elapsed, 0.0) * rate))


def read_recording(source: Path) -> pa.Table:
    """A recording without what is not telemetry, in time order."""
    recording = pq.read_table(source)
    return recording.drop_columns([_NOT_TELEMETRY]) if _NOT_TELEMETRY in recording.column_names else recording


def with_shift(telemetry: pa.Table, sensor: Sensor) -> pa.Table:
    """The telemetry with the sensor's injected shift; a shift that really happened is in the recording already."""
    shift = sensor.shift
    if not shift.is_injected:
        return telemetry
    values = telemetry.column("value").to_numpy()
    shifted = np.where(np.arange(len(values)) >= shift.first_row, shift.gain * values + shift.offset, values)
    return telemetry.set_column(telemetry.column_names.index("value"), "value", pa.array(shifted))


def write_part(rows: pa.Table, folder: Path, number: int) -> Path:
    """Write rows as the folder's file of that number: whole under a hidden name, then renamed."""
    part = folder / f"part-{number:05}.parquet"
    hidden = folder / f".{part.name}.incomplete"
    pq.write_table(rows, hidden)
    return hidden.replace(part)


def read_values(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What has arrived in a folder: times as datetime64 and values, oldest first."""
    telemetry = pq.read_table(folder, columns=["timestamp", "value"])
    telemetry = telemetry.take(pc.sort_indices(telemetry, sort_keys=[("timestamp", "ascending")]))
    return telemetry.column("timestamp").to_numpy(), telemetry.column("value").to_numpy()

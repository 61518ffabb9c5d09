"""Reads telemetry: only the columns that are asked for, only the rows of a span of time.

Used in worker processes only. Times are nanoseconds since the Unix epoch; columns without a zone are in UTC.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_contract.telemetry.dataset import NANOSECONDS, newest_time, open_files, scan
from model_operator.api.sensormodel import TelemetrySpec
from model_operator.api.vocabulary import Reason
from model_operator.gateways.telemetry_files import Files, TelemetryProblem

MOST_ROWS: Final = 4_000_000  # of both windows: two days at 20 rows per second
MOST_CSV_BYTES: Final = 2**30  # a CSV file is read from its beginning to its end

Times = NDArray[np.int64]
Values = NDArray[np.float64]


class Rows(NamedTuple):
    """Rows of telemetry in the order of the files: (rows,) and (rows, columns)."""

    times: Times
    values: Values


class TelemetryTable:
    """Telemetry files as one table, of which only parts are ever in memory.

    Args:
        files: to read.
        uri: names the telemetry in messages.
        time_column: holds time stamps.

    Raises:
        TelemetryProblem: too large, or without a column of time stamps.
    """

    def __init__(self, files: Files, *, uri: str, time_column: str) -> None:
        self._uri = uri
        if files.kind == "csv" and files.bytes > MOST_CSV_BYTES:
            message = f"{files.bytes} bytes of CSV, at most {MOST_CSV_BYTES} are read; Parquet has no such limit"
            raise self._unreadable(message)
        self._dataset = open_files(files.kind, files.paths, files.store)
        self._time = time_column
        found = self._field(time_column).type
        if not pa.types.is_timestamp(found):
            raise self._unreadable(f"column {time_column} holds {found}, expected time stamps")
        self._nanoseconds = NANOSECONDS[found.unit]

    def newest_time(self) -> int | None:
        """The newest time stamp; None when there is no row. Parquet says it in its footers, without reading rows."""
        return newest_time(self._dataset, self._time)

    def inputs(self, telemetry: TelemetrySpec) -> tuple[str, ...]:
        """The columns that a model of this telemetry reads: the signal first, then, as named or numeric, the others."""
        signal, named = telemetry.value_column, telemetry.feature_columns
        others = named if named is not None else (f.name for f in self._dataset.schema if _is_numeric(f.type))
        return tuple(dict.fromkeys((signal, *(name for name in others if name != self._time))))

    def read(self, columns: Iterable[str], start: int, end: int) -> Rows:
        """Rows with start <= time < end, in the order of the files.

        Raises:
            TelemetryProblem: a column is missing or holds no numbers, or there are too many rows.
        """
        names = list(columns)
        for name in names:
            if not _is_numeric(found := self._field(name).type):
                raise self._unreadable(f"column {name} holds {found}, expected numbers")
        column = pc.field(self._time)
        wanted = (column >= self._bound(start)) & (column < self._bound(end))  # a row without a time is no row
        batches, rows = [], 0
        for batch in self._dataset.to_batches(columns=[self._time, *names], filter=wanted, **scan(self._dataset)):
            rows += batch.num_rows
            if rows > MOST_ROWS:
                raise self._unreadable(f"two windows hold more than {MOST_ROWS} rows, more are not read")
            batches.append(batch)
        times = [batch.column(0).cast(pa.int64()).to_numpy() for batch in batches]
        values = [np.column_stack([_floats(batch.column(name)) for name in names]) for batch in batches]
        empty = np.empty(0, dtype=np.int64)
        return Rows(
            np.concatenate([empty, *times]) * self._nanoseconds, np.concatenate([np.empty((0, len(names))), *values])
        )

    def _bound(self, time: int) -> Any:
        """The first instant in the column's unit that is not before the time."""
        return pa.scalar(-(-time // self._nanoseconds), type=self._field(self._time).type)

    def _field(self, name: str) -> Any:
        names = self._dataset.schema.names
        if name in names:
            return self._dataset.schema.field(name)
        close = get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise self._unreadable(f"there is no column {name}, but {', '.join(names)}{hint}")

    def _unreadable(self, message: str) -> TelemetryProblem:
        return TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{self._uri}: {message}")


def _is_numeric(kind: Any) -> bool:
    types = pa.types
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind) or types.is_decimal(kind))


def _floats(column: Any) -> Values:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    floats: Values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return floats

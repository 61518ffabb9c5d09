"""Reads telemetry: only the columns that are asked for, only the rows of a span of time.

Used in worker processes only. Times are nanoseconds since the Unix epoch; columns without a zone are in UTC.
"""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from model_operator.api.sensormodel import TelemetrySpec
from model_operator.api.vocabulary import Reason
from model_operator.gateways.telemetry_files import TelemetryProblem

MOST_ROWS: Final = 4_000_000  # of both windows: two days at 20 rows per second
MOST_CSV_BYTES: Final = 2**30  # a CSV file is read from its beginning to its end

_NANOSECONDS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_PARQUET_NANOSECONDS: Final = {"milliseconds": 1_000_000, "microseconds": 1_000, "nanoseconds": 1}
_SCAN: Final = {"batch_size": 65_536, "batch_readahead": 1, "fragment_readahead": 1, "use_threads": False}

Times = NDArray[np.int64]
Values = NDArray[np.float64]


class Rows(NamedTuple):
    """Rows of telemetry in the order of the files: (rows,) and (rows, columns)."""

    times: Times
    values: Values


class TelemetryTable:
    """Telemetry files as one table, of which only parts are ever in memory.

    Args:
        kind: `parquet` or `csv`.
        files: real paths.
        uri: names the telemetry in messages.
        time_column: holds time stamps.

    Raises:
        TelemetryProblem: too large, or without a column of time stamps.
    """

    def __init__(self, kind: str, files: list[str], *, uri: str, time_column: str) -> None:
        self._uri = uri
        size = sum(Path(file).stat().st_size for file in files)
        if kind == "csv" and size > MOST_CSV_BYTES:
            raise self._unreadable(f"{size} bytes of CSV, at most {MOST_CSV_BYTES} are read; Parquet has no such limit")
        schemas = [ds.dataset(file, format=kind).schema for file in files]
        schema = pa.unify_schemas(schemas, promote_options="permissive")
        self._dataset = ds.dataset(files, schema=schema, format=kind)
        self._time = time_column
        found = self._field(time_column).type
        if not pa.types.is_timestamp(found):
            raise self._unreadable(f"column {time_column} holds {found}, expected time stamps")
        self._nanoseconds = _NANOSECONDS[found.unit]

    def newest_time(self) -> int | None:
        """The newest time stamp; None when there is no row. Parquet says it in its footers, without reading rows."""
        footers = [_newest_in_footer(fragment, self._time) for fragment in self._dataset.get_fragments()]
        if footers and all(footers):
            return max(time for times in footers for time in times)
        batches = self._dataset.to_batches(columns=[self._time], **_SCAN)
        return max((time for batch in batches for time in _newest_in(batch.column(0), self._nanoseconds)), default=None)

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
        for batch in self._dataset.to_batches(columns=[self._time, *names], filter=wanted, **_SCAN):
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


def _newest_in_footer(fragment: Any, time_column: str) -> list[int]:
    """The newest time of each row group of a Parquet file; empty when the file does not say it of every one."""
    if not isinstance(fragment, ds.ParquetFileFragment):
        return []
    newest: list[int] = []
    metadata = fragment.metadata
    for group in range(metadata.num_row_groups):
        columns = (metadata.row_group(group).column(index) for index in range(metadata.num_columns))
        statistics = next((c.statistics for c in columns if c.path_in_schema == time_column), None)
        unit = json.loads(statistics.logical_type.to_json()).get("timeUnit") if statistics else None
        if statistics is None or not statistics.has_min_max or unit not in _PARQUET_NANOSECONDS:
            return []
        newest.append(int(statistics.max_raw) * _PARQUET_NANOSECONDS[unit])
    return newest


def _newest_in(column: Any, nanoseconds: int) -> list[int]:
    newest = pc.max(column.cast(pa.int64())).as_py()
    return [] if newest is None else [newest * nanoseconds]


def _is_numeric(kind: Any) -> bool:
    types = pa.types
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind) or types.is_decimal(kind))


def _floats(column: Any) -> Values:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    floats: Values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return floats

"""Reads the telemetry of a task: only the columns that are needed, only the rows of the window.

Row groups whose statistics lie outside the window are not read, and no more than the window is ever in memory twice:
columns leave pyarrow's memory one by one.
"""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model_contract.base import Instant
from model_contract.result import FailureReason
from model_contract.task import DataWindow, TelemetrySource
from model_contract.telemetry.dataset import NANOSECONDS, newest_time, scan
from model_trainer.data.files import open_dataset, read_errors
from model_trainer.data.telemetry import Floats, Readings, Times, instant
from model_trainer.errors import CannotWork

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_readings(source: TelemetrySource, window: DataWindow) -> Readings:
    """The readings of the window, in the order of the files.

    Raises:
        CannotWork: a file or column is missing, unreadable, or holds something else than asked for.
        TryAgain: the store does not answer.
    """
    dataset = open_dataset(source.uri)
    schema = dataset.schema
    time_type = field_of(schema, source.timestamp_column, source.uri).type
    if not pa.types.is_timestamp(time_type):
        raise CannotWork(
            FailureReason.TELEMETRY_UNREADABLE,
            f"{source.uri}: column {source.timestamp_column} holds {time_type}, expected time stamps",
        )
    columns = (source.value_column, *_feature_columns(schema, source))
    fields = [field_of(schema, name, source.uri) for name in columns]
    for field in fields:
        if not _is_input(field.type):
            raise CannotWork(
                FailureReason.TELEMETRY_UNREADABLE,
                f"{source.uri}: column {field.name} holds {field.type}, expected numbers or booleans",
            )
    with read_errors(source.uri):
        window = _look_back(dataset, source.timestamp_column, window)
        table = dataset.to_table(
            columns=[source.timestamp_column, *columns],
            filter=_in_window(source.timestamp_column, time_type, window),
            **scan(dataset),
        )
    times, signals = times_of(table.column(source.timestamp_column)), [table.column(name) for name in columns]
    del table  # so that each column is freed once it has moved
    return Readings(
        columns=columns,
        boolean=tuple(pa.types.is_boolean(field.type) for field in fields),
        times=times,
        values=_moved(signals),
    )


def column_names(source: TelemetrySource) -> frozenset[str]:
    """The columns that the telemetry has.

    Raises:
        CannotWork: there is no telemetry, or it is unreadable.
        TryAgain: the file system does not answer.
    """
    return frozenset(open_dataset(source.uri).schema.names)


def _feature_columns(schema: Any, source: TelemetrySource) -> tuple[str, ...]:
    if source.feature_columns is not None:
        return tuple(name for name in dict.fromkeys(source.feature_columns) if name != source.value_column)
    taken = {source.timestamp_column, source.value_column}
    return tuple(field.name for field in schema if field.name not in taken and _is_input(field.type))


def _is_input(kind: Any) -> bool:
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def field_of(schema: Any, name: str, uri: str) -> Any:
    """A column of a schema.

    Raises:
        CannotWork: there is none of that name.
    """
    if name in schema.names:
        return schema.field(name)
    close = get_close_matches(name, schema.names, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise CannotWork(
        FailureReason.COLUMN_NOT_FOUND, f"{uri}: there is no column {name}.{hint} It has {', '.join(schema.names)}."
    )


def _look_back(dataset: Any, column: str, window: DataWindow) -> DataWindow:
    """The window with its start: given, or `lookback_seconds` before its end or its newest row."""
    if window.start is not None or window.lookback_seconds is None:
        return window
    end = window.end
    if end is None:
        newest = newest_time(dataset, column)
        if newest is None:
            return window
        end = instant(np.datetime64(newest, "ns"))
    return window.model_copy(update={"start": end - timedelta(seconds=window.lookback_seconds)})


def _in_window(column: str, kind: Any, window: DataWindow) -> Any:
    """The filter start <= column < end; rows without a time never pass."""
    condition = ~pc.field(column).is_null()
    if window.start is not None:
        condition &= pc.field(column) >= _bound(window.start, kind)
    if window.end is not None:
        condition &= pc.field(column) < _bound(window.end, kind)
    return condition


def _bound(time: Instant, kind: Any) -> Any:
    """The first instant in the column's unit that is not before the time; columns without a zone are in UTC."""
    nanoseconds = (time - _EPOCH) // timedelta(microseconds=1) * 1_000
    return pa.scalar(-(-nanoseconds // NANOSECONDS[kind.unit]), type=kind)


def times_of(column: Any) -> Times:
    """Time stamps of a column of any unit and zone, without nulls, as nanoseconds in UTC."""
    utc = column.cast(pa.timestamp("ns", tz=column.type.tz), safe=False).combine_chunks()
    times: Times = utc.cast(pa.int64()).to_numpy(zero_copy_only=False).view("datetime64[ns]")
    return times


def _moved(columns: list[Any]) -> Floats:
    """The numbers of columns, (rows, columns); the list is emptied on the way."""
    values = np.empty((len(columns[0]), len(columns)))
    for index in range(values.shape[1]):
        start = 0
        for chunk in columns.pop(0).chunks:
            values[start : start + len(chunk), index] = _floats(chunk)
            start += len(chunk)
    return values


def _floats(chunk: Any) -> Floats:
    if pa.types.is_boolean(chunk.type):
        chunk = chunk.cast(pa.uint8())
    floats: Floats = chunk.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return floats

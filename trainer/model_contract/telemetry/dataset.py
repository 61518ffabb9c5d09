"""Telemetry files as one table, of which only what is asked for is read, and the newest time in it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import fs

NANOSECONDS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

_PARQUET_NANOSECONDS: Final = {"milliseconds": 1_000_000, "microseconds": 1_000, "nanoseconds": 1}
_BUFFER: Final = 2**20  # bytes of one column that are read ahead


def scan(dataset: Any) -> dict[str, Any]:
    """Options of a scan that holds little more than a batch in memory, whatever a row group of a local file holds.

    A store is asked for whole row groups instead: a request of its own for every piece would take minutes.
    """
    options: dict[str, Any] = {
        "batch_size": 65_536,
        "batch_readahead": 1,
        "fragment_readahead": 1,
        "use_threads": False,
    }
    if isinstance(dataset.format, ds.ParquetFileFormat) and isinstance(dataset.filesystem, fs.LocalFileSystem):
        parquet = ds.ParquetFragmentScanOptions(use_buffered_stream=True, buffer_size=_BUFFER, pre_buffer=False)
        options["fragment_scan_options"] = parquet
    return options


def open_files(kind: str, paths: Iterable[str], store: Any) -> Any:
    """The files as one dataset with the union of their columns.

    Args:
        kind: `parquet` or `csv`.
        paths: at least one, as the store names them.
        store: a pyarrow file system; None for this machine's own.

    Raises:
        ArrowException: a file is no such file, or a column has two types.
        OSError: the store's.
    """
    store = store or fs.LocalFileSystem()
    read = ds.ParquetFileFormat() if kind == "parquet" else ds.CsvFileFormat()
    fragments = [read.make_fragment(path, filesystem=store) for path in paths]
    schema = pa.unify_schemas([each.physical_schema for each in fragments], promote_options="permissive")
    return ds.FileSystemDataset(fragments, schema, read, store)


def newest_time(dataset: Any, column: str) -> int | None:
    """The newest time in a column, nanoseconds since the Unix epoch; None when there is no row.

    Parquet says it in its footers, without reading rows; else the column is read, a batch at a time.
    """
    footers = [_newest_in_footer(fragment, column) for fragment in dataset.get_fragments()]
    if footers and all(footers):
        return max(time for times in footers for time in times)
    unit = NANOSECONDS[dataset.schema.field(column).type.unit]
    batches = dataset.to_batches(columns=[column], **scan(dataset))
    return max((time for batch in batches for time in _newest_in(batch.column(0), unit)), default=None)


def _newest_in_footer(fragment: Any, column: str) -> list[int]:
    """The newest time of each row group of a Parquet file; empty when the file does not say it of every one."""
    if not isinstance(fragment, ds.ParquetFileFragment):
        return []
    newest: list[int] = []
    metadata = fragment.metadata
    for group in range(metadata.num_row_groups):
        columns = (metadata.row_group(group).column(index) for index in range(metadata.num_columns))
        statistics = next((c.statistics for c in columns if c.path_in_schema == column), None)
        unit = json.loads(statistics.logical_type.to_json()).get("timeUnit") if statistics else None
        if statistics is None or not statistics.has_min_max or unit not in _PARQUET_NANOSECONDS:
            return []
        newest.append(int(statistics.max_raw) * _PARQUET_NANOSECONDS[unit])
    return newest


def _newest_in(column: Any, nanoseconds: int) -> Iterator[int]:
    newest = pc.max(column.cast(pa.int64())).as_py()
    if newest is not None:
        yield newest * nanoseconds

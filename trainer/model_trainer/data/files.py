"""Finds and opens telemetry and label files, and says clearly why one cannot be opened.

A URI names a Parquet or CSV file, or a folder of files of one of the two kinds: `file:///…` on this machine, `s3://…`
or `gs://…` in an object store.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from model_contract.result import FailureReason
from model_contract.telemetry.address import Address, Scheme, is_object
from model_contract.telemetry.dataset import open_files
from model_contract.telemetry.store import find_objects, open_store
from model_contract.telemetry.trouble import FORMATS, StoreError, Trouble, format_of, store_errors
from model_trainer.errors import CannotWork, TryAgain

_ENDS: Final = {
    Trouble.ABSENT: (CannotWork, FailureReason.TELEMETRY_NOT_FOUND),
    Trouble.DENIED: (CannotWork, FailureReason.TELEMETRY_NOT_ALLOWED),
    Trouble.AWAY: (TryAgain, FailureReason.TELEMETRY_UNAVAILABLE),
    Trouble.UNREADABLE: (CannotWork, FailureReason.TELEMETRY_UNREADABLE),
}


class Files(NamedTuple):
    """At least one file, all of one kind, in the order of their names."""

    kind: str  # parquet or csv
    paths: tuple[str, ...]
    store: Any  # a pyarrow file system


def open_dataset(uri: str) -> Any:
    """The files behind a URI as one dataset with the union of their columns.

    Raises:
        CannotWork: nothing is there, it may not be read, or it is not Parquet or CSV.
        TryAgain: the store does not answer.
    """
    files = files_behind(uri)
    with read_errors(uri):
        return open_files(files.kind, files.paths, files.store)


def files_behind(uri: str) -> Files:
    """The files that a URI names.

    Raises:
        CannotWork: nothing is there, it may not be read, or it is not Parquet or CSV.
        TryAgain: the store does not answer.
    """
    with read_errors(uri):
        if is_object(uri):
            objects = find_objects(_address(uri), uri)
            paths, store = objects.paths, objects.store
        else:
            paths, store = _local_files(_local_path(uri), uri), open_store(Scheme.FILE)
        return Files(format_of(paths, uri), paths, store)


@contextmanager
def read_errors(uri: str) -> Iterator[None]:
    """Turns what stores and pyarrow raise into the reasons of a training's end.

    A lack of memory says nothing about a file and is not touched; pyarrow's is an ArrowException, too.
    """
    try:
        with store_errors(uri):
            yield
    except MemoryError:
        raise
    except StoreError as error:
        ended, reason = _ENDS[error.trouble]
        raise ended(reason, str(error)) from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise CannotWork(FailureReason.TELEMETRY_UNREADABLE, f"{uri}: {error}") from error


def _address(uri: str) -> Address:
    try:
        return Address.parse(uri)
    except ValueError as error:
        raise CannotWork(FailureReason.TELEMETRY_UNREADABLE, f"the URI of the telemetry is wrong: {error}") from error


def _local_path(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise CannotWork(
            FailureReason.TELEMETRY_UNREADABLE,
            f"{uri}: telemetry is read from file:///path/to/file, s3://bucket/key and gs://bucket/key",
        )
    return Path(unquote(parts.path))


def _local_files(path: Path, uri: str) -> tuple[str, ...]:
    if not path.exists():
        raise CannotWork(FailureReason.TELEMETRY_NOT_FOUND, f"{uri}: there is no file or folder {path}")
    if path.is_file():
        return (str(path),)
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in FORMATS
        and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    )
    if not files:
        raise CannotWork(FailureReason.TELEMETRY_NOT_FOUND, f"{uri}: the folder holds no .parquet or .csv file")
    return tuple(map(str, files))

"""Opens telemetry and label files as pyarrow datasets and says clearly why one cannot be opened.

Only local paths are read: `file:///…` to a Parquet or CSV file, or to a folder of files of one of the two kinds.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.dataset as ds

from model_contract.result import FailureReason
from model_trainer.errors import CannotWork, TryAgain

_FORMATS: Final = {".parquet": "parquet", ".csv": "csv"}
_PASSING: Final = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.ENOTCONN}


def open_dataset(uri: str) -> Any:
    """The files behind a URI as one dataset with the union of their columns.

    Raises:
        CannotWork: nothing is there, or it is not Parquet or CSV.
        TryAgain: the file system does not answer.
    """
    files = files_behind(uri)
    suffix = files[0].suffix.lower()
    with read_errors(uri):
        schemas = [ds.dataset(str(file), format=_FORMATS[suffix]).schema for file in files]
        schema = pa.unify_schemas(schemas, promote_options="permissive")
        return ds.dataset([str(file) for file in files], schema=schema, format=_FORMATS[suffix])


def files_behind(uri: str) -> list[Path]:
    """The files that a URI names, in the order of their names: at least one, all of one kind.

    Raises:
        CannotWork: nothing is there, or it is not Parquet or CSV.
        TryAgain: the file system does not answer.
    """
    path = _local_path(uri)
    with read_errors(uri):
        if not path.exists():
            raise CannotWork(FailureReason.TELEMETRY_NOT_FOUND, f"{uri}: there is no file or folder {path}")
        return _telemetry_files(path, uri)


@contextmanager
def read_errors(uri: str) -> Iterator[None]:
    """Turns what file system and pyarrow raise into the reasons of a training's end."""
    try:
        yield
    except FileNotFoundError as error:
        raise CannotWork(FailureReason.TELEMETRY_NOT_FOUND, f"{uri}: {error}") from error
    except OSError as error:
        ended = TryAgain if error.errno in _PASSING else CannotWork
        raise ended(FailureReason.TELEMETRY_UNREADABLE, f"{uri}: {error}") from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise CannotWork(FailureReason.TELEMETRY_UNREADABLE, f"{uri}: {error}") from error


def _local_path(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise CannotWork(
            FailureReason.TELEMETRY_UNREADABLE, f"{uri}: only local telemetry can be read, as file:///path/to/file"
        )
    return Path(unquote(parts.path))


def _telemetry_files(path: Path, uri: str) -> list[Path]:
    if path.is_file():
        if path.suffix.lower() not in _FORMATS:
            raise CannotWork(
                FailureReason.TELEMETRY_UNREADABLE, f"{uri}: the name must end in .parquet or .csv to say what it holds"
            )
        return [path]
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in _FORMATS
        and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    )
    if not files:
        raise CannotWork(FailureReason.TELEMETRY_NOT_FOUND, f"{uri}: the folder holds no .parquet or .csv file")
    if len({file.suffix.lower() for file in files}) > 1:
        raise CannotWork(FailureReason.TELEMETRY_UNREADABLE, f"{uri}: the folder holds both Parquet and CSV files")
    return files

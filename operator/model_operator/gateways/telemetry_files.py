"""Which files or objects a telemetry URI names, and whether the operator may read them.

Used in worker processes only. The URI comes from a tenant, the files from whoever writes telemetry; neither is
trusted: only regular files count whose real path lies below one of the operator's roots, so that neither `..` nor a
symbolic link leads out. Object stores know neither; there a root is a bucket and the first segments of a key.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from model_contract.telemetry.address import Address, Scheme, is_object
from model_contract.telemetry.trouble import FORMATS, StoreError, Trouble, format_of, store_errors
from model_operator.api.vocabulary import Reason

_MOST_FILES: Final = 10_000
_REASONS: Final = {
    Trouble.ABSENT: Reason.TELEMETRY_UNAVAILABLE,
    Trouble.AWAY: Reason.TELEMETRY_UNAVAILABLE,
    Trouble.DENIED: Reason.TELEMETRY_NOT_ALLOWED,
    Trouble.UNREADABLE: Reason.TELEMETRY_UNREADABLE,
}


class TelemetryProblem(Exception):  # noqa: N818 - what it says is a fact about the data
    """Why telemetry gives no verdict; becomes the measurement's problem."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Files(NamedTuple):
    """At least one file, all of one kind, in the order of their names."""

    kind: str  # parquet or csv
    paths: tuple[str, ...]
    bytes: int
    store: Any = None  # a pyarrow file system; None: this machine's own


def telemetry_files(uri: str, roots: tuple[str, ...]) -> Files:
    """The files behind a URI: their real paths, or the keys of objects behind their bucket.

    Raises:
        TelemetryProblem: the URI or a file may not be read, nothing is there, or it is neither Parquet nor CSV.
    """
    address = _address(uri)
    with file_problems(uri):
        if address.scheme is Scheme.FILE:
            return _local_files(Path(address.path), roots, uri)
        _require_root(address, roots, uri)
        return _objects(address, uri)


@contextmanager
def file_problems(uri: str) -> Iterator[None]:
    """Turns what a file system or store raises into a TelemetryProblem.

    Raises:
        TelemetryProblem: in its place.
    """
    try:
        with store_errors(uri):
            yield
    except StoreError as error:
        raise TelemetryProblem(_REASONS[error.trouble], str(error)) from error


def _address(uri: str) -> Address:
    try:
        return Address.parse(uri)
    except ValueError as error:
        raise TelemetryProblem(Reason.TELEMETRY_NOT_ALLOWED, f"the URI of the telemetry: {error}") from error


def _objects(address: Address, uri: str) -> Files:
    from model_contract.telemetry.store import find_objects  # noqa: PLC0415 - imports pyarrow

    found = find_objects(address, uri, most=_MOST_FILES)
    return Files(format_of(found.paths, uri), found.paths, found.bytes, found.store)


def _require_root(address: Address, roots: tuple[str, ...], uri: str) -> None:
    """Before the store is asked: what lies elsewhere is not looked at."""
    if not any(address.is_below(Address.parse(root)) for root in roots if is_object(root)):
        raise _outside(uri, "it", roots)


def _local_files(path: Path, roots: tuple[str, ...], uri: str) -> Files:
    path = _real_path(path, roots, uri)
    files = _files_below(path, uri) if stat.S_ISDIR(path.stat().st_mode) else [path]
    kind = format_of(map(str, files), uri)
    real = [_real_path(file, roots, uri) for file in files]
    found = [file.stat() for file in real]
    for file, status in zip(real, found, strict=True):
        if not stat.S_ISREG(status.st_mode):
            raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{uri}: {file.name} is no regular file")
    return Files(kind, tuple(map(str, real)), sum(status.st_size for status in found))


def _real_path(path: Path, roots: tuple[str, ...], uri: str) -> Path:
    """The path without symbolic links, if it lies below a root. What lies elsewhere is not looked at."""
    real = Path(os.path.realpath(path))
    if any(real.is_relative_to(os.path.realpath(root)) for root in roots if not is_object(root)):
        return real
    raise _outside(uri, path.name, roots)


def _outside(uri: str, what: str, roots: tuple[str, ...]) -> TelemetryProblem:
    allowed = f"only telemetry below {', '.join(roots)} may be read" if roots else "no telemetry root is configured"
    message = f"{uri}: {what} lies outside the telemetry roots: {allowed}"
    return TelemetryProblem(Reason.TELEMETRY_NOT_ALLOWED, message)


def _files_below(folder: Path, uri: str) -> list[Path]:
    """Parquet and CSV files in a folder and its folders, except hidden ones and those that begin with `_`."""
    found = (
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in FORMATS and not any(p.startswith((".", "_")) for p in file.relative_to(folder).parts)
    )
    files = sorted(islice(found, _MOST_FILES + 1))
    if not files:
        raise TelemetryProblem(Reason.TELEMETRY_UNAVAILABLE, f"{uri}: the folder holds no .parquet or .csv file")
    if len(files) > _MOST_FILES:
        raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{uri}: the folder holds more than {_MOST_FILES} files")
    return files

"""Opens the stores that telemetry can lie in, bounded in time, and lists the objects in them.

Credentials come from the environment alone, read by the stores' own clients: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, or what AWS gives to a pod; GOOGLE_APPLICATION_CREDENTIALS. So do addresses of other servers:
AWS_ENDPOINT_URL, and STORAGE_EMULATOR_HOST for one that stands in for Google's and asks for no credentials.
"""

import os
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from pyarrow import fs

from model_contract.telemetry.address import Address, Scheme
from model_contract.telemetry.trouble import FORMATS, StoreError, Trouble, store_errors

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0  # without a byte
ATTEMPTS: Final = 3

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")  # PyArrow's client reads neither


class Objects(NamedTuple):
    """Telemetry files in one store, in the order of their names."""

    store: Any  # a pyarrow file system
    paths: tuple[str, ...]
    bytes: int


def open_store(scheme: Scheme) -> Any:
    """A file system that gives up on a silent server: S3 after three attempts of ten seconds, Google's after thirty."""
    if scheme is Scheme.S3:
        return fs.S3FileSystem(
            endpoint_override=next(filter(None, map(os.environ.get, _ENDPOINTS)), None),
            connect_timeout=CONNECT_SECONDS,
            request_timeout=ANSWER_SECONDS,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        )
    if scheme is Scheme.GS:
        emulator = urlsplit(os.environ.get("STORAGE_EMULATOR_HOST", ""))
        return fs.GcsFileSystem(
            anonymous=bool(emulator.netloc),
            endpoint_override=emulator.netloc or None,
            scheme=emulator.scheme or None,
            retry_time_limit=timedelta(seconds=ATTEMPTS * ANSWER_SECONDS),
        )
    return fs.LocalFileSystem()


def find_objects(address: Address, uri: str, *, most: int | None = None) -> Objects:
    """The object at an address, or the Parquet and CSV objects below it, except those that begin with `.` or `_`.

    Args:
        address: of an object store.
        uri: names it in messages.
        most: objects; None for any number.

    Raises:
        StoreError: nothing is there, there are too many, or the store refuses or does not answer.
    """
    with store_errors(uri):
        store = open_store(address.scheme)
        at = store.get_file_info(address.path)
        if at.type is fs.FileType.File:
            return Objects(store, (at.path,), at.size)
        if at.type is fs.FileType.NotFound:
            raise StoreError(Trouble.ABSENT, f"{uri}: there is no such object, and none below it")
        listed = store.get_file_info(fs.FileSelector(address.path, recursive=True))
    found = [info for info in listed if info.type is fs.FileType.File and _holds_telemetry(info.path, address.path)]
    if not found:
        raise StoreError(Trouble.ABSENT, f"{uri}: below it there is no .parquet or .csv object")
    if most is not None and len(found) > most:
        raise StoreError(Trouble.UNREADABLE, f"{uri}: below it there are more than {most} objects")
    found.sort(key=lambda info: PurePosixPath(info.path))
    return Objects(store, tuple(info.path for info in found), sum(info.size for info in found))


def _holds_telemetry(path: str, below: str) -> bool:
    relative = PurePosixPath(path).relative_to(below)
    return relative.suffix.lower() in FORMATS and not any(part.startswith((".", "_")) for part in relative.parts)

"""What can be wrong with telemetry files as such, sorted by whether it may pass.

Of what an object store answers only its error code gets into messages: the rest is its own text, and not ours to
repeat.
"""

import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Final

FORMATS: Final = {".parquet": "parquet", ".csv": "csv"}

_CODE: Final = re.compile(r"AWS Error ([A-Z_]+)(?: \(HTTP status (\d+)\))?")
_ABSENT: Final = {"NO_SUCH_BUCKET", "NO_SUCH_KEY", "RESOURCE_NOT_FOUND"}
_DENIED: Final = {
    "ACCESS_DENIED", "SIGNATURE_DOES_NOT_MATCH", "INVALID_ACCESS_KEY_ID", "INVALID_CLIENT_TOKEN_ID",
    "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "UNRECOGNIZED_CLIENT", "REQUEST_EXPIRED",
    "REQUEST_TIME_TOO_SKEWED", "ACCOUNT_PROBLEM",
}  # fmt: skip
_AWAY: Final = {
    "NETWORK_CONNECTION", "REQUEST_TIMEOUT", "SLOW_DOWN", "THROTTLING", "INTERNAL_FAILURE", "SERVICE_UNAVAILABLE",
}  # fmt: skip
_ELSEWHERE: Final = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.BAD_REQUEST}
_AWAY_ERRNO: Final = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.ENOTCONN}

_GOOGLE_STATUS: Final = re.compile(r"google::cloud::Status\(([A-Z_]+):")  # names of gRPC, over HTTP, too
_GOOGLE_DENIED: Final = {"PERMISSION_DENIED", "UNAUTHENTICATED"}
_GOOGLE_AWAY: Final = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "ABORTED"}


class Trouble(StrEnum):
    """What can be wrong with a store. Only what is away may come back by itself."""

    ABSENT = "absent"
    DENIED = "denied"
    AWAY = "away"
    UNREADABLE = "unreadable"


class StoreError(Exception):
    """Why something cannot be read; the message names its URI and holds no secret."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


def format_of(paths: Iterable[str], uri: str) -> str:
    """The format that all files have, `parquet` or `csv`, by their names.

    Raises:
        StoreError: another one, or two.
    """
    suffixes = {PurePosixPath(path).suffix.lower() for path in paths}
    if not suffixes <= FORMATS.keys():
        raise StoreError(Trouble.UNREADABLE, f"{uri}: the name must end in .parquet or .csv to say what it holds")
    if len(suffixes) > 1:
        raise StoreError(Trouble.UNREADABLE, f"{uri}: the folder holds both Parquet and CSV files")
    return FORMATS[suffixes.pop()]


@contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """Turns what a file system raises into a StoreError.

    Raises:
        StoreError: in its place.
    """
    from pyarrow import ArrowException  # noqa: PLC0415  the operator's own process names troubles and reads no file

    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(Trouble.ABSENT, f"{uri}: there is no such file or object") from error
    except (OSError, ArrowException) as error:
        text = str(error)
        if google := _GOOGLE_STATUS.search(text):
            raise _sorted_google(google[1], uri, token="access token" not in text) from error
        if not isinstance(error, OSError):
            raise
        raise _sorted(error, uri) from error


def _sorted(error: OSError, uri: str) -> StoreError:
    text = str(error)
    found = _CODE.search(text)
    if found is None:
        denied = isinstance(error, PermissionError) or "Permission denied" in text
        trouble = Trouble.AWAY if error.errno in _AWAY_ERRNO else Trouble.DENIED if denied else Trouble.UNREADABLE
        return StoreError(trouble, f"{uri}: {text}")
    code, status = found[1], int(found[2] or 0)
    named = f"{code}, HTTP {status}" if status else code
    if code in _ABSENT:
        return StoreError(Trouble.ABSENT, f"{uri}: there is no such bucket or object ({named})")
    if code in _DENIED or status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return StoreError(
            Trouble.DENIED,
            f"{uri}: the store denies access ({named}); check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the pod's "
            "environment, and that they may list and read this object: stores that forbid listing deny what is absent",
        )
    if code in _AWAY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return StoreError(Trouble.AWAY, f"{uri}: the store does not answer ({named}); is AWS_ENDPOINT_URL right?")
    hint = "; it lies in another region: set AWS_REGION" if status in _ELSEWHERE else ""
    return StoreError(Trouble.UNREADABLE, f"{uri}: the store refuses to give it ({named}){hint}")


def _sorted_google(code: str, uri: str, *, token: bool) -> StoreError:
    """What a status of Google's client means; without an access token nothing was asked."""
    if not token:
        trouble = Trouble.AWAY if code in _GOOGLE_AWAY else Trouble.DENIED
        return StoreError(
            trouble,
            f"{uri}: there is no access token for Google ({code}); check GOOGLE_APPLICATION_CREDENTIALS in the pod's "
            "environment, or the pod's service account",
        )
    if code in _GOOGLE_DENIED:
        return StoreError(Trouble.DENIED, f"{uri}: the store denies access ({code}); may this account read it?")
    if code in _GOOGLE_AWAY:
        return StoreError(Trouble.AWAY, f"{uri}: the store does not answer ({code})")
    return StoreError(Trouble.UNREADABLE, f"{uri}: the store refuses to give it ({code})")

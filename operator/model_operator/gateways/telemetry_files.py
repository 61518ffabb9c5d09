"""Which files a telemetry URI names, and whether the operator may read them.

Used in worker processes only. The URI comes from a tenant, the files from whoever writes telemetry; neither is
trusted: only regular files count whose real path lies below one of the operator's roots, so that neither `..` nor a
symbolic link leads out.
"""

import os
import re
import stat
from itertools import islice
from pathlib import Path
from typing import Final

from model_operator.api.vocabulary import Reason

_SCHEME: Final = "file://"
_UNCLEAN: Final = re.compile(r"(^|/)\.{1,2}(/|$)|[%?#\\\x00-\x1f\x7f]")
_FORMATS: Final = {".parquet": "parquet", ".csv": "csv"}
_MOST_FILES: Final = 10_000


class TelemetryProblem(Exception):  # noqa: N818 - what it says is a fact about the data
    """Why telemetry gives no verdict; becomes the measurement's problem."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def telemetry_files(uri: str, roots: tuple[str, ...]) -> tuple[str, list[str]]:
    """The format, `parquet` or `csv`, and the real paths of the files behind a URI, in the order of their names.

    Raises:
        TelemetryProblem: the URI or a file may not be read, nothing is there, or it is neither Parquet nor CSV.
    """
    path = _allowed_path(uri, roots)
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        raise TelemetryProblem(Reason.TELEMETRY_UNAVAILABLE, f"{uri}: there is no such file or folder") from None
    except OSError as error:
        raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{uri}: {error.strerror}") from error
    files = _files_below(path, uri) if stat.S_ISDIR(kind) else [path]
    suffixes = {file.suffix.lower() for file in files}
    if not suffixes <= _FORMATS.keys():
        raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{uri}: the name must end in .parquet or .csv")
    if len(suffixes) > 1:
        raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{uri}: the folder holds both Parquet and CSV files")
    real = [_real_path(file, roots, uri) for file in files]
    for file in real:
        if not stat.S_ISREG(file.stat().st_mode):
            raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{uri}: {file.name} is no regular file")
    return _FORMATS[suffixes.pop()], [str(file) for file in real]


def _allowed_path(uri: str, roots: tuple[str, ...]) -> Path:
    path = uri.removeprefix(_SCHEME)
    if not uri.startswith(f"{_SCHEME}/") or _UNCLEAN.search(path):
        message = f"{uri!r}: only file:/// and a plain absolute path without `.`, `..` and escapes may be read"
        raise TelemetryProblem(Reason.TELEMETRY_NOT_ALLOWED, message)
    return _real_path(Path(path), roots, uri)


def _real_path(path: Path, roots: tuple[str, ...], uri: str) -> Path:
    """The path without symbolic links, if it lies below a root. What lies elsewhere is not looked at."""
    real = Path(os.path.realpath(path))
    if any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        return real
    allowed = f"only telemetry below {', '.join(roots)} may be read" if roots else "no telemetry root is configured"
    raise TelemetryProblem(
        Reason.TELEMETRY_NOT_ALLOWED, f"{uri}: {path.name} lies outside the telemetry roots: {allowed}"
    )


def _files_below(folder: Path, uri: str) -> list[Path]:
    """Parquet and CSV files in a folder and its folders, except hidden ones and those that begin with `_`."""
    found = (
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in _FORMATS and not any(p.startswith((".", "_")) for p in file.relative_to(folder).parts)
    )
    files = sorted(islice(found, _MOST_FILES + 1))
    if not files:
        raise TelemetryProblem(Reason.TELEMETRY_UNAVAILABLE, f"{uri}: the folder holds no .parquet or .csv file")
    if len(files) > _MOST_FILES:
        raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, f"{uri}: the folder holds more than {_MOST_FILES} files")
    return files

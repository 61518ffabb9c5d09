"""The message that a container leaves when it ends: a file of its own, or the end of its log; the kubelet's limits."""

from pathlib import Path

_FILE_BYTES = 4096
_LOG_BYTES = 2048
_LOG_LINES = 80


def termination_message(file: Path, log: Path, *, policy: str, failed: bool) -> str:
    """The first 4096 bytes of `file`; where it is empty, the policy allows and the container failed, the log's end."""
    message = _head(file, _FILE_BYTES)
    if message or not failed or policy != "FallbackToLogsOnError":
        return message
    lines = _tail(log, _LOG_BYTES).splitlines(keepends=True)
    return "".join(lines[-_LOG_LINES:])


def _head(path: Path, limit: int) -> str:
    try:
        with path.open("rb") as file:
            return file.read(limit).decode(errors="replace")
    except (FileNotFoundError, IsADirectoryError):
        return ""


def _tail(path: Path, limit: int) -> str:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - limit))
        return file.read().decode(errors="replace")

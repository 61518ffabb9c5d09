"""Where the local cluster keeps things, following the XDG base folders, and how processes share them: by file locks."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

STATE_LOCK = "lock"
"""Name of the file in a state folder that its cluster keeps locked; it holds the process's id."""

_NAME = "sensor-model-operator"


def cache_dir() -> Path:
    """The folder of things that can be made again: toolchain and compiled control plane."""
    return _base("XDG_CACHE_HOME", ".cache") / _NAME


def default_state_dir() -> Path:
    """The folder of the cluster that the command line runs when it is given none."""
    return _base("XDG_STATE_HOME", ".local/state") / _NAME / "localcluster"


def try_lock(path: Path) -> IO[str] | None:
    """The open, locked file at `path`, or None when another process holds the lock; closing the file frees it."""
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def lock_holder(state_dir: Path) -> int | None:
    """The process that runs a cluster on a state folder, None when none does."""
    path = state_dir / STATE_LOCK
    if not path.exists():
        return None
    lock = try_lock(path)
    if lock is None:
        return int(path.read_text(encoding="utf-8"))
    lock.close()
    return None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for whoever holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_once(target: Path, make: Callable[[Path], None]) -> Path:
    """`target`, made now when it is not there yet: by one process at a time, and complete or not at all.

    Args:
        target: a file or a folder whose name changes with what it is made from.
        make: makes it at the path that it is given; what it raises leaves nothing behind.
    """
    if not target.exists():
        with locked(target.with_name(f"{target.name}.lock")):
            if not target.exists():
                with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as folder:
                    made = Path(folder) / target.name
                    make(made)
                    made.rename(target)
    return target


def _base(variable: str, below_home: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / below_home

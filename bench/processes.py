"""Start the programs that are measured, and read what they and their children have used."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

from localcluster.processes import supervised

_STARTED_WITHIN: Final = 10.0  # seconds
_STOPPED_WITHIN: Final = 20.0


class ProcessTree:
    """A process with its children."""

    def __init__(self, root: psutil.Process) -> None:
        self._root = root

    def cpu_seconds(self) -> float:
        """User and system time so far, that of children which have ended included."""
        own = self._root.cpu_times()
        ended = own.children_user + own.children_system if hasattr(own, "children_user") else 0.0
        return float(own.user + own.system + ended) + sum(_cpu_seconds(child) for child in self._children())

    def peak_memory_mib(self) -> float:
        """The sum of the largest resident sizes that the living processes ever had; without /proc, of the present."""
        return sum(map(_peak_bytes, (self._root, *self._children()))) / 2**20

    def _children(self) -> list[psutil.Process]:
        return list(self._root.children(recursive=True))


@contextlib.contextmanager
def running(command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> Iterator[ProcessTree]:
    """Run a program, which ends with the context or with this process; its output is appended to `log`.

    Raises:
        RuntimeError: the program had ended by itself; the message ends with its last output.
    """
    with log.open("ab") as output:
        supervisor = subprocess.Popen(
            supervised(command),
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield ProcessTree(_child_of(supervisor))
        if supervisor.poll() is not None:
            end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
            raise RuntimeError(f"{command[0]} ended with code {supervisor.returncode}:\n{end}")
    finally:
        supervisor.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            supervisor.wait(_STOPPED_WITHIN)
        if supervisor.stdin is not None:
            supervisor.stdin.close()  # ends what is left
        supervisor.wait()


def find_below_this(name: str) -> ProcessTree:
    """The process of a name among the descendants of this one.

    Raises:
        LookupError: there is none, or more than one.
    """
    found = [child for child in psutil.Process().children(recursive=True) if _runs(child, name)]
    if len(found) != 1:
        raise LookupError(f"{len(found)} processes run {name}")
    return ProcessTree(found[0])


def python_environment(*folders: str) -> dict[str, str]:
    """The environment in which the project's packages import from these folders of the repository."""
    return {"PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in folders)}


ROOT: Final = Path(__file__).resolve().parent.parent
PYTHON: Final = sys.executable


def _child_of(supervisor: subprocess.Popen[bytes]) -> psutil.Process:
    deadline = time.monotonic() + _STARTED_WITHIN
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(supervisor.pid).children():
                return child
        time.sleep(0.005)
    raise RuntimeError("the program did not start")


def _runs(process: psutil.Process, name: str) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        command = process.cmdline()
        return bool(command) and Path(command[0]).name == name
    return False


def _cpu_seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _peak_bytes(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        if sys.platform != "linux":
            return int(process.memory_info().rss)
        for line in Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0

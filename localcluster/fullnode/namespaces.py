"""Run a program apart from the machine: in network, process and mount namespaces of its own.

Whatever it does to interfaces, routes, packet filters and mounts happens in there and ends with it: the kernel kills
every process of a process namespace with its first one, and takes mounts and interfaces away with the last. Two things
have to be removed by hand, the control group and the state folder, and the folder's name says whose they are, so that a
later run removes what a killed one left.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from localcluster.fullnode.cgroups import make_group, remains_of_group, remove_group
from localcluster.fullnode.machine import CGROUPS

_PREFIX: Final = "sensor-model-node-"
_APART: Final = (
    *("setpriv", "--pdeathsig=KILL"),  # when we are killed, unshare is, too, and with it the first process in there
    *("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--propagation=private"),
)
_STOPS_IN: Final = 60.0  # seconds


def run_apart(parent: Path, command: Callable[[Path, str], Sequence[str]]) -> int:
    """Run a command apart and remove all that is left of it, also after Ctrl-C; returns its exit status.

    Args:
        parent: where its state folder is made.
        command: state folder and control group → program and arguments.

    Raises:
        OSError: something could not be removed.
    """
    remove_leftovers(parent)
    name = f"{_PREFIX}{os.getpid()}"
    state = parent / name
    state.mkdir(mode=0o711, parents=True)
    make_group(name)
    try:
        process = subprocess.Popen(
            [*_APART, *command(state, name)],
            start_new_session=True,  # Ctrl-C is for us; we pass it on, once
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            _stop(process)
            raise
        finally:
            process.kill()
            process.wait()
    finally:
        remove_group(name)
        shutil.rmtree(state)


def remains(parent: Path) -> list[str]:
    """What is left on this machine of nodes that have ended: mounts, folders, control groups with their processes."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    ours = [f"mount {line.split()[1]}" for line in mounts if f"/{_PREFIX}" in line]
    return [*ours, *(str(path) for name in _ended(parent) for path in [parent / name, *remains_of_group(name)])]


def remove_leftovers(parent: Path) -> None:
    """Remove what killed runs left behind."""
    for name in _ended(parent):
        remove_group(name)
        shutil.rmtree(parent / name, ignore_errors=True)


def _ended(parent: Path) -> list[str]:
    """The names of nodes whose process is gone; between two nodes, a name of our own process is one of these."""
    folders = [*parent.glob(f"{_PREFIX}*"), *CGROUPS.glob(f"{_PREFIX}*"), *CGROUPS.glob(f"*/{_PREFIX}*")]
    names = {folder.name for folder in folders}
    running = {name for name in names if Path("/proc", name.removeprefix(_PREFIX)).exists()}
    return sorted(names - running | names & {f"{_PREFIX}{os.getpid()}"})


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the program to end; the caller kills what does not."""
    print("stopping", file=sys.stderr)
    child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    for pid in child:
        os.kill(int(pid), signal.SIGTERM)
    try:
        process.wait(_STOPS_IN)
    except subprocess.TimeoutExpired:
        print("it did not stop in time and is killed", file=sys.stderr)

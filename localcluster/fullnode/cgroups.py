"""The control group below which the kubelet puts pods, in every hierarchy of cgroup v1, or in the one of v2."""

import contextlib
import time
from pathlib import Path
from typing import Final

from localcluster.fullnode.machine import CGROUPS, NEEDED_CONTROLLERS, UNIFIED_CONTROLLERS

_GONE_IN: Final = 10.0  # seconds; a killed process leaves its group when it has ended


def make_group(name: str) -> None:
    """Make the group everywhere; the kubelet refuses to start without."""
    for hierarchy in _hierarchies():
        (hierarchy / name).mkdir(exist_ok=True)
    if UNIFIED_CONTROLLERS.exists():
        enabled = " ".join(f"+{controller}" for controller in NEEDED_CONTROLLERS)
        (CGROUPS / "cgroup.subtree_control").write_text(enabled, encoding="ascii")
        (CGROUPS / name / "cgroup.subtree_control").write_text(enabled, encoding="ascii")
    else:
        for inherited in ("cpuset.cpus", "cpuset.mems"):
            value = (CGROUPS / "cpuset" / inherited).read_text(encoding="ascii")
            (CGROUPS / "cpuset" / name / inherited).write_text(value, encoding="ascii")


def remove_group(name: str) -> None:
    """Remove the group with all that is below it; its processes have been killed before.

    Raises:
        OSError: a process is still in it.
    """
    deadline = time.monotonic() + _GONE_IN
    for hierarchy in _hierarchies():
        while (hierarchy / name).exists():
            try:
                _remove_tree(hierarchy / name)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def remains_of_group(name: str) -> list[Path]:
    """Where the group still exists."""
    return [hierarchy / name for hierarchy in _hierarchies() if (hierarchy / name).exists()]


def _hierarchies() -> list[Path]:
    if UNIFIED_CONTROLLERS.exists():
        return [CGROUPS]
    with contextlib.suppress(OSError):
        # cpu and cpuacct may be links to one hierarchy.
        return sorted({folder.resolve() for folder in CGROUPS.iterdir() if (folder / "cgroup.procs").exists()})
    return []


def _remove_tree(group: Path) -> None:
    for child in group.iterdir():
        if child.is_dir():
            _remove_tree(child)
    group.rmdir()

"""Whether a full node can run on this machine: asked before anything is built, so that nothing fails half-way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from localcluster.fullnode.packages import missing_packages

CGROUPS = Path("/sys/fs/cgroup")
UNIFIED_CONTROLLERS = CGROUPS / "cgroup.controllers"
"""There only where the whole hierarchy is cgroup v2."""

_DISK_NEEDED = 16e9
"""For images three times over: as built, as an archive on the way, unpacked by containerd."""

_HIDDEN_FOLDERS = (Path("/run"), Path("/var"))
"""What a node sees there is its own."""

NEEDED_CONTROLLERS = ("cpu", "cpuset", "memory", "pids")
_TRY = """\
mount -t proc none /proc
mount -t tmpfs none /mnt
mkdir /mnt/lower /mnt/upper /mnt/work /mnt/merged
mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work /mnt/merged
ip link add node0 type veth peer name node1
"""
"""What a node needs of the kernel, in namespaces that are gone at once."""


def why_not(state_parent: Path) -> str | None:
    """The reason why a full node cannot run here, as the end of a sentence; None where it can.

    Args:
        state_parent: where the node's images and containers would be kept.
    """
    if sys.platform != "linux":
        return f"containers need Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "namespaces, mounts and cgroups need root"
    return _why_not_programs() or _why_not_there(state_parent) or _why_not_this_kernel()


def _why_not_programs() -> str | None:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "unshare (util-linux) and ip (iproute2) are not installed"
    if (missing := missing_packages()) and shutil.which("apt-get") is None:
        return f"{', '.join(missing)} are not installed, and there is no apt-get to do it"
    return None


def _why_not_there(state_parent: Path) -> str | None:
    if any(state_parent.is_relative_to(folder) for folder in _HIDDEN_FOLDERS):
        return f"{state_parent} lies where the node has folders of its own; set XDG_CACHE_HOME to another place"
    if _file_system(state_parent).startswith("overlay"):
        return f"{state_parent} lies on an overlay file system (is this a container?), where containerd cannot work"
    free = shutil.disk_usage(_nearest(state_parent)).free
    if free < _DISK_NEEDED:
        return f"{free / 1e9:.0f} GB are free at {state_parent}, and a node needs {_DISK_NEEDED / 1e9:.0f} GB"
    return None


def _why_not_this_kernel() -> str | None:
    lacking = [name for name in NEEDED_CONTROLLERS if not _has_controller(name)]
    if lacking:
        return f"the kernel offers no cgroup controller {', '.join(lacking)} below {CGROUPS}"
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-ec", _TRY]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"namespaces cannot be used: {tried.stderr.strip()}" if tried.returncode != 0 else None


def _has_controller(name: str) -> bool:
    if UNIFIED_CONTROLLERS.exists():
        return name in UNIFIED_CONTROLLERS.read_text(encoding="ascii").split()
    return os.access(CGROUPS / name, os.W_OK)


def _file_system(path: Path) -> str:
    """The type of the file system that a path will lie on."""
    command = ["stat", "-f", "-c", "%T", str(_nearest(path))]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _nearest(path: Path) -> Path:
    """The path or its nearest parent that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())

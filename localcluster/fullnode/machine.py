"""Whether a full node can run on this machine: asked before anything is built, so that nothing fails half-way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
UNIFIED_CONTROLLERS = CGROUPS / "cgroup.controllers"
"""There only where the whole hierarchy is cgroup v2."""

NEEDED_CONTROLLERS = ("cpu", "cpuset", "memory", "pids")
_TRY = "mount -t tmpfs none /mnt && mount -t proc none /proc && ip link add node0 type veth peer name node1"
_NO_OVERLAY_ON = "overlay"  # a container's root file system cannot carry another overlay


def why_not(state_parent: Path) -> str | None:
    """The reason why a full node cannot run here, as the end of a sentence; None where it can.

    Args:
        state_parent: where the node's images and containers would be kept.
    """
    if sys.platform != "linux":
        return f"containers need Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "namespaces, mounts and cgroups need root"
    missing = [name for name in NEEDED_CONTROLLERS if not _has_controller(name)]
    if missing:
        return f"the kernel offers no cgroup controller {', '.join(missing)} below {CGROUPS}"
    if "overlay" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        return "the kernel has no overlay file system"
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "unshare (util-linux) and ip (iproute2) are not installed"
    if _file_system(state_parent) == _NO_OVERLAY_ON:
        return f"{state_parent} lies on an overlay file system (is this a container?), where containerd cannot work"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", _TRY],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        return f"namespaces cannot be made: {tried.stderr.strip()}"
    return None


def _has_controller(name: str) -> bool:
    if UNIFIED_CONTROLLERS.exists():
        return name in UNIFIED_CONTROLLERS.read_text(encoding="ascii").split()
    return os.access(CGROUPS / name, os.W_OK)


def _file_system(path: Path) -> str:
    """The type of the file system that a path, or its nearest parent that exists, lies on."""
    while not path.exists():
        path = path.parent
    answer = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True, check=True)
    return "overlay" if answer.stdout.startswith("overlay") else answer.stdout.strip()

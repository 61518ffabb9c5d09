"""Install the programs of a full node that this machine lacks, with Debian's or Ubuntu's own package manager."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from localcluster.errors import ClusterError

CNI_FOLDERS: Final = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
_PROGRAMS: Final = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
}
"""Program → package that brings it."""

_NETWORK_PACKAGE: Final = "containernetworking-plugins"
_NETWORK_PLUGINS: Final = ("ptp", "host-local", "loopback")
_APT: Final = ("apt-get", "--quiet=2", "-o", "Dpkg::Use-Pty=0")


def missing_packages() -> list[str]:
    """The packages that would bring what is not there."""
    missing = {package for program, package in _PROGRAMS.items() if shutil.which(program) is None}
    return sorted(missing if cni_folder() else missing | {_NETWORK_PACKAGE})


def cni_folder() -> Path | None:
    """Where the network plugins are."""
    return next((folder for folder in CNI_FOLDERS if all((folder / name).exists() for name in _NETWORK_PLUGINS)), None)


def ensure_packages(say: Callable[[str], None]) -> None:
    """Install what is missing; the services that packages bring are not started.

    Raises:
        ClusterError: there is no apt-get, or it failed.
    """
    missing = missing_packages()
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise ClusterError(f"{', '.join(missing)} are missing, and there is no apt-get to install them")
    say(f"installing with apt-get: {' '.join(missing)}")
    # Of systemd's units, the one of containerd would be started; ours is another process in another namespace.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (("update",), ("install", "--yes", "--no-install-recommends", *missing)):
        answer = subprocess.run(
            [*_APT, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if answer.returncode != 0:
            raise ClusterError(f"apt-get {arguments[0]} failed: {answer.stderr.strip()[-2000:]}")

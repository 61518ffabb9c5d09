"""Prepare the namespaces that a full node runs in: file systems that it may write to, interfaces, an address.

Runs inside `namespaces.run_apart` only: on the machine itself these commands would change its network.
"""

import subprocess
from pathlib import Path
from typing import Final

from localcluster.errors import ClusterError

NODE_ADDRESS: Final = "10.203.0.1"


_KERNEL_SETTINGS: Final = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What the kubelet insists on, and would write. It finds files that say so; the machine's settings stay."""


def prepare_surroundings(state: Path) -> None:
    """Make mounts and interfaces; the kernel removes them with the namespaces.

    Raises:
        ClusterError: these are not private namespaces, or a command failed.
    """
    if _interfaces() != ["lo"]:
        raise ClusterError("this is the machine's own network; a full node runs in namespaces of its own only")
    _mount_private_folders(state)
    _protect_kernel_settings(state)
    _run("ip", "link", "set", "lo", "up")
    # The kubelet wants its address on an interface that is not loopback; nothing is at the other end of this one.
    _run("ip", "link", "add", "node0", "type", "veth", "peer", "name", "node1")
    _run("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "node0")
    _run("ip", "link", "set", "node0", "up")
    _run("ip", "link", "set", "node1", "up")
    # Leads nowhere; without a route the node's own programs could not even ask for the address of a Service.
    _run("ip", "route", "add", "default", "dev", "node0")


def _mount_private_folders(state: Path) -> None:
    """Programs of a node write to fixed places: below /run and /var all of it goes with the state folder."""
    upper, work = state / "var", state / "var-work"
    upper.mkdir()
    work.mkdir()
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")
    _run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/var,upperdir={upper},workdir={work}", "/var")


def _protect_kernel_settings(state: Path) -> None:
    """Let only settings of this network be changed."""
    _run("mount", "--bind", "/proc/sys", "/proc/sys")
    _run("mount", "--bind", "/proc/sys/net", "/proc/sys/net")
    folder = state / "kernel-settings"
    for name, value in _KERNEL_SETTINGS.items():
        shown = folder / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(f"{value}\n", encoding="ascii")
        _run("mount", "--bind", str(shown), f"/proc/sys/{name}")
    _run("mount", "-o", "remount,bind,ro", "/proc/sys")


def _interfaces() -> list[str]:
    lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return [line.split(":")[0].strip() for line in lines]


def _run(*command: str) -> None:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise ClusterError(f"{' '.join(command)}: {answer.stderr.strip()}")

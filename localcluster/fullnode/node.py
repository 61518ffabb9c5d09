"""One full node of a cluster: start containerd, cluster DNS, kubelet and kube-proxy, and stop them.

Runs inside `namespaces.run_apart`. Nothing is pulled: images come as archives, and one that is missing is an error that
its pod shows (ErrImagePull).
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from localcluster.build import NODE, PAUSE, ensure_built
from localcluster.control_plane import ControlPlane
from localcluster.errors import ClusterError, ComponentError
from localcluster.fullnode import configuration
from localcluster.fullnode.packages import cni_folder
from localcluster.fullnode.pause_image import write_pause_image
from localcluster.fullnode.surroundings import NODE_ADDRESS
from localcluster.processes import SupervisedProcess

NODE_NAME: Final = "node-1"
_READY_IN: Final = 120.0  # seconds; 8 on an idle machine
_GRACE: Final = 10.0
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_DNS_PORT: Final = 53


class FullNode:
    """A node that runs containers."""

    def __init__(self, plane: ControlPlane, state: Path, control_group: str, say: Callable[[str], None]) -> None:
        """Describe it; nothing starts yet.

        Args:
            plane: the control plane that it joins; it listens on `NODE_ADDRESS`.
            state: folder for its files; the logs go where the control plane's are.
            control_group: name of the group below which pods are.
            say: receives one line of progress at a time.
        """
        self._plane = plane
        self._state = state
        self._control_group = control_group
        self._say = say
        self._processes: dict[str, SupervisedProcess] = {}

    def start(self) -> None:
        """Start it, and return when pods can be scheduled to it.

        Raises:
            ComponentError: one of its programs ended or took too long.
        """
        bin_dir, pause = ensure_built(self._say, NODE), ensure_built(self._say, PAUSE)
        self._state.mkdir(mode=0o700)
        self._start_containerd()
        self.load_image(write_pause_image(pause / "pause", configuration.PAUSE_IMAGE, self._state / "pause.tar"))
        proxy = self._plane.write_client_kubeconfig("kube-proxy", "system:kube-proxy", [])
        self._launch("cluster-dns", [bin_dir / "cluster-dns", proxy, f"{NODE_ADDRESS}:{_DNS_PORT}"])
        self._launch("kubelet", [bin_dir / "kubelet", *self._kubelet_arguments()])
        proxy_config = self._write("kube-proxy.json", configuration.kube_proxy_config(proxy, NODE_NAME))
        self._launch("kube-proxy", [bin_dir / "kube-proxy", f"--config={proxy_config}"])
        self._say("waiting until the kubelet has made the node ready")
        self._wait(lambda: self._plane.is_schedulable(NODE_NAME), "the node")

    def load_image(self, archive: Path) -> None:
        """Put the image of an OCI or Docker archive into the node's store.

        Raises:
            ClusterError: containerd refused it.
        """
        _ctr("images", "import", str(archive))

    def kill_container(self, container: str) -> None:
        """End a container's processes by SIGKILL, as a crash or missing memory would.

        Raises:
            ClusterError: there is no such container.
        """
        _ctr("tasks", "kill", "--all", "--signal=SIGKILL", container)

    def check(self) -> None:
        """Raise ComponentError when one of its programs has ended by itself."""
        for name, process in self._processes.items():
            process.check(name)

    def stop(self) -> None:
        """Stop its programs; containers end with containerd."""
        for name in reversed(list(self._processes)):
            self._processes.pop(name).stop(_GRACE)

    def _start_containerd(self) -> None:
        plugins = cni_folder()
        if plugins is None:
            raise ClusterError("the network plugins ptp, host-local and loopback are not installed")
        network = self._state / "network"
        network.mkdir()
        (network / "pods.conflist").write_text(configuration.network_config(), encoding="utf-8")
        config = configuration.containerd_config(self._state / "containerd", network, plugins)
        self._say("starting containerd, kubelet, kube-proxy and cluster DNS")
        self._launch("containerd", ["containerd", f"--config={self._write('containerd.toml', config)}"])
        self._wait(Path(configuration.CONTAINERD_SOCKET).is_socket, "containerd")

    def _kubelet_arguments(self) -> list[str]:
        plane = self._plane
        files = configuration.NodeFiles(
            ca=plane.authority.files.certificate,
            serving=plane.authority.server("kubelet-serving", NODE_NAME, [NODE_ADDRESS, NODE_NAME]),
            resolv_conf=self._write("resolv.conf", ""),
        )
        config = self._write("kubelet.json", configuration.kubelet_config(files, self._control_group))
        kubeconfig = plane.write_client_kubeconfig("kubelet", f"system:node:{NODE_NAME}", ["system:nodes"])
        return configuration.kubelet_arguments(config, kubeconfig, NODE_NAME)

    def _write(self, name: str, content: str) -> Path:
        path = self._state / name
        path.write_text(content, encoding="utf-8")
        return path

    def _launch(self, name: str, command: Sequence[str | Path]) -> None:
        self._processes[name] = SupervisedProcess(
            command,
            log=self._plane.logs_dir / f"{name}.log",
            cwd=self._state,
            environment={"HOME": str(self._state), "PATH": _PATH},
        )

    def _wait(self, is_ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _READY_IN
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ComponentError(f"{what} was not ready within {_READY_IN:.0f} s; logs: {self._plane.logs_dir}")
            time.sleep(0.05)


def _ctr(*arguments: str) -> None:
    command = ["ctr", "--namespace=k8s.io", *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise ClusterError(f"{' '.join(command)}: {answer.stderr.strip()}")

"""Start, watch and stop the four control-plane processes of one state folder.

Owned by cluster.py, which adds the lock, the state folder's life, kubectl and nodes. Order: etcd and the API server
first; the controllers follow once the API server is ready; it is ready when the `default` namespace can run pods.
"""

import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from localcluster.api_probe import ApiProbe
from localcluster.certificates import CertificateAuthority
from localcluster.components import (
    API_SERVER_HOSTS,
    LOOPBACK,
    ControlPlaneFiles,
    api_server_arguments,
    controller_manager_arguments,
    etcd_arguments,
    scheduler_arguments,
)
from localcluster.errors import ClusterError, ComponentError
from localcluster.kubeconfig import write_kubeconfig
from localcluster.processes import SupervisedProcess

_API_SERVER = "kube-apiserver"
_STOP_ORDER = ("kube-scheduler", "kube-controller-manager", _API_SERVER, "etcd")
_READY_WITHIN = 120.0  # seconds; 3 on an idle machine with two cores
_GRACE = 5.0
_PORT_ATTEMPTS = 5
_PORT_TAKEN = "address already in use"


class ControlPlane:
    """The processes of one cluster and the files they read."""

    def __init__(self, bin_dir: Path, state_dir: Path, say: Callable[[str], None], address: str = LOOPBACK) -> None:
        self.authority = CertificateAuthority(state_dir / "certificates")
        self.kubeconfig = state_dir / "kubeconfig"
        self.logs_dir = state_dir / "logs"
        self.server = ""
        self._address = address
        self._bin_dir = bin_dir
        self._state_dir = state_dir
        self._say = say
        self._commands: dict[str, list[str]] = {}
        self._processes: dict[str, SupervisedProcess] = {}

    def start(self) -> None:
        """Start everything and return when it is ready.

        Raises:
            ComponentError: a component died or took too long.
        """
        self.logs_dir.mkdir(exist_ok=True)
        self._commands["etcd"] = etcd_arguments(self._state_dir / "etcd")
        self._launch("etcd")
        files = self._start_api_server()
        self._commands["kube-controller-manager"] = controller_manager_arguments(files)
        self._commands["kube-scheduler"] = scheduler_arguments(files)
        self._say("starting controller manager and scheduler")
        self._launch("kube-controller-manager")
        self._launch("kube-scheduler")
        self._wait(lambda probe: probe.exists("/api/v1/namespaces/default/serviceaccounts/default"), "the controllers")

    def start_component(self, name: str) -> None:
        """Start one component that was stopped; of the API server, wait until it is ready."""
        if name not in self._commands:
            raise ClusterError(f"{name}: no such component; there are {', '.join(self._commands)}")
        if name in self._processes:
            raise ClusterError(f"{name} is running already")
        self._launch(name)
        if name == _API_SERVER:
            self._wait(lambda probe: probe.exists("/readyz"), "the API server")

    def stop_component(self, name: str, *, kill: bool = False) -> None:
        """Stop one component, gracefully or as a crash would."""
        process = self._processes.pop(name, None)
        if process is None:
            raise ClusterError(f"{name} is not running")
        if kill:
            process.kill()
        else:
            process.stop(_GRACE)

    def stop(self) -> None:
        """Stop what runs; the API server goes before etcd, on which it would wait otherwise."""
        for name in _STOP_ORDER:
            if name in self._processes:
                self.stop_component(name)

    def check(self) -> None:
        """Raise ComponentError when a component has ended by itself."""
        for name, process in self._processes.items():
            process.check(name)

    def is_schedulable(self, node: str) -> bool:
        """Whether a node is registered and carries no taint any more, such as the one of being not ready."""
        found = self._probe().read(f"/api/v1/nodes/{node}")
        return found is not None and not found["spec"].get("taints")

    def write_client_kubeconfig(self, file_name: str, user: str, groups: Sequence[str]) -> Path:
        """A kubeconfig in the state folder that speaks as `user`, a member of `groups`."""
        path = self._state_dir / f"{file_name}.kubeconfig"
        client = self.authority.client(file_name, user, groups)
        return write_kubeconfig(path, server=self.server, ca=self.authority.files.certificate, client=client)

    def _start_api_server(self) -> ControlPlaneFiles:
        """Start it on a free port; another program may take the port in between, then try the next."""
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            port = _free_port(self._address)
            self.server = f"https://{self._address}:{port}"
            files = self._write_files()
            self._commands[_API_SERVER] = api_server_arguments(files, self._address, port)
            self._say(f"starting etcd and the API server on {self.server}")
            self._launch(_API_SERVER)
            try:
                self._wait(lambda probe: probe.exists("/readyz"), "the API server")
            except ComponentError:
                if attempt == _PORT_ATTEMPTS or _PORT_TAKEN not in self._processes[_API_SERVER].output():
                    raise
                self.stop_component(_API_SERVER)
            else:
                break
        return files

    def _write_files(self) -> ControlPlaneFiles:
        admin = self.authority.client("admin", "kubernetes-admin", ["system:masters"])
        write_kubeconfig(self.kubeconfig, server=self.server, ca=self.authority.files.certificate, client=admin)
        return ControlPlaneFiles(
            ca=self.authority.files,
            api_server=self.authority.server("kube-apiserver", "kube-apiserver", [*API_SERVER_HOSTS, self._address]),
            kubelet_client=self.authority.client("kubelet-client", "kube-apiserver", ["system:masters"]),
            service_account=self.authority.service_account_keys(),
            controller_manager_kubeconfig=self.write_client_kubeconfig(
                "kube-controller-manager", "system:kube-controller-manager", []
            ),
            scheduler_kubeconfig=self.write_client_kubeconfig("kube-scheduler", "system:kube-scheduler", []),
        )

    def _launch(self, name: str) -> None:
        self._processes[name] = SupervisedProcess(
            [self._bin_dir / name, *self._commands[name]],
            log=self.logs_dir / f"{name}.log",
            cwd=self._state_dir,
            environment={"HOME": str(self._state_dir), "PATH": "/usr/bin:/bin"},
        )

    def _wait(self, is_ready: Callable[[ApiProbe], bool], what: str) -> None:
        """Poll until `is_ready`; a component that dies meanwhile ends the wait with the end of its log."""
        probe = self._probe()
        deadline = time.monotonic() + _READY_WITHIN
        while not is_ready(probe):
            self.check()
            if time.monotonic() > deadline:
                raise ComponentError(f"{what} were not ready within {_READY_WITHIN:.0f} s; logs: {self.logs_dir}")
            time.sleep(0.05)

    def _probe(self) -> ApiProbe:
        return ApiProbe(self.server, self.authority.files.certificate, self.authority.issued("admin"))


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port

"""Start and stop the nodes of one cluster; each is a node agent in a process of its own.

Owned by cluster.py. A node gets its own client certificate with a kubelet's rights, and a serving certificate for its
logs.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from localcluster.control_plane import ControlPlane
from localcluster.errors import ClusterError, ComponentError
from localcluster.node.config import NODE_IP, AgentConfig
from localcluster.node.images import Image
from localcluster.processes import SupervisedProcess, this_python

CLUSTER_OBJECTS = Path(__file__).with_name("node") / "cluster-objects.yaml"
_READY_WITHIN = 60.0  # seconds; 2 on an idle machine
_GRACE = 10.0


class Nodes:
    """The node agents of one cluster."""

    def __init__(self, control_plane: ControlPlane, state_dir: Path) -> None:
        self._control_plane = control_plane
        self._state_dir = state_dir
        self._processes: dict[str, SupervisedProcess] = {}

    def start(
        self, name: str, images: Mapping[str, Image], capacity: Mapping[str, str], restart_backoff: float
    ) -> None:
        """Start one node and return when the API server has it as Ready.

        Raises:
            ComponentError: the agent died or took too long.
        """
        if name in self._processes:
            raise ClusterError(f"node {name} is running already")
        config = self._write_config(name, images, {**machine_capacity(), **capacity}, restart_backoff)
        process = SupervisedProcess(
            this_python("-m", "localcluster.node", config),
            log=self._control_plane.logs_dir / f"{name}.log",
            cwd=self._state_dir,
            environment=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        )
        self._processes[name] = process
        deadline = time.monotonic() + _READY_WITHIN
        while not self._control_plane.is_schedulable(name):
            process.check(name)
            if time.monotonic() > deadline:
                raise ComponentError(f"node {name} was not ready within {_READY_WITHIN:.0f} s; log: {process.log}")
            time.sleep(0.05)

    def stop(self, name: str, *, kill: bool = False) -> None:
        """Stop one node; its pods' processes end with it."""
        process = self._processes.pop(name, None)
        if process is None:
            raise ClusterError(f"node {name} is not running")
        if kill:
            process.kill()
        else:
            process.stop(_GRACE)

    def check(self) -> None:
        """Raise ComponentError when a node agent has ended by itself."""
        for name, process in self._processes.items():
            process.check(name)

    def stop_all(self) -> None:
        """Stop every node."""
        for name in list(self._processes):
            self.stop(name)

    def _write_config(
        self, name: str, images: Mapping[str, Image], capacity: Mapping[str, str], restart_backoff: float
    ) -> Path:
        plane = self._control_plane
        folder = self._state_dir / "nodes" / name
        folder.mkdir(parents=True, exist_ok=True)
        serving = plane.authority.server(f"{name}-serving", name, [NODE_IP, name])
        config = AgentConfig(
            name=name,
            kubeconfig=plane.write_client_kubeconfig(name, f"system:node:{name}", ["system:nodes"]),
            ca=plane.authority.files.certificate,
            serving_certificate=serving.certificate,
            serving_key=serving.key,
            state_dir=folder,
            volumes_dir=self._state_dir / "volumes",
            images=images,
            restart_backoff=restart_backoff,
            capacity=capacity,
        )
        path = folder / "agent.json"
        path.write_text(config.model_dump_json(indent=2), encoding="utf-8")
        return path


def machine_capacity() -> dict[str, str]:
    """What this machine has, in Kubernetes quantities."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": str(os.cpu_count() or 1), "memory": f"{memory // 1024}Ki", "pods": "110"}

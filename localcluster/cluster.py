"""One cluster as a context manager: what tests, the demo and the command line use.

    with Cluster(images={"sensor-model-trainer:dev": Image(...)}) as cluster:
        cluster.kubectl("apply", "-f", "crds/")

Adds to the control plane the life of its state folder, a lock on it, kubectl, and nodes.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from localcluster.build import ensure_built, say_on_stderr
from localcluster.components import LOOPBACK
from localcluster.control_plane import ControlPlane
from localcluster.errors import ClusterError, ClusterLockedError
from localcluster.folders import STATE_LOCK, try_lock
from localcluster.node.images import Image
from localcluster.nodes import CLUSTER_OBJECTS, Nodes

_NOT_RUNNING = "the cluster is not running; use it inside its `with` block"


class Cluster:
    """A Kubernetes control plane of this process: started on entry, gone on exit, however this process ends.

    Attributes:
        state_dir: private folder of this cluster; a temporary one is removed at the end, a given one is kept and
            a later cluster on it carries on with the same objects.
        bin: folder with `kubectl`, `etcd`, `kube-apiserver` and the others.
    """

    state_dir: Path
    bin: Path

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        images: Mapping[str, Image] | None = None,
        address: str = LOOPBACK,
        say: Callable[[str], None] = say_on_stderr,
    ) -> None:
        """Describe it; nothing starts yet.

        Args:
            state_dir: folder to keep, or None for a temporary one.
            images: what image names stand for; with it, the cluster starts with one node, `node-1`.
            address: where the API server listens.
            say: receives one line of progress at a time.
        """
        self._given_dir = state_dir
        self._images = images
        self._address = address
        self._say = say
        self._lock: IO[str] | None = None
        self._control_plane: ControlPlane | None = None
        self._nodes: Nodes | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Build if need be, start, and return when the cluster is ready.

        Raises:
            BuildError: the control plane could not be compiled.
            ClusterLockedError: another process runs a cluster on this state folder.
            ComponentError: a component died or took too long; the message ends with its last words.
        """
        self.bin = ensure_built(self._say)
        self._claim_state_dir()
        try:
            self._control_plane = ControlPlane(self.bin, self.state_dir, self._say, self._address)
            self._control_plane.start()
            self._nodes = Nodes(self._control_plane, self.state_dir)
            if self._images is not None:
                self.start_node("node-1", images=self._images)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything; remove the state folder when it was a temporary one."""
        if self._nodes is not None:
            self._nodes.stop_all()
            self._nodes = None
        if self._control_plane is not None:
            self._control_plane.stop()
            self._control_plane = None
        if self._lock is not None:
            if self._given_dir is None:
                shutil.rmtree(self.state_dir)
            self._lock.close()
            self._lock = None

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return self.control_plane.server

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of an administrator."""
        return self.control_plane.kubeconfig

    @property
    def logs_dir(self) -> Path:
        """One log file per component."""
        return self.control_plane.logs_dir

    def kubeconfig_for(self, user: str, groups: Sequence[str] = ()) -> Path:
        """A kubeconfig that speaks as `user`: for what RBAC lets others do."""
        file_name = "user-" + "".join(c if c.isalnum() else "-" for c in user)
        return self.control_plane.write_client_kubeconfig(file_name, user, groups)

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Run kubectl as administrator and hand back its standard output.

        Raises:
            ClusterError: it failed; the message holds what it said.
        """
        command = [str(self.bin / "kubectl"), *arguments]
        environment = os.environ | {"KUBECONFIG": str(self.kubeconfig)}
        answer = subprocess.run(
            command, env=environment, input=stdin or "", capture_output=True, text=True, check=False, timeout=timeout
        )
        if answer.returncode != 0:
            raise ClusterError(f"kubectl {' '.join(arguments)}: {answer.stderr.strip()}")
        return answer.stdout

    def start_component(self, name: str) -> None:
        """Start one component that was stopped: `etcd`, `kube-apiserver` and so on."""
        self.control_plane.start_component(name)

    def stop_component(self, name: str, *, kill: bool = False) -> None:
        """Stop one component, gracefully or (`kill`) as a crash would."""
        self.control_plane.stop_component(name, kill=kill)

    def start_node(
        self,
        name: str,
        *,
        images: Mapping[str, Image],
        capacity: Mapping[str, str] | None = None,
        restart_backoff: float = 10.0,
    ) -> None:
        """Add a node that runs pods as processes of this machine, and return when it is ready.

        Args:
            name: of the Node object.
            images: what image names stand for.
            capacity: what the scheduler may hand out (`cpu`, `memory`, `pods`); what the machine has by default.
            restart_backoff: seconds before the second restart of a container, doubling from there.
        """
        if self._nodes is None:
            raise ClusterError(_NOT_RUNNING)
        self._say(f"starting {name}, which runs pods as local processes")
        self.kubectl("apply", "-f", str(CLUSTER_OBJECTS))
        self._nodes.start(name, images, capacity or {}, restart_backoff)

    def stop_node(self, name: str, *, kill: bool = False) -> None:
        """Stop a node, gracefully or (`kill`) as a power cut would; its pods' processes end with it."""
        if self._nodes is None:
            raise ClusterError(_NOT_RUNNING)
        self._nodes.stop(name, kill=kill)

    def check(self) -> None:
        """Return if everything that was started still runs.

        Raises:
            ComponentError: something ended by itself; the message ends with its last words.
        """
        self.control_plane.check()
        if self._nodes is not None:
            self._nodes.check()

    @property
    def control_plane(self) -> ControlPlane:
        """Its processes and certificates: what a node of another kind needs to join."""
        if self._control_plane is None:
            raise ClusterError(_NOT_RUNNING)
        return self._control_plane

    def _claim_state_dir(self) -> None:
        if self._given_dir is None:
            self.state_dir = Path(tempfile.mkdtemp(prefix="localcluster-"))
        else:
            self.state_dir = self._given_dir.absolute()
            self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock_file = self.state_dir / STATE_LOCK
        self._lock = try_lock(lock_file)
        if self._lock is None:
            holder = lock_file.read_text(encoding="utf-8").strip()
            raise ClusterLockedError(
                f"{self.state_dir} is in use by process {holder}; stop it or choose another folder"
            )
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()

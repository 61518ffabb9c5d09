"""The node agent: joins a cluster as one node and runs the pods that are assigned to it.

Run by `python -m localcluster.node`; everything that lasts is a task of `run_agent`, and an error in one ends all.
"""

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

from localcluster.node.api import Api
from localcluster.node.collection import follow
from localcluster.node.config import NODE_IP, AgentConfig
from localcluster.node.container import Container
from localcluster.node.context import NodeContext
from localcluster.node.environment import NodeFacts
from localcluster.node.events import EventWriter
from localcluster.node.logs import LogServer
from localcluster.node.pod_worker import PodWorker
from localcluster.node.registration import Registration
from localcluster.node.storage import Storage

Object = dict[str, Any]

_LOG = logging.getLogger(__name__)
_NOTICE = (
    "Pods on this node are local processes of one user: resource limits, isolation, security contexts, probes and"
    " out-of-memory detection are not enforced."
)


async def run_agent(config: AgentConfig) -> None:
    """Be one node, until cancelled."""
    async with Api(config.kubeconfig) as api, asyncio.TaskGroup() as group:
        pods = Pods(_context(api, config))
        log_port = await LogServer(config, pods.find_container).start()
        registration = Registration(api, config, log_port)
        node = await registration.register()
        await pods.node.events.write(node, "Normal", "NoIsolation", _NOTICE)
        group.create_task(registration.keep_alive())
        group.create_task(Storage(api, config.volumes_dir).run())
        assigned = {"fieldSelector": f"spec.nodeName={config.name}"}
        group.create_task(follow(api, "/api/v1/pods", pods.changed, pods.removed, **assigned))


class Pods:
    """The pods of this node, each with its worker."""

    def __init__(self, node: NodeContext) -> None:
        self.node = node
        self._workers: dict[str, PodWorker] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def changed(self, pod: Object) -> None:
        """A pod was assigned to this node, or changed."""
        metadata = pod["metadata"]
        uid = metadata["uid"]
        if uid in self._workers:
            self._workers[uid].update(pod)
            return
        self._workers[uid] = PodWorker(pod, self.node)
        self._names[metadata["namespace"], metadata["name"]] = uid
        task = asyncio.create_task(self._run(uid))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def removed(self, pod: Object) -> None:
        """A pod is gone from the API."""
        worker = self._workers.get(pod["metadata"]["uid"])
        if worker is not None:
            worker.removed()

    def find_container(self, namespace: str, pod: str, container: str) -> Container | None:
        """The container that a request for logs names."""
        worker = self._workers.get(self._names.get((namespace, pod), ""))
        return None if worker is None else worker.containers.get(container)

    async def _run(self, uid: str) -> None:
        worker = self._workers[uid]
        try:
            await worker.run()
        except Exception as error:  # noqa: BLE001 - one pod's trouble must not end the others, nor stay unseen
            _LOG.exception("pod %s", uid)
            await worker.fail(f"{type(error).__name__}: {error}")
        finally:
            del self._workers[uid]
            self._names = {name: other for name, other in self._names.items() if other != uid}


def _context(api: Api, config: AgentConfig) -> NodeContext:
    address = urlsplit(api.server)
    return NodeContext(
        api=api,
        events=EventWriter(api, config.name),
        facts=NodeFacts(
            fields=dict.fromkeys(("status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs"), NODE_IP),
            variables={
                "KUBERNETES_SERVICE_HOST": address.hostname or "",
                "KUBERNETES_SERVICE_PORT": str(address.port),
                "KUBERNETES_SERVICE_PORT_HTTPS": str(address.port),
            },
        ),
        images=config.images,
        pods_dir=config.state_dir / "pods",
        ip=NODE_IP,
        restart_backoff=config.restart_backoff,
    )

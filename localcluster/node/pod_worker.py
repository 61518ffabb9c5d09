"""One pod from its arrival on this node to its removal from the API; one task per pod, started by the agent.

A pod ends by itself, or from outside: deleted (SIGTERM, grace period, SIGKILL), gone from the API (SIGKILL), or past
its activeDeadlineSeconds. Whatever happened, its last status is written before it is removed.
"""

import asyncio
import datetime as dt
import shutil
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from localcluster.node.api import ApiError, Unavailable
from localcluster.node.container import Container
from localcluster.node.context import NodeContext
from localcluster.node.pod_life import PodLife
from localcluster.node.reporter import StatusReporter
from localcluster.node.states import Waiting
from localcluster.node.status import PodFacts, Verdict, abandoned_status, has_run, pod_status

Object = dict[str, Any]

_DEADLINE = Verdict("Failed", "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
_TERMINAL = {"Succeeded", "Failed"}
_DEFAULT_GRACE = 30
_RETRY = 0.5  # seconds


class PodWorker:
    """Runs one pod and reports on it."""

    def __init__(self, pod: Object, node: NodeContext) -> None:
        self._pod = pod
        self._node = node
        self._folder = node.pods_dir / pod["metadata"]["uid"]
        self._started_at = dt.datetime.now(dt.UTC)
        self._verdict: Verdict | None = None
        self._stopping = False
        self._deletion = asyncio.Event()
        self._gone = asyncio.Event()
        self._reporter = StatusReporter(node.api, pod, self._status)
        self.containers = {container.record.name: container for container in self._make_containers()}

    def update(self, pod: Object) -> None:
        """The pod changed in the API."""
        self._pod = pod
        if "deletionTimestamp" in pod["metadata"]:
            self._deletion.set()

    def removed(self) -> None:
        """The pod is gone from the API."""
        self._gone.set()
        self._deletion.set()

    async def run(self) -> None:
        """Run the pod; return when it is gone from the API."""
        self.update(self._pod)
        status = self._pod.get("status", {})
        if not has_run(status):
            await self._run_to_the_end()
        elif status["phase"] not in _TERMINAL:
            await self._reporter.write(abandoned_status(self._pod, dt.datetime.now(dt.UTC)))
        await self._deletion.wait()
        while not self._gone.is_set():
            await self._delete_finally()
        with suppress(FileNotFoundError):
            await asyncio.to_thread(shutil.rmtree, self._folder)

    async def fail(self, message: str) -> None:
        """Give up on the pod after an error of this node: kill what runs and report Failed."""
        self._verdict = Verdict("Failed", "NodeError", message)
        await self._stop_containers(0)
        await self._reporter.flush()

    async def _run_to_the_end(self) -> None:
        life = PodLife(self._pod, list(self.containers.values()), self._folder, self._node)
        living = asyncio.create_task(life.run())
        reporting = asyncio.create_task(self._reporter.run())
        ending = asyncio.create_task(self._must_end())
        tasks: tuple[asyncio.Task[Any], ...] = (living, reporting, ending)
        self._reporter.changed()
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if ending.done() and not living.done():
                living.cancel()
                await asyncio.wait({living})
                await self._stop_containers(ending.result())
                self._stopping = True
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.result()  # raises what went wrong in it
            await self._reporter.flush()
        finally:
            for task in tasks:
                task.cancel()

    async def _must_end(self) -> float:
        """Wait until the pod must end; the seconds that its containers get for it."""
        try:
            async with asyncio.timeout(self._pod["spec"].get("activeDeadlineSeconds")):
                await self._deletion.wait()
        except TimeoutError:
            self._verdict = _DEADLINE
            await self._node.events.write(self._pod, "Normal", _DEADLINE.reason, _DEADLINE.message)
            return float(self._pod["spec"].get("terminationGracePeriodSeconds", _DEFAULT_GRACE))
        if self._gone.is_set():
            return 0.0
        return float(self._pod["metadata"].get("deletionGracePeriodSeconds", _DEFAULT_GRACE))

    async def _stop_containers(self, grace: float) -> None:
        """Stop all at once; who forces the pod out of the API meanwhile ends the grace period, too."""
        containers = self.containers.values()
        stopping = asyncio.gather(*(container.stop(grace) for container in containers))
        removal = asyncio.create_task(self._gone.wait())
        either: tuple[asyncio.Future[Any], ...] = (stopping, removal)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        removal.cancel()
        if self._gone.is_set():
            await asyncio.gather(*(container.stop(0) for container in containers))
        await stopping

    async def _delete_finally(self) -> None:
        """Confirm the deletion: the API server removes the object once finalizers allow."""
        metadata = self._pod["metadata"]
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}}
        try:
            await self._node.api.delete(f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}", options)
        except Unavailable:
            await asyncio.sleep(_RETRY)
        except ApiError as error:
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise
            self._gone.set()
        else:
            self._gone.set()

    def _make_containers(self) -> list[Container]:
        spec = self._pod["spec"]
        containers = []
        for group, is_init in (("initContainers", True), ("containers", False)):
            for definition in spec.get(group, []):
                folder = self._folder / "containers" / definition["name"]
                container = Container(definition, folder, is_init=is_init, on_change=self._reporter.changed)
                if spec.get("initContainers"):
                    container.record.state = Waiting("PodInitializing")
                containers.append(container)
        return containers

    def _status(self, previous: Object) -> Object:
        facts = PodFacts(
            restart_policy=self._pod["spec"].get("restartPolicy", "Always"),
            generation=self._pod["metadata"].get("generation", 1),
            started_at=self._started_at,
            host_ip=self._node.ip,
            stopping=self._stopping,
            verdict=self._verdict,
        )
        records = [container.record for container in self.containers.values()]
        return pod_status(facts, records, previous, dt.datetime.now(dt.UTC))

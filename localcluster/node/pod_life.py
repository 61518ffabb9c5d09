"""What happens to a pod that nobody disturbs: volumes, init containers one by one, containers together, restarts.

`PodWorker` runs it and cancels it when the pod must end; a cancelled life leaves its processes to `Container.stop`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from localcluster.node.api import ApiError, Unavailable
from localcluster.node.container import Container
from localcluster.node.context import NodeContext
from localcluster.node.environment import ConfigurationError, referenced_sources
from localcluster.node.images import Image
from localcluster.node.launch import Launch, plan_launch
from localcluster.node.projection import fetch_source
from localcluster.node.states import Terminated, Waiting, restart_delay, restarts_again
from localcluster.node.volumes import container_mounts, prepare_volumes

Object = dict[str, Any]
Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)
_FIRST_RETRY = 0.1  # seconds
_LONGEST_RETRY = 2.0


class PodLife:
    """The undisturbed life of one pod."""

    def __init__(self, pod: Object, containers: Sequence[Container], folder: Path, node: NodeContext) -> None:
        self._pod = pod
        self._containers = containers
        self._folder = folder
        self._node = node
        self._policy = pod["spec"].get("restartPolicy", "Always")
        self._volumes: Mapping[str, Path] = {}

    async def run(self) -> None:
        """Return when no container runs and none will be started again."""
        (self._folder / "tmp").mkdir(parents=True, exist_ok=True)
        self._volumes = await self._keep_trying(
            lambda: prepare_volumes(self._node, self._pod, self._folder / "volumes"),
            self._containers,
            waiting="ContainerCreating",
            event="FailedMount",
        )
        for container in self._containers:
            if container.record.is_init:
                await self._run_container(container)
                if container.record.failed:
                    return
        async with asyncio.TaskGroup() as group:
            for container in self._containers:
                if not container.record.is_init:
                    group.create_task(self._run_container(container))

    async def _run_container(self, container: Container) -> None:
        """Run one container until it is not to be started again."""
        image = await self._image_of(container)
        while True:
            launch = await self._keep_trying(
                lambda: self._plan(container, image),
                [container],
                waiting="CreateContainerConfigError",
                event="Failed",
            )
            ended = await container.run(launch)
            if ended.reason == "StartError":
                await self._tell("Failed", f"Error: {ended.message}")
            if not restarts_again(self._policy, exit_code=ended.exit_code, is_init=container.record.is_init):
                return
            await self._back_off(container, ended)

    async def _back_off(self, container: Container, ended: Terminated) -> None:
        record = container.record
        delay = restart_delay(record.restarts, self._node.restart_backoff)
        record.last = ended
        if delay:
            message = (
                f"back-off {delay:g}s restarting failed container={record.name} pod={self._pod['metadata']['name']}"
            )
            container.set_state(Waiting("CrashLoopBackOff", message))
            await self._tell("BackOff", message)
            await asyncio.sleep(delay)
        record.restarts += 1

    async def _image_of(self, container: Container) -> Image:
        """What the image name stands for; waits for ever, as for an image that no registry has."""
        name = container.record.image
        image = self._node.images.get(name)
        if image is not None:
            return image
        known = ", ".join(sorted(self._node.images)) or "none"
        message = f'no image "{name}" on this node, which runs local programs and pulls nothing; it knows: {known}'
        container.set_state(Waiting("ErrImagePull", message))
        await self._tell("Failed", message)
        await asyncio.sleep(self._node.restart_backoff)
        container.set_state(Waiting("ImagePullBackOff", f'Back-off pulling image "{name}": {message}'))
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def _plan(self, container: Container, image: Image) -> Launch:
        spec = container.spec
        if container.record.is_init and spec.get("restartPolicy") == "Always":
            raise ConfigurationError(
                "sidecars (init containers with restartPolicy Always) are not supported by this node"
            )
        mounts = container_mounts(spec, self._volumes, container.folder / "termination-log")
        namespace = self._pod["metadata"]["namespace"]
        sources = {
            (kind, name): await fetch_source(self._node.api, namespace, kind, name)
            for kind, name in referenced_sources(spec)
        }
        return plan_launch(spec, self._pod, image, mounts, sources, self._node.facts, self._folder)

    async def _keep_trying(
        self,
        attempt: Callable[[], Awaitable[Result]],
        containers: Sequence[Container],
        *,
        waiting: str,
        event: str,
    ) -> Result:
        """Try until it works; meanwhile the containers say what they wait for."""
        delay, told = _FIRST_RETRY, ""
        while True:
            try:
                return await attempt()
            except ConfigurationError as error:
                for container in containers:
                    container.set_state(Waiting(waiting, str(error)))
                if str(error) != told:
                    told = str(error)
                    await self._tell(event, told)
            except (ApiError, Unavailable) as error:
                _LOG.info("pod %s waits: %s", self._pod["metadata"]["name"], error)
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_RETRY)

    async def _tell(self, reason: str, note: str) -> None:
        await self._node.events.write(self._pod, "Warning", reason, note)

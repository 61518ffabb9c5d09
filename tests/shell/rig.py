"""The whole operator on fakes, in virtual time, with a watch that tells what a test wants it to tell."""

import asyncio
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Stage
from model_operator.app import App, Outside
from model_operator.gateways.resources import Resource
from model_operator.settings import Settings
from tests.builders import version
from tests.fakes import EPOCH, FakeCluster, FakeRegistry, FakeTelemetry
from tests.shell.objects import Object

SETTINGS = Settings(mlflow_tracking_uri="http://mlflow:5000", trainer_image="sensor-model-trainer:test")


class LoopClock:
    """The wall clock of virtual time; it goes on when an operator is restarted."""

    def now(self) -> datetime:
        """Now."""
        return EPOCH + timedelta(seconds=asyncio.get_running_loop().time())


class World:
    """What outlives a restart of the operator."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.registry = FakeRegistry()
        self.telemetry = FakeTelemetry()

    def put(self, resource: Resource, manifest: Object) -> Object:
        """Store an object without telling anybody."""
        manifest["metadata"].pop("creationTimestamp", None)
        return self.cluster.put(resource, manifest)

    def get(self, resource: Resource, name: str) -> Object:
        return self.cluster.objects[resource, "plant", name]

    def serve(self, name: str, **overrides: Any) -> None:
        """Let version 1 of a model be in Production, as the operator would leave it."""
        uid = self.get(Resource.SENSOR_MODEL, name)["metadata"]["uid"]
        registered, run_id = f"telemanom_{name.upper()}", f"run-of-{name}"
        made = {"run_id": run_id, "owner_uid": uid, "create_time": EPOCH, "stage_tag": Stage.PRODUCTION, **overrides}
        self.registry.register(registered, version(1, **made))
        owned = {"production": 1, "owner": f"plant/{name}", "owner_uid": uid}
        self.registry.models[registered] = self.registry.models[registered].model_copy(update=owned)
        self.registry.profiles[run_id] = b"profile"

    def jobs(self) -> list[Object]:
        return [obj for (resource, _, _), obj in self.cluster.objects.items() if resource is Resource.JOB]

    def status(self, name: str = "p-1") -> SensorModelStatus:
        return SensorModelStatus.model_validate(self.get(Resource.SENSOR_MODEL, name)["status"])

    def condition(self, kind: str, name: str = "p-1") -> tuple[str, str] | None:
        """Status and reason of a condition."""
        conditions = self.status(name).conditions
        return next(((one.status, one.reason) for one in conditions if one.type == kind), None)


class Operator:
    """The operator as a context manager; on entry it has listed everything and done what was to do."""

    def __init__(self, world: World, settings: Settings = SETTINGS) -> None:
        self._world = world
        outside = Outside(
            cluster=world.cluster,
            registry=world.registry,
            telemetry=world.telemetry,
            clock=LoopClock(),
            jitter=lambda: 1.0,
        )
        self.app = App(settings, outside)

    async def __aenter__(self) -> Self:
        self.app.start()
        await settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.app.stop()

    def apply(self, resource: Resource, manifest: Object) -> None:
        """Store an object as a user would; the watch tells it."""
        self.tell(resource, self._world.put(resource, manifest))

    def tell(self, resource: Resource, obj: Object, kind: str = "MODIFIED") -> None:
        """The watch tells something."""
        self.app.intake.hear(resource, {"type": kind, "object": obj})

    def tell_everything(self) -> None:
        """The watch tells every object once more, as it does after our own writes."""
        for (resource, _, _), obj in self._world.cluster.objects.items():
            self.tell(resource, obj)

    def delete(self, resource: Resource, name: str) -> None:
        """Remove an object; the watch tells it."""
        obj = self._world.get(resource, name)
        self._world.cluster.delete(resource, "plant", name)
        newer = {**obj, "metadata": {**obj["metadata"], "resourceVersion": "999999"}}
        self.tell(resource, newer, "DELETED")

    def metrics(self) -> str:
        """What a scrape would see."""
        return self.app.render_metrics().decode()


async def settle(seconds: float = 1.0) -> None:
    """Let virtual time pass, so that whatever is due by then happens."""
    await asyncio.sleep(seconds)


def ended(job: Object, kind: str = "Complete") -> Object:
    """The Job as the Job controller leaves it."""
    condition: dict[str, Any] = {"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:05Z"}
    return {**job, "status": {"completionTime": "2026-01-01T00:00:05Z", "conditions": [condition]}}

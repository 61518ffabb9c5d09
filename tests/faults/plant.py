"""The operator on a real MLflow behind the fault proxy, in real time; its cluster is the fake one with a contract.

Registry checks come every second in place of every hour. The trainer's part is played by the test: it registers what a
Job would register, and ends the Job.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from mlflow import MlflowClient

from model_contract.keys import ComparisonVerdict, Tag
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.app import App, Outside
from model_operator.gateways.registry import MlflowRegistry
from model_operator.gateways.resources import Resource
from model_operator.outside import SystemClock
from model_operator.settings import Settings
from tests.fakes import FakeCluster, FakeTelemetry
from tests.faults.fault_proxy import FaultProxy
from tests.gateways.mlflow_objects import register_version
from tests.shell.objects import Object, retraining_policy, sensor_model

PATIENCE: Final = 120.0  # seconds, for what must happen; a test that waits that long fails
POLICY: Final = {
    "checkInterval": "1s",
    "cooldown": "0s",
    "budget": {"maxConcurrent": 500},
    "triggers": {"drift": {"enabled": False}, "performance": {"enabled": False}, "dataQuality": {"enabled": False}},
}
BETTER_THAN_NAIVE: Final = {"candidate_rmse": 0.05, "naive_rmse": 0.2, "baseline_rmse": 0.15}
BETTER_THAN_CHAMPION: Final = BETTER_THAN_NAIVE | {"candidate_rmse": 0.04, "champion_rmse": 0.09}


class Plant:
    """SensorModels, a policy, and the operator that looks after them, as a context manager."""

    def __init__(self, proxy: FaultProxy, mlflow_url: str) -> None:
        self.proxy = proxy
        self.client = MlflowClient(mlflow_url, mlflow_url)
        self.cluster = FakeCluster()
        self.statuses: list[SensorModelStatus] = []  # of all models, as they were written
        self._settings = Settings(
            mlflow_tracking_uri=proxy.url,
            trainer_image="trainer:test",
            registry_spacing="200ms",
        )
        self.put(Resource.RETRAINING_POLICY, retraining_policy(spec=POLICY))
        self.put(Resource.SENSOR_MODEL, sensor_model("rests", spec={"suspend": True}))  # or nobody asks for sweeps

    async def __aenter__(self) -> Self:
        self._registry = MlflowRegistry(self.proxy.url, timeout_seconds=30)
        self.app = App(
            self._settings,
            Outside(
                cluster=self.cluster,
                registry=self._registry,
                telemetry=FakeTelemetry(),
                clock=SystemClock(),
                jitter=lambda: 0.0,
            ),
        )
        self.app.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.app.stop()
        self._registry.close()

    def put(self, resource: Resource, manifest: Object) -> Object:
        """Store an object; nobody is told."""
        manifest["metadata"].pop("creationTimestamp", None)
        return self.cluster.put(resource, manifest)

    def tell(self, resource: Resource, obj: Object) -> None:
        """The watch tells an object."""
        self.app.intake.hear(resource, {"type": "MODIFIED", "object": obj})

    def apply(self, *names: str, policy: Mapping[str, Any] | None = None, **overrides: Any) -> None:
        """SensorModels as a user applies them, under the policy of this plant or one of their own."""
        chosen = "default"
        if policy is not None:
            chosen = f"of-{names[0]}"
            self.tell(
                Resource.RETRAINING_POLICY,
                self.put(Resource.RETRAINING_POLICY, retraining_policy(chosen, spec={**POLICY, **policy})),
            )
        for name in names:
            made = sensor_model(name, policy=chosen, **overrides)
            self.tell(Resource.SENSOR_MODEL, self.put(Resource.SENSOR_MODEL, made))

    def annotate(self, name: str, **annotations: str) -> None:
        """What a person asks for."""
        model = self.cluster.objects[Resource.SENSOR_MODEL, "plant", name]
        keys = {f"sensormodel.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
        model["metadata"].setdefault("annotations", {}).update(keys)
        self.tell(Resource.SENSOR_MODEL, self.put(Resource.SENSOR_MODEL, model))

    def job(self, name: str) -> Object:
        """The newest Job of a model."""
        return self.jobs(name)[-1]

    def jobs(self, name: str) -> list[Object]:
        """The Jobs of a model, oldest first."""
        jobs = [stored for (kind, _, _), stored in self.cluster.objects.items() if kind is Resource.JOB]
        return [job for job in jobs if job["metadata"]["ownerReferences"][0]["name"] == name]

    def end(self, job: Object) -> None:
        """The Job is complete."""
        now = datetime.now(UTC).replace(microsecond=0).isoformat()
        condition = {"type": "Complete", "status": "True", "lastTransitionTime": now}
        self.tell(
            Resource.JOB,
            self.put(Resource.JOB, {**job, "status": {"completionTime": now, "conditions": [condition]}}),
        )

    def register(self, name: str, metrics: Mapping[str, float] = BETTER_THAN_NAIVE, **tags: str) -> int:
        """A complete version as a Job of this model registers it; its number. None of it passes the proxy."""
        uid = self.cluster.objects.get((Resource.SENSOR_MODEL, "plant", name), {"metadata": {"uid": f"uid-{name}"}})
        now = datetime.now(UTC)
        said = {
            Tag.JOB_UID: uuid.uuid4().hex,
            Tag.SENSOR_MODEL_UID: uid["metadata"]["uid"],
            Tag.COMPLETE: "true",
            Tag.DATA_END: now.isoformat(),
            Tag.HELD_OUT_START: (now - timedelta(hours=1)).isoformat(),
        }
        said |= {Tag[key.upper()]: value for key, value in tags.items()}
        return int(register_version(self.client, registered(name), said, metrics).version)

    def compared(self, name: str, champion: int, metrics: Mapping[str, float] = BETTER_THAN_CHAMPION) -> int:
        """A version that is better than a champion; its number."""
        return self.register(name, metrics, champion_version=str(champion), comparison=ComparisonVerdict.BETTER)

    async def serve(self, *names: str) -> None:
        """Models with version 1 in Production."""
        for name in names:
            self.register(name)
        await self.sweeps()
        self.apply(*names)
        for name in names:
            await self.until(partial(self.production, name), 1)

    def status(self, name: str) -> SensorModelStatus:
        """The status that was written last."""
        return SensorModelStatus.model_validate(self.cluster.objects[Resource.SENSOR_MODEL, "plant", name]["status"])

    def production(self, name: str) -> int | None:
        """The Production version as the status has it."""
        holder = self.status(name).stages.production
        return holder.version if holder else None

    def condition(self, name: str, kind: str) -> tuple[str, str]:
        """Status and reason of a condition."""
        found = next((one for one in self.status(name).conditions if one.type == kind), None)
        return (found.status, found.reason) if found else ("", "")

    def message(self, name: str, kind: str = "RegistryInSync") -> str:
        """The message of a condition."""
        return next(one.message for one in self.status(name).conditions if one.type == kind)

    def calls(self, call: str, outcome: str) -> float:
        """What the operator's metrics count."""
        wanted = f'sensormodel_gateway_calls_total{{call="{call}",outcome="{outcome}"}} '
        lines = self.app.render_metrics().decode().splitlines()
        return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))

    def truth(self, name: str) -> dict[str, Any]:
        """What MLflow holds: aliases, and stage and moves of each version, by number."""
        model = self.client.get_registered_model(registered(name))
        versions = self.client.search_model_versions(f"name = '{model.name}'")
        return {
            "aliases": {alias: int(number) for alias, number in model.aliases.items()},
            "stages": {int(v.version): v.tags.get(Tag.STAGE) for v in versions},
            "moves": {
                int(v.version): [m["to"] for m in json.loads(v.tags.get(Tag.STAGE_MOVES, "[]"))] for v in versions
            },
        }

    async def until(self, look: Callable[[], object], expected: object) -> None:
        """Wait until something is as expected."""
        deadline = time.monotonic() + PATIENCE
        while (seen := look()) != expected:
            assert time.monotonic() < deadline, f"{seen!r} never became {expected!r}"
            await asyncio.sleep(0.02)

    async def sweeps(self, count: int = 2) -> None:
        """Wait until the registry was swept so many times more."""
        goal = self.calls("registry.sweep", "OK") + count
        await self.until(lambda: self.calls("registry.sweep", "OK") >= goal, expected=True)


def registered(name: str) -> str:
    """The registered model of a SensorModel."""
    return f"telemanom_{name.upper()}"

"""The outside, in memory: what the shell's tests use in place of the API server, MLflow, telemetry and the clock.

Each fake implements a Protocol of `gateways.protocols`. `tests/gateways` runs the same contract tests on `FakeCluster`
and a real API server, on `FakeRegistry` and a real MLflow server, so a fake cannot promise what the real thing does not
keep.
Every fake fails on request: `failures` are raised, in order, by the next calls of the named method.
"""

import copy
import itertools
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from model_contract.keys import ANNOTATION_DECISION
from model_contract.progress import TrainingProgress
from model_operator.api.vocabulary import Reason
from model_operator.core.announcements import Announcement, Regarding
from model_operator.core.decision import RegistryWrite
from model_operator.core.leadership import Lease
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement, RegisteredModel, Version
from model_operator.core.registry_writes import apply_write
from model_operator.gateways.errors import Conflict, GatewayError, NotFound, Permanent, Transient
from model_operator.gateways.resources import Resource

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
Failures = defaultdict[str, deque[GatewayError]]


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = EPOCH) -> None:
        self._now = now

    def now(self) -> datetime:
        """Now."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by


class FakeCluster:
    """Implements `Cluster`: objects in a dictionary, every write counted.

    Attributes:
        objects: by resource, namespace and name.
        events: what was announced, with the count of each sentence, by uid of the object and announcement.
        writes: (method, namespace, name) of every write that reached the cluster, in order.
        failures: by method name.
        lost_answers: so many of the next Jobs are created without an answer.
        identity: of the cluster.
    """

    def __init__(self) -> None:
        self.lost_answers = 0
        self.identity: str | None = None
        self.objects: dict[tuple[Resource, str, str], dict[str, Any]] = {}
        self.events: dict[tuple[str, Announcement], int] = {}
        self.writes: list[tuple[str, str, str]] = []
        self.failures: Failures = defaultdict(deque)
        self._numbers = itertools.count(1)

    def put(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Store an object as a user would, with uid, generation and resourceVersion where it has none."""
        stored: dict[str, Any] = copy.deepcopy(dict(manifest))
        metadata = stored["metadata"]
        metadata.setdefault("uid", f"uid-{next(self._numbers)}")
        metadata.setdefault("generation", 1)
        metadata.setdefault("creationTimestamp", EPOCH.isoformat())
        metadata["resourceVersion"] = str(next(self._numbers))
        self.objects[resource, metadata["namespace"], metadata["name"]] = stored
        return copy.deepcopy(stored)

    def delete(self, resource: Resource, namespace: str, name: str) -> None:
        """Remove an object."""
        del self.objects[resource, namespace, name]

    async def list_objects(self, resource: Resource) -> AsyncIterator[dict[str, Any]]:
        """All objects of a resource."""
        _fail(self.failures, "list_objects")
        for (kind, _, _), stored in sorted(self.objects.items(), key=lambda item: item[0][1:]):
            if kind is resource:
                yield copy.deepcopy(stored)

    async def create_job(self, namespace: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """The Job, created now or earlier by the same decision."""
        _fail(self.failures, "create_job")
        name = manifest["metadata"]["name"]
        found = self.objects.get((Resource.JOB, namespace, name))
        if found is None:
            self.writes.append(("create_job", namespace, name))
            created = copy.deepcopy(dict(manifest))
            created["metadata"]["namespace"] = namespace
            stored = self.put(Resource.JOB, created)
            if self.lost_answers:
                self.lost_answers -= 1
                raise Transient("the Job was created, and nobody heard of it")
            return stored
        if _decision(found) != _decision(manifest):
            raise Permanent(f"the Job {namespace}/{name} was not made by this decision", reason=Reason.JOB_NAME_TAKEN)
        return copy.deepcopy(found)

    async def apply_status(
        self, resource: Resource, namespace: str, name: str, status: Mapping[str, Any], *, resource_version: str
    ) -> dict[str, Any]:
        """Store the status; the object as it is afterwards."""
        _fail(self.failures, "apply_status")
        found = self.objects.get((resource, namespace, name))
        if found is None:
            raise NotFound(f"{namespace}/{name}")
        if found["metadata"]["resourceVersion"] != resource_version:
            raise Conflict(f"{namespace}/{name} is not as it was observed")
        if found.get("status") != status:
            self.writes.append(("apply_status", namespace, name))
            found["status"] = copy.deepcopy(dict(status))
            found["metadata"]["resourceVersion"] = str(next(self._numbers))
        return copy.deepcopy(found)

    async def identify(self) -> str | None:
        """The identity that a test gives it."""
        _fail(self.failures, "identify")
        return self.identity

    async def record_event(self, regarding: Regarding, announcement: Announcement, now: datetime) -> None:  # noqa: ARG002 - of the Protocol
        """Count the announcement."""
        _fail(self.failures, "record_event")
        self.writes.append(("record_event", regarding.namespace, regarding.name))
        key = (regarding.uid, announcement)
        self.events[key] = self.events.get(key, 0) + 1


class FakeLeases:
    """One Lease that several processes see; `away` are those that the API server does not answer."""

    def __init__(self) -> None:
        self.stored: Lease | None = None
        self.away = False
        self._versions = itertools.count(1)

    async def read(self) -> Lease | None:
        """The Lease."""
        self._answer()
        return self.stored

    async def write(self, lease: Lease) -> Lease:
        """Over the version that it was made from."""
        self._answer()
        if lease.resource_version and self.stored is None:
            raise NotFound("the lease is gone")
        if lease.resource_version != (self.stored.resource_version if self.stored else ""):
            raise Conflict("somebody else wrote the lease")
        self.stored = lease.model_copy(update={"resource_version": str(next(self._versions))})
        return self.stored

    def _answer(self) -> None:
        if self.away:
            raise Transient("the API server does not answer")


class FakeRegistry:
    """Implements `ModelRegistry`.

    Attributes:
        models: by name; only models that exist.
        profiles: drift profiles by run id.
        progress: what running trainings say, by uid of the Job.
        looks: Jobs with their experiments that `read_progress` was asked for, in order.
        writes: that were carried out, in order.
        reads: names that `read_model` was asked for, in order.
        failures: by method name.
    """

    def __init__(self) -> None:
        self.models: dict[str, RegisteredModel] = {}
        self.profiles: dict[str, bytes] = {}
        self.progress: dict[str, TrainingProgress] = {}
        self.looks: list[dict[str, str]] = []
        self.writes: list[RegistryWrite] = []
        self.reads: list[str] = []
        self.failures: Failures = defaultdict(deque)

    def register(self, name: str, version: Version) -> None:
        """Add a version, as the trainer would."""
        model = self.models.get(name, RegisteredModel(name=name))
        newest_first = sorted((version, *model.versions), key=lambda each: each.version, reverse=True)
        self.models[name] = model.model_copy(update={"versions": tuple(newest_first)})

    async def sweep(self) -> dict[str, str]:
        """The name and fingerprint of every registered model."""
        _fail(self.failures, "sweep")
        return {name: str(hash(model.model_dump_json())) for name, model in self.models.items()}

    async def read_model(self, name: str) -> RegisteredModel:
        """The model; an empty one when it does not exist."""
        self.reads.append(name)
        _fail(self.failures, "read_model")
        return self.models.get(name, RegisteredModel(name=name))

    async def write(self, write: RegistryWrite) -> None:
        """One idempotent write."""
        _fail(self.failures, "write")
        model = self.models.get(write.model)
        if model is None:
            raise Conflict(f"registered model {write.model} does not exist")
        number = getattr(write, "version", None)
        if number is not None and model.version(number) is None:
            raise Conflict(f"registered model {write.model} has no version {number}")
        self.models[write.model] = apply_write(model, write)
        self.writes.append(write)

    async def read_progress(self, jobs: Mapping[str, str]) -> dict[str, TrainingProgress]:
        """What running trainings say of themselves."""
        self.looks.append(dict(jobs))
        _fail(self.failures, "read_progress")
        return {uid: self.progress[uid] for uid in jobs if uid in self.progress}

    async def read_profile(self, run_id: str) -> bytes:
        """The drift profile of a run."""
        _fail(self.failures, "read_profile")
        if run_id not in self.profiles:
            raise NotFound(f"run {run_id} has no drift profile")
        return self.profiles[run_id]


class FakeTelemetry:
    """Implements `Telemetry`.

    Attributes:
        measurements: what is measured, by registered model.
        plans: that were asked for, in order.
        failures: by method name.
    """

    def __init__(self) -> None:
        self.measurements: dict[str, Measurement] = {}
        self.plans: list[MeasurementPlan] = []
        self.failures: Failures = defaultdict(deque)

    async def measure(self, plan: MeasurementPlan, profile: bytes | None, now: datetime) -> Measurement:  # noqa: ARG002
        """The prepared measurement; telemetry that may not be read where none was prepared."""
        self.plans.append(plan)
        _fail(self.failures, "measure")
        nothing = Measurement(
            reference_version=plan.version,
            profile_digest=plan.profile_digest,
            current=None,
            problem=Reason.TELEMETRY_NOT_ALLOWED,
            message=f"{plan.telemetry.uri}: no telemetry root is configured",
        )
        return self.measurements.get(plan.model, nothing)


def _fail(failures: Failures, method: str) -> None:
    if failures[method]:
        raise failures[method].popleft()


def _decision(job: Mapping[str, Any]) -> tuple[Any, Any]:
    metadata = job["metadata"]
    controller = next((o["uid"] for o in metadata.get("ownerReferences", ()) if o.get("controller")), None)
    return controller, metadata.get("annotations", {}).get(ANNOTATION_DECISION)

"""What the shell needs from the outside. `kube`, `registry` and `telemetry` provide it; the tests' fakes do too."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from model_contract.progress import TrainingProgress
from model_operator.core.announcements import Announcement, Regarding
from model_operator.core.decision import RegistryWrite
from model_operator.core.leadership import Lease
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement, RegisteredModel
from model_operator.gateways.resources import Resource


class Cluster(Protocol):
    """The API server. Objects are plain dicts as JSON has them."""

    def list_objects(self, resource: Resource) -> AsyncIterator[dict[str, Any]]:
        """All objects of a resource in the watched namespaces, page by page; Jobs and pods only with our label."""

    async def create_job(self, namespace: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """The Job, created now or earlier by the same decision.

        Raises:
            Permanent: JobNameTaken when the name belongs to something else; JobRefused when admission, quota or RBAC
                say no.
        """

    async def apply_status(
        self, resource: Resource, namespace: str, name: str, status: Mapping[str, Any], *, resource_version: str
    ) -> dict[str, Any]:
        """Server-side apply of the whole status with our one field manager; the object as it is afterwards.

        Raises:
            NotFound: the object is gone.
            Conflict: it is not as it was observed, or another object has taken its name.
        """

    async def identify(self) -> str | None:
        """What tells this cluster from others, the uid of its namespace kube-system; None: it cannot be read."""

    async def record_event(self, regarding: Regarding, announcement: Announcement, now: datetime) -> None:
        """An events.k8s.io/v1 event; a repeat becomes a series."""


class ModelRegistry(Protocol):
    """MLflow. Calls are bounded in time and never run on the event loop."""

    async def sweep(self) -> dict[str, str]:
        """The name of every registered model with a fingerprint that changes with its aliases, tags or versions."""

    async def read_model(self, name: str) -> RegisteredModel:
        """The model with its versions and their metrics; an empty one when it does not exist."""

    async def write(self, write: RegistryWrite) -> None:
        """One idempotent write."""

    async def read_profile(self, run_id: str) -> bytes:
        """The drift profile among the artifacts of a run."""

    async def read_progress(self, jobs: Mapping[str, str]) -> dict[str, TrainingProgress]:
        """What running trainings say of themselves, by the uid of the Job; one that says nothing is left out.

        Args:
            jobs: uid → name of the experiment that its run is in.
        """


class Telemetry(Protocol):
    """Worker processes that read telemetry below the configured roots."""

    async def measure(self, plan: MeasurementPlan, profile: bytes | None, now: datetime) -> Measurement:
        """Judge the newest complete windows; what is wrong with the data comes back as fault or problem.

        Args:
            plan: what to measure.
            profile: the drift profile that the plan names; None when it names none.
            now: when it is measured; only the age of the newest row depends on it.
        """


class Leases(Protocol):
    """The Lease of this installation."""

    async def read(self) -> Lease | None:
        """The Lease as it stands; None when there is none."""

    async def write(self, lease: Lease) -> Lease:
        """Store it over the version that it was made from; the Lease as it is stored.

        Raises:
            Conflict: another process wrote it meanwhile.
            NotFound: it was deleted meanwhile.
        """


class Clock(Protocol):
    """The time, given to decisions as a value."""

    def now(self) -> datetime:
        """Now, in UTC."""


def always() -> bool:
    """The permission to write of a process that competes with no other."""
    return True

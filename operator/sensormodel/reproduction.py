"""Rebuilding a version: a Job of one's own that trains it again from its lineage, and what came of it."""

from datetime import timedelta
from typing import Final, NamedTuple

from model_contract.reproduction import Reproduces
from model_contract.result import ReproductionSucceeded, TrainingFailed
from model_operator.core.job_manifest import TrainerDefaults, build_job
from model_operator.core.observed import SensorModelObject
from model_operator.core.reproduction import reproduction_task
from sensormodel.connection import SENSOR_MODELS, Connection
from sensormodel.errors import Refused, TimedOut
from sensormodel.jobs import Jobs, TrainerSetup
from sensormodel.objects import model_of
from sensormodel.registry import Registry
from sensormodel.waiting import Clock, SystemClock

_POLL_SECONDS: Final = 2.0


class Place(NamedTuple):
    """Where a reproduction runs; what is None is as the operator's newest Job of the model has it."""

    image: str | None = None  # None: the one that made the version, as its run has on record
    pod_mlflow: str | None = None  # MLflow's address as pods see it
    service_account: str | None = None


class Reproductions:
    """Reproductions of versions.

    Args:
        connection: to the cluster; the Job is created with its rights.
        registry: that has the versions.
        clock: time.
    """

    def __init__(self, connection: Connection, registry: Registry, clock: Clock | None = None) -> None:
        self._connection = connection
        self._registry = registry
        self._jobs = Jobs(connection)
        self._clock = clock or SystemClock()

    def start(self, name: str, version: int, place: Place | None = None) -> str:
        """Create the Job that trains a version again; the operator takes no notice of it.

        Args:
            name: of the SensorModel.
            version: of its registered model.
            place: where; None: as the operator's Jobs.

        Returns:
            The Job's name.

        Raises:
            Missing: there is no such model or version.
            Refused: the version has no run, image or address of MLflow to go by, or the cluster refuses the Job.
        """
        model = model_of(self._connection.get(SENSOR_MODELS, name))
        if model.spec is None:
            raise Refused(f"the spec of {model.key} cannot be read; see its status")
        lineage = self._registry.lineage(model.spec.registered_model, version)
        defaults = _defaults(place or Place(), lineage.code.image, self._jobs.newest_setup(model.uid))
        observed = SensorModelObject(
            namespace=model.namespace, name=model.name, uid=model.uid, generation=model.generation, spec=model.spec
        )
        who = self._connection.who()
        task = reproduction_task(
            observed,
            model.spec,
            Reproduces(version=version, run_id=lineage.run_id),
            self._clock.now(),
            f"requested by {who}" if who else "",
        )
        manifest = build_job(observed, model.spec, task, defaults)
        self._jobs.create(manifest)
        return str(manifest["metadata"]["name"])

    def wait(self, job: str, timeout: timedelta) -> ReproductionSucceeded:
        """What came of it, once the Job is over.

        Raises:
            Refused: the Job failed; the message says why.
            TimedOut: it was not over within the time. It goes on; wait again.
        """
        deadline = self._clock.now() + timeout
        while not (state := self._jobs.state(job)).finished:
            if self._clock.now() >= deadline:
                stuck = f"; {state.problem}" if state.problem else ""
                raise TimedOut(f"Job {job} was not over after {timeout.total_seconds():g} s{stuck}")
            self._clock.sleep(_POLL_SECONDS)
        if isinstance(state.said, ReproductionSucceeded):
            return state.said
        why = f"{state.said.reason}: {state.said.message}" if isinstance(state.said, TrainingFailed) else state.problem
        raise Refused(f"Job {job} compared nothing: {why or 'its pod said nothing'}", f"kubectl logs job/{job}")


def _defaults(place: Place, recorded: str | None, setup: TrainerSetup | None) -> TrainerDefaults:
    """How the pod is set up: as asked, as recorded with the version, as the operator's newest Job."""
    image, mlflow = place.image or recorded or (setup and setup.image), place.pod_mlflow or (setup and setup.mlflow)
    if not image:
        raise Refused("no image is on record for this version, and the model has no Job to go by", "Name one: --image")
    if not mlflow:
        raise Refused("the model has no Job that tells MLflow's address as pods see it", "Name it: --pod-mlflow")
    return TrainerDefaults(
        image=image,
        mlflow_tracking_uri=mlflow,
        service_account=place.service_account or (setup and setup.service_account),
        **({"image_pull_policy": setup.pull_policy} if setup else {}),
    )

"""MLflow as a reproduction sees it: the lineage of the version, and a run of its own. The registry is only read."""

import logging
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from pydantic import ValidationError

from model_contract.keys import ARTIFACT_LINEAGE
from model_contract.reproduction import ReproductionTask
from model_contract.result import FailureReason
from model_trainer.errors import CannotWork
from model_trainer.interruption import Interruption
from model_trainer.lineage import Lineage
from model_trainer.record import reproduction_tags, run_tags, why_reproduced
from model_trainer.settings import Settings
from model_trainer.tracking.experiment import Run, run_of_job
from model_trainer.tracking.patience import Patience
from model_trainer.tracking.registry import ModelRegistry

logger = logging.getLogger(__name__)


class ReproductionTracker:
    """Everything that one reproduction asks of MLflow and leaves there."""

    def __init__(self, task: ReproductionTask, settings: Settings, interruption: Interruption) -> None:
        self._task = task
        self._job_uid = settings.job_uid or f"{task.reproduction_id}-{task.attempt}"
        self._client = MlflowClient(tracking_uri=settings.tracking_uri, registry_uri=settings.tracking_uri)
        self._patience = Patience(settings.registry_patience_seconds, interruption)
        self._registry = ModelRegistry(self._client, self._patience, task.registered_model)

    def lineage(self) -> Lineage:
        """What the version follows from.

        Raises:
            CannotWork: there is no such version, another run has made it, or it has no lineage that can be read.
        """
        task, reproduces = self._task, self._task.reproduces
        version = self._registry.evaluated_version(reproduces.version, task.sensor_model)
        if version.run_id != reproduces.run_id:
            raise self._unusable(f"was made by run {version.run_id}, not by {reproduces.run_id}")
        content = self._patience.call("read the lineage of the version", self._download)
        if content is None:
            raise self._unusable(
                f"has no {ARTIFACT_LINEAGE} among the artifacts of its run: an older trainer made it, or it was "
                "deleted. The next version has one"
            )
        try:
            return Lineage.model_validate_json(content)
        except ValidationError as error:
            raise self._unusable(f"has a lineage that this trainer cannot read: {error}") from error

    def run(self) -> AbstractContextManager[Run]:
        """The run of this Job."""
        task = self._task
        tags = reproduction_tags(task, self._job_uid) | run_tags(task, why_reproduced(task))
        name = f"{task.sensor_id}-reproduction-{task.reproduces.version}-{task.attempt}"
        return run_of_job(self._client, self._patience, task.experiment, name, tags)

    def finish(self, run: Run) -> None:
        """End the run."""
        self._patience.call("end the run", lambda: self._client.set_terminated(run.run_id, "FINISHED"), finish=True)

    def _download(self) -> str | None:
        run_id = self._task.reproduces.run_id
        if ARTIFACT_LINEAGE not in {file.path for file in self._client.list_artifacts(run_id)}:
            return None
        with TemporaryDirectory() as folder:
            return Path(self._client.download_artifacts(run_id, ARTIFACT_LINEAGE, folder)).read_text(encoding="utf-8")

    def _unusable(self, why: str) -> CannotWork:
        named = f"version {self._task.reproduces.version} of {self._task.registered_model}"
        return CannotWork(FailureReason.VERSION_UNUSABLE, f"{named} {why}")

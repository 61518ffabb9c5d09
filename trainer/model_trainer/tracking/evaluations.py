"""MLflow as an evaluation sees it: the version that is scored, a run, and the records in the version's tag."""

import hashlib
import logging
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path, PurePosixPath

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from pydantic import ValidationError

from model_contract.drift import DriftProfile, ProfileFormatError
from model_contract.evaluation import EVALUATIONS, EvaluationRecord, EvaluationTask, evaluations_tag
from model_contract.keys import ARTIFACT_DRIFT_PROFILE, Tag
from model_contract.result import EvaluationSucceeded, FailureReason
from model_trainer.errors import CannotWork
from model_trainer.interruption import Interruption
from model_trainer.record import evaluation_tags, run_tags, why_evaluated
from model_trainer.settings import Settings
from model_trainer.tracking.experiment import Run, run_of_job
from model_trainer.tracking.flavour import RegisteredModel, load_version
from model_trainer.tracking.patience import Patience
from model_trainer.tracking.registry import ModelRegistry

logger = logging.getLogger(__name__)


class EvaluationTracker:
    """Everything that one evaluation asks of MLflow and leaves there."""

    def __init__(self, task: EvaluationTask, settings: Settings, interruption: Interruption) -> None:
        self._task = task
        self.job_uid = settings.job_uid or f"{task.evaluation_id}-{task.attempt}"
        self._client = MlflowClient(tracking_uri=settings.tracking_uri, registry_uri=settings.tracking_uri)
        self._patience = Patience(settings.registry_patience_seconds, interruption)
        self._registry = ModelRegistry(self._client, self._patience, task.registered_model)

    def finished(self) -> EvaluationSucceeded | None:
        """What an earlier pod of this Job has left in the version's tag; None if it left nothing.

        Raises:
            CannotWork: there is no such version, or another SensorModel owns the registered model.
        """
        records = _records(self._version())
        found = next((record for record in records if record.evaluation_id == self._task.evaluation_id), None)
        return None if found is None else self._succeeded(found)

    @cached_property
    def model(self) -> RegisteredModel:
        """The version that is scored.

        Raises:
            CannotWork: it cannot be used.
        """
        return load_version(self._patience, self._task.registered_model, self._task.version)

    def predecessor(self) -> RegisteredModel:
        """The version that served before.

        Raises:
            CannotWork: it cannot be used, or the task names none.
        """
        if self._task.predecessor is None:
            raise CannotWork(FailureReason.INVALID_TASK, "the task names no predecessor")
        return load_version(self._patience, self._task.registered_model, self._task.predecessor)

    def drift_profile(self, folder: Path) -> DriftProfile | None:
        """The drift profile of the version, downloaded into a folder; None where it has none that can be trusted."""
        version = self._version()
        registered = version.tags.get(Tag.DRIFT_PROFILE_DIGEST)
        content = self._download(version.run_id, folder) if registered else None
        if content is None:
            logger.info("the version has no drift profile", extra={"version": version.version})
            return None
        found = hashlib.sha256(content).hexdigest()
        if found != registered:
            logger.warning("another drift profile is registered", extra={"found": found, "registered": registered})
            return None
        try:
            return DriftProfile.from_bytes(content)
        except ProfileFormatError as error:
            logger.warning("the drift profile cannot be read: %s", error)
            return None

    def run(self) -> AbstractContextManager[Run]:
        """The run of this Job."""
        task = self._task
        tags = evaluation_tags(task, self.job_uid) | run_tags(task, why_evaluated(task))
        name = f"{task.sensor_id}-evaluation-{task.version}-{task.window.end:%Y%m%dT%H%M%SZ}"
        return run_of_job(self._client, self._patience, task.experiment, name, tags)

    def keep(self, record: EvaluationRecord) -> EvaluationSucceeded:
        """End the run and add its record to those in the version's tag, as they are now."""
        version = self._version()
        self._registry.complete(version, record.run_id, Tag.EVALUATIONS, evaluations_tag((*_records(version), record)))
        return self._succeeded(record)

    def _version(self) -> ModelVersion:
        return self._registry.evaluated_version(self._task.version, self._task.sensor_model)

    def _download(self, run_id: str, folder: Path) -> bytes | None:
        def download() -> bytes | None:
            listed = self._client.list_artifacts(run_id, str(PurePosixPath(ARTIFACT_DRIFT_PROFILE).parent))
            if ARTIFACT_DRIFT_PROFILE not in {file.path for file in listed}:
                return None
            return Path(self._client.download_artifacts(run_id, ARTIFACT_DRIFT_PROFILE, str(folder))).read_bytes()

        return self._patience.call("read the drift profile", download)

    def _succeeded(self, record: EvaluationRecord) -> EvaluationSucceeded:
        return EvaluationSucceeded(
            run_id=record.run_id, registered_model=self._task.registered_model, version=self._task.version
        )


def _records(version: ModelVersion) -> tuple[EvaluationRecord, ...]:
    text = version.tags.get(Tag.EVALUATIONS)
    if text is None:
        return ()
    try:
        return EVALUATIONS.validate_json(text)
    except ValidationError as error:
        logger.warning("the records of earlier evaluations cannot be read and are replaced: %s", error)
        return ()

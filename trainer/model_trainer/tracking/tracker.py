"""MLflow as a training sees it: one object for one Job."""

import logging
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from model_contract.keys import Tag
from model_contract.result import FailureReason, TrainingSucceeded
from model_contract.task import TrainingTask
from model_trainer.errors import CannotWork
from model_trainer.interruption import Interruption
from model_trainer.record import run_tags, training_tags, why_trained
from model_trainer.settings import Settings
from model_trainer.tracking.checkpoints import CheckpointStore
from model_trainer.tracking.experiment import Run, run_of_job
from model_trainer.tracking.flavour import ModelCard, RegisteredModel, load_version, save_model
from model_trainer.tracking.patience import Patience
from model_trainer.tracking.registry import ModelRegistry

logger = logging.getLogger(__name__)


class Tracker:
    """Everything that one training asks of MLflow and leaves there."""

    def __init__(self, task: TrainingTask, settings: Settings, interruption: Interruption) -> None:
        self._task = task
        self._job_uid = settings.job_uid or f"{task.decision_id}-{task.attempt}"
        self._client = MlflowClient(tracking_uri=settings.tracking_uri, registry_uri=settings.tracking_uri)
        self._patience = Patience(settings.registry_patience_seconds, interruption)
        self._registry = ModelRegistry(self._client, self._patience, task.registered_model)

    @property
    def tags(self) -> dict[str, str]:
        """The tags that say whose training this is."""
        return training_tags(self._task, self._job_uid)

    def finished(self) -> TrainingSucceeded | None:
        """The version that an earlier pod of this Job has registered, completed if it was not; None without one."""
        version = self._registry.find_version(self._job_uid)
        if version is None:
            return None
        if version.tags.get(Tag.COMPLETE) != "true":
            CheckpointStore(self._client, self._patience, version.run_id).remove()
            self._registry.complete(version, version.run_id)
        return self._succeeded(version)

    def claim_model(self) -> None:
        """Make sure that the registered model is this SensorModel's."""
        self._registry.claim(self._task.sensor_model)

    def run(self) -> AbstractContextManager[Run]:
        """The run of this Job."""
        task = self._task
        tags = self.tags | run_tags(task, why_trained(task))
        name = f"{task.sensor_id}-{task.trigger.kind.lower()}-{task.attempt}"
        return run_of_job(self._client, self._patience, task.experiment, name, tags)

    def champion(self) -> RegisteredModel | None:
        """The version to compare with; None if there is none or it cannot be loaded."""
        if self._task.champion_version is None:
            return None
        try:
            return load_version(self._patience, self._task.registered_model, self._task.champion_version)
        except CannotWork as ended:  # its replacement must not depend on it
            if ended.reason is not FailureReason.VERSION_UNUSABLE:
                raise
            logger.warning("the champion cannot be loaded: %s", ended.message)
            return None

    def register(self, run: Run, network: Any, card: ModelCard, folder: Path, tags: dict[str, str]) -> ModelVersion:
        """Upload the model and create the version of this Job with its tags; it is not complete yet."""
        save_model(network, card, folder, run.run_id)
        model_id = self._registry.upload_model(run, folder, {"model_type": self._task.model_type})
        return self._registry.create_version(run, model_id, self.tags | tags)

    def complete(self, run: Run, version: ModelVersion) -> TrainingSucceeded:
        """End the run, and then say that all of the version is there; what was kept for a next pod goes."""
        run.checkpoints.remove()
        self._registry.complete(version, run.run_id)
        return self._succeeded(version)

    def _succeeded(self, version: ModelVersion) -> TrainingSucceeded:
        return TrainingSucceeded(
            run_id=version.run_id, registered_model=self._task.registered_model, version=int(version.version)
        )

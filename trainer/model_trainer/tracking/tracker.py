"""MLflow as the pipeline sees it: one object for one training."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mlflow import MlflowClient
from mlflow.entities import Dataset

from model_contract.keys import Tag
from model_contract.result import TrainingSucceeded
from model_contract.task import TrainingTask
from model_trainer.errors import Interrupted
from model_trainer.interruption import Interruption
from model_trainer.record import DatasetRecord, identity_tags
from model_trainer.settings import Settings
from model_trainer.tracking.experiment import Run, open_run
from model_trainer.tracking.flavour import ModelCard, RegisteredModel, installed_versions, load_version, save_model
from model_trainer.tracking.patience import Patience
from model_trainer.tracking.registry import ModelRegistry

MAX_TAG: Final = 8000  # characters of a run tag; MLflow cuts the rest without a word
PACKAGES: Final = (
    *("sensor-model-operator", "tensorflow-cpu", "tensorflow", "keras", "numpy", "pandas", "pyarrow"),
    *("mlflow", "mlflow-skinny", "matplotlib"),
)


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
        return identity_tags(self._task, self._job_uid)

    def versions(self) -> dict[str, str]:
        """The versions of the packages that results depend on."""
        return installed_versions(PACKAGES)

    def finished(self) -> TrainingSucceeded | None:
        """The version that an earlier pod of this Job has registered, completed if it was not; None without one."""
        version = self._registry.find_version(self._job_uid)
        if version is None:
            return None
        if version.tags.get(Tag.COMPLETE) != "true":
            self._registry.complete(version, version.run_id)
        return self._succeeded(version)

    def claim_model(self) -> None:
        """Make sure that the registered model is this SensorModel's."""
        model = self._task.sensor_model
        self._registry.claim(f"{model.namespace}/{model.name}", model.uid)

    @contextmanager
    def run(self) -> Iterator[Run]:
        """The run of this Job; it ends as KILLED when interrupted and as FAILED on any other error."""
        task = self._task
        tags = self.tags | {
            Tag.TASK: task.to_json()[:MAX_TAG],
            "mlflow.note.content": f"{task.trigger.kind}: {task.trigger.message}",
            "mlflow.source.name": "model_trainer",
        }
        name = f"{task.sensor_id}-{task.trigger.kind.lower()}-{task.attempt}"
        run = open_run(self._client, self._patience, task.experiment, name, (Tag.JOB_UID, self._job_uid), tags)
        try:
            yield run
        except Interrupted:
            run.abandon("KILLED")
            raise
        except BaseException:
            run.abandon("FAILED")
            raise

    def log_dataset(self, run: Run, record: DatasetRecord) -> None:
        """Say on what the run was trained."""
        run.log_dataset(Dataset(record.name, record.digest, "local", record.source, profile=record.profile))

    def champion(self) -> RegisteredModel | None:
        """The version to compare with; None if there is none or it cannot be loaded."""
        if self._task.champion_version is None:
            return None
        return load_version(self._patience, self._task.registered_model, self._task.champion_version)

    def register(
        self, run: Run, network: Any, card: ModelCard, folder: Path, tags: dict[str, str]
    ) -> TrainingSucceeded:
        """Upload the model, create the version with its tags, end the run, and complete the version: in this order."""
        save_model(network, card, folder, run.run_id)
        model_id = self._registry.upload_model(run, folder, {"model_type": self._task.model_type})
        version = self._registry.create_version(run, model_id, self.tags | tags)
        self._registry.complete(version, run.run_id)
        return self._succeeded(version)

    def _succeeded(self, version: Any) -> TrainingSucceeded:
        return TrainingSucceeded(
            run_id=version.run_id, registered_model=self._task.registered_model, version=int(version.version)
        )

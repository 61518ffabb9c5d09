"""What trainings have left in MLflow."""

from dataclasses import dataclass
from typing import Any

from mlflow import MlflowClient

from model_contract.keys import ENV_JOB_UID, Tag
from model_contract.result import TrainingSucceeded
from model_contract.task import TrainingTask
from model_trainer.settings import Settings


@dataclass(frozen=True)
class Trained:
    """A training that has succeeded."""

    task: TrainingTask
    settings: Settings
    done: TrainingSucceeded

    @property
    def name(self) -> str:
        return self.task.registered_model


def versions(client: MlflowClient, name: str) -> list[Any]:
    return list(client.search_model_versions(f"name = '{name}'"))


def runs_of_job(client: MlflowClient, settings: Settings) -> list[Any]:
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(experiments, f"tags.`{Tag.JOB_UID}` = '{settings.job_uid}'"))


def require_nothing_registered(client: MlflowClient, job_uid: str) -> None:
    """No version of the name that is also the uid, not even half of one; a run of the Job, if there is one, failed."""
    settings = Settings.from_environment({"MLFLOW_TRACKING_URI": client.tracking_uri, ENV_JOB_UID: job_uid})
    assert versions(client, job_uid) == []
    assert {run.info.status for run in runs_of_job(client, settings)} <= {"FAILED"}

"""The trainer as a process: environment in, termination message, exit code and log out."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ENV_JOB_UID, ENV_TASK, ExitCode, Tag
from model_contract.result import (
    EvaluationSucceeded,
    FailureReason,
    TrainingFailed,
    TrainingSucceeded,
)
from tests.trainer.job_process import Job
from tests.trainer.registry_view import Trained
from tests.trainer.telemetry_files import a_task, an_evaluation

NOWHERE = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "MLFLOW_TRACKING_URI"),
        (NOWHERE, "set SENSORMODEL_TASK, or name a file with --task"),
        (NOWHERE | {ENV_TASK: "{}"}, "decisionId: Field required"),
        (NOWHERE | {"SENSORMODEL_THREADS": "none"}, "SENSORMODEL_THREADS"),
    ],
    ids=["no MLflow", "no task", "an incomplete task", "a setting that is no number"],
)
def test_what_was_not_asked_properly_cannot_work(
    start: Callable[..., Job], environment: dict[str, str], said: str
) -> None:
    job = start(environment)

    assert job.end() == ExitCode.CANNOT_WORK
    assert isinstance(job.outcome, TrainingFailed)
    assert job.outcome.reason is FailureReason.INVALID_TASK
    assert said in job.outcome.message
    assert [entry["level"] for entry in job.log] == ["info", "error"]


def test_bad_hyperparameters_in_a_file_are_refused_without_mlflow(start: Callable[..., Job], tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    file.write_text(a_task(hyperparameters={"epoch": "3"}).to_json())

    job = start(NOWHERE, "--task", str(file))

    assert job.end() == ExitCode.CANNOT_WORK
    assert isinstance(job.outcome, TrainingFailed)
    assert job.outcome.reason is FailureReason.INVALID_HYPERPARAMETER


def test_a_task_of_the_other_kind_is_refused(start: Callable[..., Job]) -> None:
    job = start(NOWHERE | {ENV_TASK: a_task().to_json()}, "evaluate")

    assert job.end() == ExitCode.CANNOT_WORK
    assert isinstance(job.outcome, TrainingFailed)
    assert "the task is no EvaluationTask: evaluationId: Field required" in job.outcome.message


@pytest.mark.parametrize(
    ("hyperparameters", "said"),
    [
        ({"epoch": "3"}, "epoch: Telemanom has no such hyperparameter; it has "),
        ({"epochs": "three"}, "epochs: Input should be a valid integer"),
        ({"epochs": "0"}, "epochs: Input should be greater than or equal to 1, found '0'"),
        ({"learning_rate": "nan"}, "learning_rate: Input should be a finite number"),
        ({"sequence_length": "20", "hop": "30"}, "hop (30) must not exceed sequence_length (20)"),
    ],
    ids=["an unknown name", "a wrong type", "out of bounds", "not finite", "two that do not go together"],
)
def test_bad_hyperparameters_are_named_before_anything_is_read(
    start: Callable[..., Job], hyperparameters: dict[str, str], said: str
) -> None:
    job = start(NOWHERE | {ENV_TASK: a_task(hyperparameters=hyperparameters).to_json()})

    assert job.end() == ExitCode.CANNOT_WORK
    assert isinstance(job.outcome, TrainingFailed)
    assert job.outcome.reason is FailureReason.INVALID_HYPERPARAMETER
    assert said in job.outcome.message


def test_a_registry_that_stays_away_is_worth_another_try(start: Callable[..., Job]) -> None:
    job = start(NOWHERE | {ENV_TASK: a_task().to_json(), "SENSORMODEL_REGISTRY_PATIENCE_SECONDS": "1"})

    assert job.end() == ExitCode.TRY_AGAIN
    assert isinstance(job.outcome, TrainingFailed)
    assert job.outcome.reason is FailureReason.REGISTRY_UNAVAILABLE


def long_training(mlflow_server: MlflowServer, name: str) -> dict[str, str]:
    """The environment of a Job that fits for a while."""
    hyperparameters = {"epochs": "400", "patience": "400", "units": "8", "sequence_length": "64", "hop": "16"}
    return {
        "MLFLOW_TRACKING_URI": mlflow_server.url,
        ENV_JOB_UID: name,
        ENV_TASK: a_task(registeredModel=name, hyperparameters=hyperparameters).to_json(),
    }


def test_sigterm_ends_a_fit_and_registers_nothing(start: Callable[..., Job], mlflow_server: MlflowServer) -> None:
    job = start(long_training(mlflow_server, "terminated"))
    job.read_until("epoch 1")

    job.process.send_signal(signal.SIGTERM)

    assert job.end() == ExitCode.TRY_AGAIN
    assert isinstance(job.outcome, TrainingFailed)
    assert job.outcome.reason is FailureReason.INTERRUPTED
    client = MlflowClient(mlflow_server.url, mlflow_server.url)
    assert list(client.search_model_versions("name = 'terminated'")) == []
    experiment = client.get_experiment_by_name("sensors")
    (run,) = client.search_runs([experiment.experiment_id], f"tags.`{Tag.JOB_UID}` = 'terminated'")
    assert run.info.status == "KILLED"


def test_mlflow_may_be_killed_and_return_while_a_job_runs(
    start: Callable[..., Job], mlflow_server: MlflowServer
) -> None:
    task = a_task(registeredModel="survivor").to_json()
    job = start({"MLFLOW_TRACKING_URI": mlflow_server.url, ENV_JOB_UID: "survivor", ENV_TASK: task})
    job.read_until("fitting")

    mlflow_server.stop()
    job.read_until("MLflow is away")
    mlflow_server.start()

    assert job.end() == ExitCode.SUCCESS
    client = MlflowClient(mlflow_server.url, mlflow_server.url)
    (version,) = client.search_model_versions("name = 'survivor'")
    assert job.outcome == TrainingSucceeded(
        run_id=version.run_id, registered_model="survivor", version=int(version.version)
    )
    assert version.tags[Tag.COMPLETE] == "true"
    assert len(client.get_metric_history(version.run_id, "train_loss")) == 2


def test_a_job_that_compares_with_a_champion_logs_nothing_but_json(
    start: Callable[..., Job], mlflow_server: MlflowServer, first: Trained
) -> None:
    """Reading the log fails on any other line, such as a progress bar of Keras."""
    task = a_task(registeredModel=first.name, championVersion=first.done.version)
    job = start({"MLFLOW_TRACKING_URI": mlflow_server.url, ENV_JOB_UID: "compared", ENV_TASK: task.to_json()})

    assert job.end() == ExitCode.SUCCESS
    assert {"the trainer starts", "telemetry read", "epoch 1"} <= {entry["message"] for entry in job.log}


def test_an_evaluation_is_a_command_of_its_own(
    start: Callable[..., Job], mlflow_server: MlflowServer, first: Trained
) -> None:
    task = an_evaluation(first.task, first.done.version, "as-a-job")
    job = start(
        {"MLFLOW_TRACKING_URI": mlflow_server.url, ENV_JOB_UID: "as-a-job", ENV_TASK: task.to_json()}, "evaluate"
    )

    assert job.end() == ExitCode.SUCCESS
    assert isinstance(job.outcome, EvaluationSucceeded)
    assert (job.outcome.registered_model, job.outcome.version) == (first.name, first.done.version)
    said = [entry["message"] for entry in job.log]
    assert said[:2] == ["the trainer starts", "telemetry read"]
    assert "the last value" in said[2]
    assert said[3:] == ["a version is scored"]


def test_an_evaluation_that_cannot_work_says_why(
    start: Callable[..., Job], mlflow_server: MlflowServer, first: Trained, tmp_path: Path
) -> None:
    file = tmp_path / "task.json"
    file.write_text(an_evaluation(first.task, 99, "of-no-version").to_json())
    job = start({"MLFLOW_TRACKING_URI": mlflow_server.url}, "evaluate", "--task", str(file))

    assert job.end() == ExitCode.CANNOT_WORK
    assert isinstance(job.outcome, TrainingFailed)
    assert job.outcome.reason is FailureReason.VERSION_UNUSABLE

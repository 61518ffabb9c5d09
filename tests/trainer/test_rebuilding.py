"""Trainings as Jobs: processes of their own that share nothing but the task give the same weights, bit for bit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcluster.mlflow_server import MlflowServer
from model_contract.base import ContractModel
from model_contract.keys import ENV_JOB_UID, ENV_TASK, ExitCode
from model_contract.reproduction import Reproduces, ReproductionTask, ReproductionVerdict
from model_contract.result import ReproductionSucceeded, TrainingSucceeded, read_outcome
from tests.trainer.telemetry_files import SMALL, a_task

SOURCES = Path(__file__).resolve().parents[2] / "trainer"
TINY = {
    "Telemanom": SMALL,
    "Transformer": {"epochs": "2", "units": "8", "heads": "2", "layers": "1", "n_predictions": "4", "hop": "160"},
}


def run_job(server: MlflowServer, folder: Path, command: str, task: ContractModel, job_uid: str) -> str:
    """The termination message of a Job that ran to its end."""
    said = folder / job_uid
    environment = {"MLFLOW_TRACKING_URI": server.url, ENV_JOB_UID: job_uid, ENV_TASK: task.to_json()}
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "SENSORMODEL"))}
    ended = subprocess.run(
        [sys.executable, "-m", "model_trainer", command],
        env=plain | environment | {"PYTHONPATH": str(SOURCES), "TERMINATION_MESSAGE_PATH": str(said)},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert ended.returncode == ExitCode.SUCCESS, ended.stdout.decode()
    return said.read_text()


@pytest.mark.parametrize("model_type", TINY)
def test_two_jobs_with_one_lineage_give_bit_identical_weights(
    mlflow_server: MlflowServer, tmp_path: Path, model_type: str
) -> None:
    task = a_task(modelType=model_type, hyperparameters=TINY[model_type], registeredModel=f"rebuilt_{model_type}")
    trained = read_outcome(run_job(mlflow_server, tmp_path, "train", task, f"train-{model_type}"))
    assert isinstance(trained, TrainingSucceeded)
    asked = ReproductionTask(
        reproduction_id=f"again-{model_type}",
        sensor_model=task.sensor_model,
        sensor_id=task.sensor_id,
        experiment=task.experiment,
        registered_model=task.registered_model,
        reproduces=Reproduces(version=trained.version, run_id=trained.run_id),
    )

    again = read_outcome(run_job(mlflow_server, tmp_path, "reproduce", asked, f"again-{model_type}"))

    assert again == ReproductionSucceeded(
        run_id=again.run_id if isinstance(again, ReproductionSucceeded) else "",
        registered_model=task.registered_model,
        version=trained.version,
        verdict=ReproductionVerdict.SAME,
    )

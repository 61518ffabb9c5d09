"""The scripted trainer keeps the contract: what it leaves can be read as what the real one leaves."""

import os
import subprocess
import sys
from pathlib import Path

from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.evaluation import EVALUATIONS, EvaluationTask
from model_contract.keys import ENV_JOB_UID, ENV_TASK, ENV_TERMINATION_MESSAGE_PATH, Kpi, Tag
from model_contract.result import EvaluationSucceeded, TrainingSucceeded, read_outcome
from model_contract.task import TrainingTask
from tests.trainer.telemetry_files import a_task, an_evaluation

ROOT = Path(__file__).resolve().parents[2]


def test_it_trains_and_evaluates_once_per_job(
    client: MlflowClient, mlflow_server: MlflowServer, tmp_path: Path
) -> None:
    def run(task: TrainingTask | EvaluationTask, *arguments: str) -> TrainingSucceeded | EvaluationSucceeded:
        log = tmp_path / "termination-log"
        environment = {"MLFLOW_TRACKING_URI": mlflow_server.url, "PYTHONPATH": str(ROOT / "trainer")} | {
            ENV_TASK: task.to_json(),
            ENV_JOB_UID: "scripted-job",
            ENV_TERMINATION_MESSAGE_PATH: str(log),
            "SCRIPTED_KPIS": '{"RMSE": 0.3}',
        }
        command = [sys.executable, str(ROOT / "tests" / "scripted_trainer.py"), *arguments]
        subprocess.run(command, env=os.environ | environment, check=True)
        outcome = read_outcome(log.read_text())
        assert isinstance(outcome, TrainingSucceeded | EvaluationSucceeded)
        return outcome

    trained = run(a_task(registeredModel="scripted"))
    asked = an_evaluation(a_task(registeredModel="scripted"), trained.version, "scripted-evaluation")
    evaluated = run(asked, "evaluate")

    assert run(asked, "evaluate") == evaluated
    (record,) = EVALUATIONS.validate_json(client.get_model_version("scripted", "1").tags[Tag.EVALUATIONS])
    assert (record.evaluation_id, record.run_id, record.kpis) == (
        asked.evaluation_id,
        evaluated.run_id,
        {Kpi.RMSE: 0.3},
    )

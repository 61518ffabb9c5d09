"""A training that people follow, and that is interrupted: operator, Job controller, trainer and MLflow are the real ones."""

import json
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ARTIFACT_CHECKPOINTS, Tag
from tests.operator.operator_process import LONG_PATIENCE, OperatorProcess, Plant, eventually
from tests.trainer.telemetry_files import P1

ENDLESS = {"epochs": "1000", "patience": "1000", "units": "32", "n_predictions": "1"}  # minutes, on any machine


def objects() -> list[dict[str, Any]]:
    kinds = {"apiVersion": "sensormodel.io/v1alpha1"}
    policy = kinds | {"kind": "RetrainingPolicy", "metadata": {"name": "default"}, "spec": {}}
    spec = {
        "sensorID": "P-7",
        "modelType": "Telemanom",
        "telemetry": {"uri": P1.as_uri()},
        "policyRef": {"name": "default"},
        "training": {"hyperparameters": ENDLESS},
    }
    return [policy, kinds | {"kind": "SensorModel", "metadata": {"name": "p-7"}, "spec": spec}]


def training(plant: Plant) -> dict[str, Any]:
    found: dict[str, Any] = plant.get("sensormodel", "p-7").get("status", {}).get("training", {})
    return found


def what_became_of_the_checkpoint(plant: Plant, pod: str) -> str:
    """The first words that its log says about it; nothing while it says nothing."""
    said = [json.loads(line)["message"] for line in plant.kubectl("logs", pod).splitlines()]
    return next((line.rstrip(" 0123456789") for line in said if line.startswith(("going on", "a checkpoint"))), "")


def test_progress_reaches_the_status_and_the_next_pod_goes_on_where_sigterm_ended_the_first(
    working_plant: Plant, mlflow: MlflowServer, tmp_path: Path
) -> None:
    with OperatorProcess(working_plant, mlflow.url, tmp_path):
        working_plant.apply(*objects())
        working_plant.wait_for("p-7", "{.status.training.step}", "Fitting")
        eventually(lambda: "loss" in training(working_plant), expected=True)
        found = training(working_plant)
        assert found["outcome"] == "TrainingStarted"
        assert 0 <= found["progressPercent"] < 100
        assert float(found["loss"]) > 0
        assert found["estimatedEndTime"] > found["startTime"]

        client, of_job = MlflowClient(mlflow.url), f"tags.`{Tag.JOB_UID}` = '{found['jobUID']}'"
        experiment = client.get_experiment_by_name("telemanom_P-7")
        (run,) = client.search_runs([experiment.experiment_id], of_job)
        (first,) = working_plant.names("pods")
        working_plant.kubectl("delete", "pod", first, f"--timeout={LONG_PATIENCE}s")
        eventually(lambda: len(client.list_artifacts(run.info.run_id, ARTIFACT_CHECKPOINTS)), 1)
        eventually(lambda: len(set(working_plant.names("pods")) - {first}), 1)
        (second,) = set(working_plant.names("pods")) - {first}
        eventually(lambda: client.get_run(run.info.run_id).info.status, "RUNNING")
        eventually(lambda: what_became_of_the_checkpoint(working_plant, second), "going on after epoch")
        working_plant.kubectl("delete", "sensormodel", "p-7")
        eventually(lambda: working_plant.names("jobs"), [])

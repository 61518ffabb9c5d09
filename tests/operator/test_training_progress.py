"""A training that people follow, and that is interrupted: operator, Job controller, trainer and MLflow are the real ones."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from localcluster import Cluster
from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ARTIFACT_CHECKPOINTS, Tag
from tests.operator.operator_process import OperatorProcess, Plant, eventually
from tests.trainer.telemetry_files import P1

PATIENCE = 240  # seconds
ENDLESS = {"epochs": "1000", "patience": "1000", "units": "32", "n_predictions": "1"}  # minutes, on any machine


@pytest.fixture
def plant(cluster: Cluster, crds: None) -> Iterator[Plant]:
    """A namespace in which pods run."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "progress-"}}
    created = cluster.kubectl("create", "-f", "-", "-o", "name", stdin=json.dumps(manifest))
    plant = Plant(cluster, created.strip().removeprefix("namespace/"))
    yield plant
    cluster.kubectl("delete", "namespace", plant.namespace, "--wait=false")


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
    plant: Plant, mlflow: MlflowServer, tmp_path: Path
) -> None:
    with OperatorProcess(plant, mlflow.url, tmp_path):
        plant.apply(*objects())
        plant.cluster.kubectl(
            "wait", "--namespace", plant.namespace, "--for=jsonpath={.status.training.step}=Fitting", "sm/p-7",
            f"--timeout={PATIENCE}s", timeout=PATIENCE + 10,
        )  # fmt: skip
        eventually(lambda: "loss" in training(plant), expected=True)
        found = training(plant)
        assert found["outcome"] == "TrainingStarted"
        assert 0 <= found["progressPercent"] < 100
        assert float(found["loss"]) > 0
        assert found["estimatedEndTime"] > found["startTime"]

        client, of_job = MlflowClient(mlflow.url), f"tags.`{Tag.JOB_UID}` = '{found['jobUID']}'"
        experiment = client.get_experiment_by_name("telemanom_P-7")
        (run,) = client.search_runs([experiment.experiment_id], of_job)
        (first,) = plant.names("pods")
        plant.kubectl("delete", "pod", first, f"--timeout={PATIENCE}s")
        eventually(lambda: len(client.list_artifacts(run.info.run_id, ARTIFACT_CHECKPOINTS)), 1)
        eventually(lambda: len(set(plant.names("pods")) - {first}), 1)
        (second,) = set(plant.names("pods")) - {first}
        eventually(lambda: client.get_run(run.info.run_id).info.status, "RUNNING")
        eventually(lambda: what_became_of_the_checkpoint(plant, second), "going on after epoch")
        plant.kubectl("delete", "sensormodel", "p-7")
        eventually(lambda: plant.names("jobs"), [])

"""Secrets that the operator and a tenant hold appear nowhere: not in logs, events, status, Jobs or metrics."""

import json
from pathlib import Path
from typing import Any

import pytest

from localcluster.mlflow_server import MlflowServer
from tests.operator.operator_process import OperatorProcess, Plant, eventually
from tests.operator.test_operator import policy, sensor_model

OPERATORS = "canary-of-the-operator"
TENANTS = "canary-of-the-tenant"
CREDENTIALS = {"MLFLOW_TRACKING_TOKEN": OPERATORS, "AWS_SECRET_ACCESS_KEY": OPERATORS, "AWS_ACCESS_KEY_ID": OPERATORS}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "store"}, "stringData": {"key": TENANTS}}


def model_with_a_secret() -> dict[str, Any]:
    model = sensor_model()
    key = {"name": "AWS_SECRET_ACCESS_KEY", "secretKeyRef": {"name": "store", "key": "key"}}
    model["spec"]["training"] = {"env": [key]}
    return model


@pytest.mark.parametrize("mlflow_answers", [True, False], ids=["while all is well", "while MLflow does not answer"])
def test_no_secret_is_told_to_anybody(
    plant: Plant, mlflow: MlflowServer, tmp_path: Path, *, mlflow_answers: bool
) -> None:
    plant.apply(SECRET, policy(), model_with_a_secret())
    url = mlflow.url if mlflow_answers else "http://127.0.0.1:9"
    with OperatorProcess(plant, url, tmp_path, CREDENTIALS | {"SENSORMODEL_LOG_LEVEL": "DEBUG"}) as operator:
        told = (
            ("Training", ("True", "TrainingStarted")) if mlflow_answers else ("Ready", ("False", "RegistryUnavailable"))
        )
        eventually(lambda: plant.condition("p-1", told[0]), told[1])
        if mlflow_answers:
            (job,) = json.loads(plant.kubectl("get", "jobs", "-o", "json"))["items"]
            (container,) = job["spec"]["template"]["spec"]["containers"]
            by_reference = {"secretKeyRef": {"name": "store", "key": "key"}}
            assert {"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": by_reference} in container["env"]
        said = [
            plant.kubectl("get", "sensormodels,retrainingpolicies,jobs,events,configmaps", "-o", "yaml"),
            operator.ask("metrics", "/metrics")[1],
            json.dumps(operator.lines()),
        ]
    assert [(text.count(OPERATORS), text.count(TENANTS)) for text in said] == [(0, 0)] * 3

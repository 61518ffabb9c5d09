"""Performance from end to end: operator, Job controller, trainer, MLflow and telemetry are the real ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import Tag
from tests.operator.operator_process import OperatorProcess, Plant

START = datetime(2026, 1, 1, tzinfo=UTC)
TRAINED_ON = 2 * 1440  # rows of one minute


def write_telemetry(path: Path, *, days: int, disturbed_from: int | None = None) -> None:
    """A sensor with a season of two hours; from a row on it is three times as noisy, still within its range."""
    rows = days * 1440
    random = np.random.default_rng(5)
    noise = random.normal(scale=0.02, size=rows)
    if disturbed_from is not None:
        noise[disturbed_from:] *= 3
    values = np.sin(np.arange(rows) * 2 * np.pi / 120) + noise
    times = pa.array([START + timedelta(minutes=row) for row in range(rows)], pa.timestamp("us", tz="UTC"))
    new = path.with_suffix(".new")
    pq.write_table(pa.table({"timestamp": times, "value": values}), new)
    new.replace(path)


def policy() -> dict[str, Any]:
    triggers = {
        "performance": {"metric": "RMSE", "maxDegradationPercent": 50, "checkInterval": "1s", "window": "24h"},
        "drift": {"enabled": False, "currentWindow": "4h", "referenceWindow": "24h"},
    }
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "RetrainingPolicy",
        "metadata": {"name": "default"},
        "spec": {"checkInterval": "2s", "cooldown": "0s", "triggers": triggers},
    }


def sensor_model(path: Path) -> dict[str, Any]:
    fast = {"epochs": "1", "units": "8", "batch_size": "64", "n_predictions": "1"}
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "metadata": {"name": "p-9"},
        "spec": {
            "sensorID": "P-9",
            "modelType": "Telemanom",
            "telemetry": {"uri": path.as_uri()},
            "policyRef": {"name": "default"},
            "training": {"lookback": "48h", "hyperparameters": fast},
            "productionVersion": 1,
        },
    }


def test_a_version_that_does_worse_on_new_telemetry_is_scored_in_a_job_and_trained_anew(
    working_plant: Plant, mlflow: MlflowServer, tmp_path: Path
) -> None:
    telemetry = tmp_path / "P-9.parquet"
    write_telemetry(telemetry, days=2)
    with OperatorProcess(working_plant, mlflow.url, tmp_path, {"SENSORMODEL_TELEMETRY_ROOTS": str(tmp_path)}):
        working_plant.apply(policy(), sensor_model(telemetry))
        working_plant.wait_for("p-9", "{.status.stages.production.version}", "1")
        write_telemetry(telemetry, days=3, disturbed_from=TRAINED_ON)
        working_plant.wait_for("p-9", "{.status.assessment.performance.degraded}", "true")
        working_plant.wait_for("p-9", "{.status.training.trigger}", "Performance")
        status = working_plant.get("sensormodel", "p-9")["status"]
        working_plant.wait_for("p-9", "{.status.training.outcome}", "TrainingSucceeded")
    found = status["assessment"]["performance"]
    assert float(found["value"]) > 1.5 * float(found["baseline"])
    assert found["windowStartTime"] == "2026-01-03T00:00:00Z"  # where the version's own training ended
    client = MlflowClient(mlflow.url)
    run = client.get_run(found["runID"])
    assert run.data.tags[Tag.EVALUATED_VERSION] == "1"
    assert run.data.metrics["champion_rmse"] == pytest.approx(float(found["value"]), rel=1e-3)
    assert [file.path for file in client.list_artifacts(found["runID"], "figures")] != []
    assert client.get_model_version("telemanom_P-9", "2").tags[Tag.TRIGGER] == "Performance"
    said = {condition["type"]: condition["status"] for condition in status["conditions"]}
    assert (said["Ready"], said["PerformanceDegraded"]) == ("True", "True")

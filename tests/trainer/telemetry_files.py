"""Telemetry and tasks for the trainer's tests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from model_contract.evaluation import EvaluationTask
from model_contract.task import TrainingTask

P1 = Path(__file__).resolve().parents[2] / "demo" / "telemetry" / "P-1.parquet"
P1_TRAIN_END = datetime(2024, 1, 2, 23, 52, tzinfo=UTC)
SMALL = {"epochs": "2", "units": "8"}  # hyperparameters of a training that takes a second
START = np.datetime64("2024-01-01T00:00:00", "ns")


def minutes(rows: int) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Time stamps one minute apart, from the start of 2024."""
    return START + np.arange(rows) * np.timedelta64(1, "m")


def waves(rows: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A signal that a model can learn: two waves and a little noise."""
    row = np.arange(rows)
    noise = np.random.default_rng(3).normal(0, 0.01, rows)
    return np.asarray(np.sin(row / 9) + 0.3 * np.sin(row / 4) + noise)


def write(path: Path, times: Any, **columns: Any) -> str:
    """Write a Parquet or CSV file with a column `timestamp` in UTC; returns its URI."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stamps = pa.array(times.astype("datetime64[ms]"), pa.timestamp("ms", tz="UTC"))
    table = pa.table({"timestamp": stamps, **{name: pa.array(column) for name, column in columns.items()}})
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path.as_uri()


def write_labels(path: Path, *spans: tuple[str, str]) -> str:
    """Write a label file of known anomalies, start and end of each; returns its URI."""
    path.write_text("start,end\n" + "".join(f"{start},{end}\n" for start, end in spans))
    return path.as_uri()


def a_task(**changes: Any) -> TrainingTask:
    """A task for a short training on the training rows of P-1; `changes` are fields of the task as JSON."""
    fields = {
        "decisionId": "decision-1",
        "sensorModel": {"namespace": "ml", "name": "p-1", "uid": "uid-p-1"},
        "sensorId": "P-1",
        "modelType": "Telemanom",
        "telemetry": {"uri": P1.as_uri()},
        "window": {"end": P1_TRAIN_END},
        "drift": {"referenceSeconds": 172_800, "currentSeconds": 14_400},
        "hyperparameters": SMALL,
        "experiment": "sensors",
        "registeredModel": "telemanom_P-1",
        "trigger": {"kind": "Initial", "identity": "initial", "message": "there is no version yet"},
    }
    return TrainingTask.model_validate(fields | changes)


def an_evaluation(trained: TrainingTask, number: int, evaluation_id: str, /, **changes: Any) -> EvaluationTask:
    """A task that scores a version on two windows of its drift profile; `changes` are fields of the task as JSON."""
    fields = {
        "evaluationId": evaluation_id,
        "sensorModel": trained.sensor_model,
        "sensorId": trained.sensor_id,
        "modelType": trained.model_type,
        "telemetry": trained.telemetry,
        "window": {"start": "2024-01-04T08:00:00Z", "end": "2024-01-04T16:00:00Z"},
        "drift": trained.drift,
        "hyperparameters": trained.hyperparameters,
        "experiment": trained.experiment,
        "registeredModel": trained.registered_model,
        "version": number,
    }
    return EvaluationTask.model_validate(fields | changes)

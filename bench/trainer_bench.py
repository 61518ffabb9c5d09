"""Measure whole trainings on one core as a Job runs them: start of Python, imports, MLflow and registration included.

Called by `bench.__main__`. The MLflow server runs on the same machine and is not counted.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.processes import PYTHON, ROOT, python_environment
from bench.table import Bar, Table, number
from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ENV_JOB_UID, ENV_TASK, ENV_TERMINATION_MESSAGE_PATH
from model_contract.task import (
    DataWindow,
    DriftWindows,
    ModelType,
    SensorModelIdentity,
    TelemetrySource,
    TrainingTask,
    Trigger,
    TriggerKind,
)

TELEMETRY: Final = ROOT / "demo/telemetry/P-1.parquet"
_FIRST_ROW: Final = datetime(2024, 1, 1, tzinfo=UTC)
_PUBLISHED_ROWS: Final = 2872  # of P-1: what its publishers train on
_HOUR: Final = 3600.0
_LIMIT_SECONDS: Final = 20.0
_LIMIT_MIB: Final = 1024.0
_UNPUBLISHED: Final = "the default look-back, 168 h"
_PUBLISHED: Final = f"the publishers' {_PUBLISHED_ROWS} rows"
_MANY_ROWS: Final = 1_000_000
_MANY: Final = f"{_MANY_ROWS} rows of 4 columns, 1 epoch, hop 300"
_MANY_LIMIT_MIB: Final = 1536.0


@dataclass(frozen=True)
class Training:
    """What one training took, and when it had got how far."""

    name: str
    seconds: float
    cpu_seconds: float
    peak_mib: float
    milestones: tuple[tuple[str, float], ...]  # a log line, and seconds from the start of the process until it


def measure_trainings(*, quick: bool) -> tuple[list[Table], list[Bar], list[Training]]:
    """Tables, bars and raw values; `quick` leaves out all but the published rows.

    Raises:
        RuntimeError: a training failed.
    """
    published = DataWindow(end=_FIRST_ROW + timedelta(minutes=_PUBLISHED_ROWS), lookback_seconds=168 * _HOUR)
    with tempfile.TemporaryDirectory() as folder, MlflowServer(Path(folder) / "mlflow") as mlflow:
        tasks = {_PUBLISHED: _task(0, TELEMETRY, published)}
        if not quick:
            tasks[_UNPUBLISHED] = _task(1, TELEMETRY, DataWindow(lookback_seconds=168 * _HOUR))
            many = write_telemetry(Path(folder) / "many", _MANY_ROWS)
            tasks[_MANY] = _task(2, many, DataWindow(), {"epochs": "1", "hop": "300"})
        trainings = [_train(name, task, mlflow.url, Path(folder)) for name, task in tasks.items()]
    return [_table(trainings), _parts_table(trainings)], trainer_bars(trainings), trainings


def trainer_bars(trainings: Sequence[Training]) -> list[Bar]:
    """Time and memory of the training on the published rows, and memory of the one on many rows."""
    by_name = {training.name: training for training in trainings}
    training, large = by_name[_PUBLISHED], by_name.get(_MANY)
    return [
        Bar("trainer: P-1 on one core", training.seconds, _LIMIT_SECONDS, " s"),
        Bar("trainer: peak memory", training.peak_mib, _LIMIT_MIB, " MiB"),
        Bar("trainer: peak memory, 1 million rows", large.peak_mib if large else None, _MANY_LIMIT_MIB, " MiB"),
    ]


def write_telemetry(folder: Path, rows: int, files: int = 4) -> Path:
    """A folder of Parquet files: readings once a second of two waves with noise, another input, two commands."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(1)
    for part in range(files):
        row = np.arange(part * rows // files, (part + 1) * rows // files)
        columns = {
            "timestamp": pa.array(np.datetime64("2020-01-01", "ms") + row * np.timedelta64(1, "s")),
            "value": np.sin(row / 90) + 0.3 * np.sin(row / 4) + random.normal(0, 0.05, len(row)),
            "load": random.normal(0, 1, len(row)),
            "cmd_1": row // 50 % 2 == 0,
            "cmd_2": row // 150 % 2 == 0,
        }
        pq.write_table(pa.table(columns), folder / f"{part:03d}.parquet")
    return folder


def _task(
    number: int, telemetry: Path, window: DataWindow, hyperparameters: dict[str, str] | None = None
) -> TrainingTask:
    """A training with every default but the hyperparameters that are given."""
    return TrainingTask(
        decision_id=f"bench-{number}",
        sensor_model=SensorModelIdentity(namespace="bench", name="p-1", uid=f"bench-{number}"),
        sensor_id="P-1",
        model_type=ModelType.TELEMANOM,
        telemetry=TelemetrySource(uri=telemetry.as_uri()),
        window=window,
        hyperparameters=hyperparameters or {},
        drift=DriftWindows(reference_seconds=168 * _HOUR, current_seconds=4 * _HOUR),
        experiment=f"bench-{number}",
        registered_model=f"bench-{number}",
        trigger=Trigger(kind=TriggerKind.INITIAL, identity="first-version", message="a measurement"),
    )


def _train(name: str, task: TrainingTask, mlflow: str, folder: Path) -> Training:
    environment = {
        ENV_TASK: task.to_json(),
        ENV_JOB_UID: task.decision_id,
        ENV_TERMINATION_MESSAGE_PATH: str(folder / "outcome.json"),
        "MLFLOW_TRACKING_URI": mlflow,
    }
    log = folder / f"{task.decision_id}.log"
    path = os.pathsep.join([python_environment("trainer")["PYTHONPATH"], str(_without_scikit_learn(folder))])
    with log.open("wb") as output:
        begun, begun_at = time.perf_counter(), datetime.now(UTC)
        process = subprocess.Popen(
            [*_on_one_core(), PYTHON, "-m", "model_trainer"],
            env=os.environ | {"PYTHONPATH": path} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if process.returncode != 0:
        raise RuntimeError("the training failed:\n{}".format("\n".join(lines[-15:])))
    return Training(
        name=name,
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
        milestones=(*read_milestones(lines, begun_at), ("the process has ended", seconds)),
    )


def _without_scikit_learn(folder: Path) -> Path:
    """A folder that hides it: Keras imports it where it finds it, and the trainer's image does not hold it."""
    hiding = folder / "as-in-the-image"
    hiding.mkdir(exist_ok=True)
    (hiding / "sklearn.py").write_text('raise ImportError("hidden")\n', encoding="utf-8")
    return hiding


def read_milestones(lines: Iterable[str], begun: datetime) -> tuple[tuple[str, float], ...]:
    """The messages of the trainer's log with the seconds from `begun` until each; of epochs the first and the last."""
    found: dict[str, tuple[str, float]] = {}
    for line in lines:
        if not line.startswith("{"):
            continue  # a library wrote past the log
        entry = json.loads(line)
        if not entry["logger"].startswith("model_trainer"):
            continue
        message = entry["message"]
        key = "later epoch" if message.startswith("epoch") and "first epoch" in found else message
        key = "first epoch" if message == "epoch 1" else key
        found.pop(key, None)
        found[key] = (message, (datetime.fromisoformat(entry["time"]) - begun).total_seconds())
    return tuple(found.values())


def _on_one_core() -> list[str]:
    """The command in front of a program that keeps it on one core, where there is one."""
    taskset = shutil.which("taskset")
    return [taskset, "--cpu-list", str(max(os.sched_getaffinity(0)))] if taskset else []


def _table(trainings: Sequence[Training]) -> Table:
    where = "one core (taskset)" if _on_one_core() else "all cores, as there is no taskset"
    measured = (
        "python -m model_trainer as a Job runs it: telemanom with all defaults on P-1 (25 columns), and on many made-up"
        f" rows, {where}, MLflow server on the same machine. Seconds and CPU from the start of the process to its end,"
        " peak resident memory. Without scikit-learn: the image does not hold it, and Keras imports it if it is there."
    )
    rows = tuple((t.name, number(t.seconds), number(t.cpu_seconds), number(t.peak_mib)) for t in trainings)
    return Table("Trainer: one training", measured, ("", "seconds", "CPU s", "peak MiB"), rows)


def _parts_table(trainings: Sequence[Training]) -> Table:
    rows = []
    for training in trainings:
        before = 0.0
        for message, at in training.milestones:
            rows.append((f"{training.name}: {message}", f"{at - before:.1f}", f"{at:.1f}"))
            before = at
    measured = "Seconds between the lines of the trainer's own log, and since the start of the process."
    return Table("Trainer: parts", measured, ("until", "seconds", "since start"), tuple(rows))

"""Trainings that cannot work: each says why, and leaves no version; its run, if it had begun, has failed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from model_contract.result import FailureReason
from model_trainer.errors import CannotWork
from model_trainer.interruption import Interruption
from model_trainer.pipeline import train
from model_trainer.settings import Settings
from tests.trainer.registry_view import Trained, runs_of_job, versions
from tests.trainer.telemetry_files import P1, P1_TRAIN_END, a_task, minutes, waves, write


def p1(_: Path) -> str:
    return P1.as_uri()


def file_without_value(folder: Path) -> str:
    return write(folder / "a.parquet", minutes(600), speed=waves(600))


def file_with_a_hole(folder: Path) -> str:
    signal = waves(600)
    signal[300:310] = np.nan
    return write(folder / "a.parquet", minutes(600), value=signal)


def file_without_readings(folder: Path) -> str:
    return write(folder / "a.parquet", minutes(600), value=np.full(600, np.nan))


def file_of_text(folder: Path) -> str:
    return write(folder / "a.csv", minutes(600), value=["low"] * 600)


def file_that_is_cut(folder: Path) -> str:
    write(folder / "a.parquet", minutes(600), value=waves(600))
    content = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(content[: len(content) // 2])
    return (folder / "a.parquet").as_uri()


def file_with_damage(folder: Path) -> str:
    """A good footer, and a page that is not what it says."""
    write(folder / "a.parquet", minutes(600), value=waves(600))
    content = bytearray((folder / "a.parquet").read_bytes())
    content[4:400] = bytes(396)
    (folder / "a.parquet").write_bytes(content)
    return (folder / "a.parquet").as_uri()


REFUSED = [
    pytest.param(lambda _: "file:///gone.parquet", {}, {}, FailureReason.TELEMETRY_NOT_FOUND, id="missing file"),
    pytest.param(file_without_value, {}, {}, FailureReason.COLUMN_NOT_FOUND, id="unknown column"),
    pytest.param(file_with_a_hole, {}, {}, FailureReason.DATA_NOT_FINITE, id="missing readings"),
    pytest.param(file_without_readings, {}, {}, FailureReason.DATA_NOT_FINITE, id="no reading at all"),
    pytest.param(file_of_text, {}, {}, FailureReason.TELEMETRY_UNREADABLE, id="text for numbers"),
    pytest.param(file_that_is_cut, {}, {}, FailureReason.TELEMETRY_UNREADABLE, id="a file that is cut"),
    pytest.param(file_with_damage, {}, {}, FailureReason.TELEMETRY_UNREADABLE, id="a damaged page"),
    pytest.param(
        p1, {"end": P1_TRAIN_END, "lookbackSeconds": 3600}, {}, FailureReason.TOO_LITTLE_DATA, id="too little data"
    ),
    pytest.param(p1, {}, {"epochs": "0"}, FailureReason.INVALID_HYPERPARAMETER, id="bad hyperparameter"),
]


@pytest.mark.parametrize(("telemetry", "window", "hyperparameters", "reason"), REFUSED)
def test_what_cannot_work_registers_nothing(
    client: MlflowClient,
    settings: Settings,
    tmp_path: Path,
    telemetry: Callable[[Path], str],
    window: dict[str, Any],
    hyperparameters: dict[str, str],
    reason: FailureReason,
) -> None:
    name = f"telemanom_{reason}"
    task = a_task(
        registeredModel=name, telemetry={"uri": telemetry(tmp_path)}, window=window, hyperparameters=hyperparameters
    )

    with pytest.raises(CannotWork) as refused:
        train(task, settings, Interruption())

    assert refused.value.reason is reason
    assert versions(client, name) == []
    assert client.search_registered_models(f"name = '{name}'") == []
    assert {run.info.status for run in runs_of_job(client, settings)} <= {"FAILED"}


def test_a_model_that_another_sensor_owns_is_refused(client: MlflowClient, settings: Settings, first: Trained) -> None:
    task = a_task(registeredModel=first.name, sensorModel={"namespace": "ml", "name": "t-1", "uid": "uid-t-1"})

    with pytest.raises(CannotWork, match="belongs to SensorModel ml/p-1") as refused:
        train(task, settings, Interruption())

    assert refused.value.reason is FailureReason.REGISTERED_MODEL_OWNED
    assert {run.info.status for run in runs_of_job(client, settings)} <= {"FAILED"}

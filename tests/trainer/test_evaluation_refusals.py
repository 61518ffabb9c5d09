"""Evaluations that cannot be: each is refused with its reason and leaves nothing behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from model_contract.evaluation import EvaluationTask
from model_contract.result import FailureReason
from model_trainer.errors import CannotWork
from model_trainer.evaluation import evaluate
from model_trainer.interruption import Interruption
from model_trainer.settings import Settings
from model_trainer.tracking.flavour import RegisteredModel
from tests.trainer.registry_view import Trained, runs_of_job
from tests.trainer.telemetry_files import P1, minutes, waves, write


def evaluation_refused(task: EvaluationTask, settings: Settings) -> tuple[FailureReason, str]:
    with pytest.raises(CannotWork) as refused:
        evaluate(task, settings, Interruption())
    return refused.value.reason, refused.value.message


REFUSED = [
    pytest.param({"version": 99}, FailureReason.VERSION_UNUSABLE, "has no version 99", id="no such version"),
    pytest.param(
        {"telemetry": {"uri": P1.as_uri(), "valueColumn": "cmd_01"}},
        FailureReason.VERSION_UNUSABLE,
        "the version forecasts value, the sensor's value is cmd_01",
        id="another signal",
    ),
    pytest.param(
        {"telemetry": {"uri": "file:///gone.parquet"}},
        FailureReason.TELEMETRY_NOT_FOUND,
        "gone.parquet",
        id="no telemetry",
    ),
    pytest.param(
        {"window": {"start": "2023-06-01T00:00:00Z", "end": "2023-06-02T00:00:00Z"}},
        FailureReason.TOO_LITTLE_DATA,
        "0 rows from 2023-06-01T00:00:00Z to 2023-06-02T00:00:00Z can be forecast, at least 30 are needed",
        id="a window without rows",
    ),
    pytest.param(
        {"hyperparameters": {"epoch": "3"}},
        FailureReason.INVALID_HYPERPARAMETER,
        "epoch",
        id="a misspelt hyperparameter",
    ),
    pytest.param(
        {"sensorModel": {"namespace": "ml", "name": "t-1", "uid": "uid-t-1"}},
        FailureReason.REGISTERED_MODEL_OWNED,
        "belongs to SensorModel ml/p-1",
        id="the model of another sensor",
    ),
]


@pytest.mark.parametrize(("changes", "reason", "said"), REFUSED)
def test_what_cannot_be_scored_leaves_nothing_behind(
    client: MlflowClient,
    settings: Settings,
    task: Callable[..., EvaluationTask],
    changes: dict[str, Any],
    reason: FailureReason,
    said: str,
) -> None:
    found, message = evaluation_refused(task(**changes), settings)

    assert found is reason
    assert said in message
    assert runs_of_job(client, settings) == []


def test_a_version_whose_columns_are_gone_is_unusable(
    settings: Settings, task: Callable[..., EvaluationTask], tmp_path: Path
) -> None:
    uri = write(tmp_path / "sensor.parquet", minutes(600), value=waves(600), cmd_01=[True] * 600)

    reason, message = evaluation_refused(task(telemetry={"uri": uri}), settings)

    assert reason is FailureReason.VERSION_UNUSABLE
    assert message.startswith("the version needs columns that are gone: cmd_02, cmd_03")


def test_a_version_without_a_model_is_unusable(
    client: MlflowClient, settings: Settings, task: Callable[..., EvaluationTask], first: Trained
) -> None:
    client.create_registered_model("empty")
    client.create_model_version("empty", client.get_run(first.done.run_id).info.artifact_uri, run_id=first.done.run_id)

    reason, message = evaluation_refused(task(registeredModel="empty", version=1), settings)

    assert reason is FailureReason.VERSION_UNUSABLE
    assert message.startswith("models:/empty/1 cannot be used: ")


def test_a_version_that_notes_no_scale_is_unusable() -> None:
    """As those of trainers that could not evaluate yet."""
    noted = {"columns": ["value"], "horizon": 1, "sampling_seconds": 60.0, "sequence_length": 300}
    older = RegisteredModel("models:/older/1", ("value",), noted, None)

    with pytest.raises(CannotWork, match="lack signal_centre, signal_half_range; the next training notes") as refused:
        older.card  # noqa: B018  asking is enough

    assert refused.value.reason is FailureReason.VERSION_UNUSABLE

"""Trainings that are interrupted and go on, on P-1 against a real MLflow server."""

import logging
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from model_contract.keys import ARTIFACT_CHECKPOINTS
from model_contract.task import TrainingTask
from model_trainer.errors import Interrupted
from model_trainer.figures.fit import Epoch
from model_trainer.fit_state import FitState, Origin, from_bytes, to_bytes
from model_trainer.interruption import Interruption
from model_trainer.pipeline import train
from model_trainer.settings import Settings
from tests.trainer.interruptions import StoppedAtCheck
from tests.trainer.registry_view import runs_of_job
from tests.trainer.telemetry_files import a_task, minutes, waves, write

LSTM = {"epochs": "6", "units": "8", "sequence_length": "128", "hop": "64", "batch_size": "4", "averaged_epochs": "3"}
TRANSFORMER = LSTM | {"heads": "2", "layers": "1", "n_predictions": "3"}
ORIGIN = Origin(task="t", data="d", code="c")
STATE = FitState(
    epochs=(Epoch(1, 0.5, 0.25), Epoch(2, 0.4, 0.125)),
    stopped=False,
    best=0.125,
    waited=0,
    network=(np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, 2], np.uint32)),
    optimizer=(np.array(7, np.int64),),
    averaged=((np.ones(2, np.float32),), (np.zeros(2, np.float32),)),
    seconds=12.5,
)


@pytest.fixture
def registered_model(request: pytest.FixtureRequest) -> str:
    """A name of this test's own."""
    return f"model_{request.node.name}"


def kept(client: MlflowClient, settings: Settings) -> list[str]:
    """The checkpoints of the Job's only run."""
    (run,) = runs_of_job(client, settings)
    return [Path(each.path).stem for each in client.list_artifacts(run.info.run_id, ARTIFACT_CHECKPOINTS)]


def weights_of(task: TrainingTask, version: int) -> list[np.ndarray]:
    model = mlflow.pyfunc.load_model(f"models:/{task.registered_model}/{version}")
    weights: list[np.ndarray] = model.get_raw_model().get_weights()
    return weights


def interrupt(task: TrainingTask, settings: Settings, check: int) -> None:
    with pytest.raises(Interrupted):
        train(task, settings, StoppedAtCheck(check))


@pytest.mark.parametrize(
    ("model_type", "hyperparameters", "check", "checkpoint"),
    [
        pytest.param("Telemanom", LSTM, 35, "epoch-000003", id="an LSTM in its fourth epoch"),
        pytest.param("Transformer", TRANSFORMER, 35, "epoch-000003", id="a transformer in its fourth epoch"),
        pytest.param("Telemanom", LSTM, 60, "epoch-000006", id="an LSTM that is fitted and not judged"),
        pytest.param(
            "Telemanom",
            LSTM | {"patience": "1", "min_delta": "1"},
            29,
            "epoch-000002",
            id="an LSTM that stopped early and is not judged",
        ),
    ],
)
def test_an_interrupted_training_ends_with_the_same_weights(
    client: MlflowClient,
    settings: Settings,
    registered_model: str,
    model_type: str,
    hyperparameters: dict[str, str],
    check: int,
    checkpoint: str,
) -> None:
    """Bit by bit: weights, moments, random states, early stopping and averaged weights all go on."""
    task = a_task(modelType=model_type, registeredModel=registered_model, hyperparameters=hyperparameters)
    whole = train(task, settings.model_copy(update={"job_uid": f"{settings.job_uid} whole"}), Interruption())

    interrupt(task, settings, check)

    assert kept(client, settings) == [checkpoint]
    resumed = train(task, settings, Interruption())
    pairs = zip(weights_of(task, whole.version), weights_of(task, resumed.version), strict=True)
    assert [(one == other).all() for one, other in pairs].count(False) == 0
    assert kept(client, settings) == []
    losses = [
        [(point.step, point.value) for point in client.get_metric_history(run_id, "validation_loss")]
        for run_id in (whole.run_id, resumed.run_id)
    ]
    assert losses[0] == losses[1]


def test_a_fit_is_stored_now_and_then_and_only_the_newest_two_are_kept(
    client: MlflowClient, settings: Settings, registered_model: str
) -> None:
    task = a_task(registeredModel=registered_model, hyperparameters=LSTM)

    interrupt(task, settings.model_copy(update={"checkpoint_seconds": 0.0}), 58)

    names = kept(client, settings)
    assert names[-1] == "epoch-000006"
    assert len(names) <= 2


def test_a_checkpoint_of_other_data_is_refused_and_the_fit_begins_anew(
    client: MlflowClient,
    settings: Settings,
    registered_model: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    uri = write(tmp_path / "sensor.parquet", minutes(2872), value=waves(2872))
    task = a_task(registeredModel=registered_model, telemetry={"uri": uri}, window={}, hyperparameters=LSTM)
    interrupt(task, settings, 35)
    write(tmp_path / "sensor.parquet", minutes(2873), value=waves(2873))

    done = train(task, settings, Interruption())

    assert "a checkpoint is not used: it is of another data" in caplog.text
    assert len(client.get_metric_history(done.run_id, "validation_loss")) > int(LSTM["epochs"])


def test_a_checkpoint_that_was_cut_is_passed_over(
    client: MlflowClient, settings: Settings, registered_model: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = a_task(registeredModel=registered_model, hyperparameters=LSTM)
    interrupt(task, settings, 35)
    (run,) = runs_of_job(client, settings)
    (tmp_path / "epoch-000005.npz").write_bytes(to_bytes(STATE, ORIGIN)[:200])
    client.log_artifact(run.info.run_id, str(tmp_path / "epoch-000005.npz"), ARTIFACT_CHECKPOINTS)

    with caplog.at_level(logging.INFO, "model_trainer"):
        train(task, settings, Interruption())

    assert "a checkpoint is not used: the checkpoint cannot be read" in caplog.text
    assert "going on after epoch 3" in caplog.text


def test_a_state_survives_as_bytes() -> None:
    state, origin = from_bytes(to_bytes(STATE, ORIGIN))

    assert origin == ORIGIN
    assert (state.epochs, state.best, state.seconds) == (STATE.epochs, STATE.best, STATE.seconds)
    for one, other in zip(
        (*state.network, *state.optimizer, *state.averaged[0], *state.averaged[1]),
        (*STATE.network, *STATE.optimizer, *STATE.averaged[0], *STATE.averaged[1]),
        strict=True,
    ):
        assert (one == other).all()
        assert (one.dtype, one.shape) == (other.dtype, other.shape)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99], ids=["empty", "cut early", "cut at the end"])
def test_bytes_that_were_cut_are_no_state(share: float) -> None:
    whole = to_bytes(STATE, ORIGIN)

    with pytest.raises(ValueError, match="the checkpoint cannot be read"):
        from_bytes(whole[: int(share * len(whole))])


def test_bytes_that_were_changed_are_no_state() -> None:
    changed = bytearray(to_bytes(STATE, ORIGIN))
    changed[200] ^= 0xFF  # within an array

    with pytest.raises(ValueError, match="the checkpoint cannot be read"):
        from_bytes(bytes(changed))


def test_what_differs_is_named() -> None:
    assert ORIGIN.differences(Origin(task="t", data="other", code="other")) == ["data", "code"]

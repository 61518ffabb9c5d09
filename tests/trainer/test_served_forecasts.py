"""What a registered version forecasts through `mlflow.pyfunc` is what its run reported, anomalies included."""

from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.hyperparameters import TelemanomHyperparameters, validate_hyperparameters
from model_contract.keys import ENV_JOB_UID
from model_trainer.data.window import scoring_sequences
from model_trainer.interruption import Interruption
from model_trainer.models.thresholding import find_anomalies, runs_of, smooth_errors, smoothing_lead
from model_trainer.pipeline import load, train
from model_trainer.settings import Settings
from tests.trainer.registry_view import Trained
from tests.trainer.telemetry_files import a_task, write_labels

CASES = {
    "Fast": {"epochs": "2", "units": "8", "naive_pruning": "1"},
    "Paper": {"preset": "Paper", "epochs": "1", "units": "4", "hop": "10", "pruning": "0"},
}
KNOWN = ("2024-01-02T21:00:00Z", "2024-01-02T22:00:00Z")


@pytest.fixture(scope="module", params=CASES)
def trained(
    mlflow_server: MlflowServer,
    prepared_process: None,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """A version whose own errors alone give its anomalies, with one known anomaly."""
    labels = write_labels(tmp_path_factory.mktemp("labels") / "labels.csv", KNOWN)
    telemetry = a_task().telemetry.model_copy(update={"labels_uri": labels})
    name = f"served_{request.param}"
    task = a_task(telemetry=telemetry, registeredModel=name, hyperparameters=CASES[request.param])
    settings = Settings.from_environment({"MLFLOW_TRACKING_URI": mlflow_server.url, ENV_JOB_UID: name})
    return Trained(task, settings, train(task, settings, Interruption()))


def served(client: MlflowClient, trained: Trained) -> Any:
    return mlflow.pyfunc.load_model(f"models:/{trained.name}/{trained.done.version}")


def test_a_version_says_what_it_forecasts(client: MlflowClient, trained: Trained) -> None:
    """A paper's version has plain LSTM layers and forecasts ten rows; the default one has four forecasts."""
    import keras  # noqa: PLC0415  TensorFlow takes seconds to import

    model = served(client, trained)
    beside = ["forecast", "level", "ridge_ar", "ridge_arx"]
    shape, outputs = {"served_Fast": ((1, 4), beside), "served_Paper": ((10,), [])}[trained.name]

    assert model.predict(np.zeros((2, 60, 25), np.float32)).shape == (2, 60, *shape)
    assert model.metadata.metadata["outputs"] == outputs
    inner = next(layer for layer in model.get_raw_model().layers if isinstance(layer, keras.Model))
    assert [type(layer) for layer in inner.layers if "lstm" in layer.name] == [keras.layers.LSTM] * 2


def test_its_forecasts_have_the_errors_and_the_anomalies_that_the_run_reported(
    client: MlflowClient, trained: Trained
) -> None:
    hyperparameters = validate_hyperparameters(trained.task.model_type, trained.task.hyperparameters)
    assert isinstance(hyperparameters, TelemanomHyperparameters)
    held_out = load(trained.task, hyperparameters)
    telemetry, signal, judged = held_out.telemetry, held_out.signal, held_out.judged
    rows = range(judged.start - smoothing_lead(hyperparameters), telemetry.rows)
    length, hop = hyperparameters.sequence_length, hyperparameters.hop

    sequences = scoring_sequences(telemetry.segments, rows, length, hop, horizon=1)
    steps = served(client, trained).predict(sequences.inputs(telemetry.values.astype(np.float32)))
    heads = steps[:, :, 0].reshape(*steps.shape[:2], -1)[..., : max(len(hyperparameters.outputs), 1)]
    forecasts = np.full((telemetry.rows, heads.shape[-1]), np.nan)
    forecasts[sequences.rows[sequences.counted] + 1] = heads[sequences.counted]
    errors = forecasts - signal[:, None]
    sizes = np.abs(errors[rows.start :]).mean(axis=1) / held_out.scaling.half_range[0]
    smoothed = smooth_errors(sizes, hyperparameters)[judged.start - rows.start :]
    scaled = (signal[judged.start :] - held_out.scaling.centre[0]) / held_out.scaling.half_range[0]
    flagged = find_anomalies(smoothed, scaled, hyperparameters).flagged[held_out.split.test.start - judged.start :]

    reported = client.get_run(trained.done.run_id).data.metrics
    test_errors = errors[held_out.split.test.start :, 0]
    assert np.sqrt((test_errors**2).mean()) == pytest.approx(reported["candidate_rmse"], rel=1e-6)
    assert 100 * flagged.mean() == pytest.approx(reported["candidate_flagged_percent"])
    assert len(runs_of(flagged)) == reported["candidate_false_positives"] + reported["candidate_true_positives"]
    assert flagged.any()


def test_runs_log_the_preset_and_what_follows_from_it(client: MlflowClient, trained: Trained) -> None:
    parameters = client.get_run(trained.done.run_id).data.params

    expected = {"served_Fast": ("Fast", "False", "300"), "served_Paper": ("Paper", "True", "250")}[trained.name]
    assert (parameters["preset"], parameters["windowed"], parameters["sequence_length"]) == expected

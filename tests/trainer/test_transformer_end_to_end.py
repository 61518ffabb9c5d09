"""A whole training of a transformer on P-1, and an evaluation of its version, against a real MLflow server."""

import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
from matplotlib.image import imread
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.evaluation import EVALUATIONS
from model_contract.keys import ENV_JOB_UID, ComparisonVerdict, Kpi, Subject, Tag, kpi_metric
from model_trainer.evaluation import evaluate
from model_trainer.interruption import Interruption
from model_trainer.pipeline import train
from model_trainer.settings import Settings
from tests.trainer.registry_view import Trained
from tests.trainer.telemetry_files import a_task, an_evaluation

TINY = {"epochs": "2", "units": "8", "heads": "2", "layers": "1", "n_predictions": "4", "batch_size": "32"}
COLUMNS = 25  # of P-1

FRESH_PROCESS = """
import sys
import mlflow
import numpy as np
mlflow.set_tracking_uri(sys.argv[1])
np.save(sys.argv[4], mlflow.pyfunc.load_model(sys.argv[2]).predict(np.load(sys.argv[3])))
"""


@pytest.fixture(scope="module")
def transformer(mlflow_server: MlflowServer, prepared_process: None) -> Trained:
    """The first version of a model of quantiles, four rows ahead."""
    settings = Settings.from_environment({"MLFLOW_TRACKING_URI": mlflow_server.url, ENV_JOB_UID: "transformer-job"})
    task = a_task(registeredModel="transformer_first", modelType="Transformer", hyperparameters=TINY)
    return Trained(task, settings, train(task, settings, Interruption()))


def random_inputs() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(2, 90, COLUMNS)).astype(np.float32)


def test_a_run_has_the_kpis_of_any_model_and_those_of_its_horizon(client: MlflowClient, transformer: Trained) -> None:
    run = client.get_run(transformer.done.run_id)

    assert run.data.params.items() >= {"preset": "Small", "coverage": "0.9", "sequence_length": "168"}.items()
    kpis = {kpi_metric(Subject.CANDIDATE, kpi) for kpi in (Kpi.MAE, Kpi.RMSE, Kpi.MAPE, Kpi.R2)}
    measures = ("candidate_horizon_mae", "naive_horizon_mae", "candidate_horizon_interval_width")
    assert kpis | set(measures) <= set(run.data.metrics)
    assert 0 < run.data.metrics["candidate_horizon_coverage_percent"] <= 100
    ahead = client.get_metric_history(run.info.run_id, "candidate_ahead_mae")
    assert [metric.step for metric in ahead] == [1, 2, 3, 4]
    assert ahead[0].value == pytest.approx(run.data.metrics["candidate_mae"], rel=0.05)  # nearly the same rows


def test_its_telemetry_figure_is_drawn_with_the_band(
    client: MlflowClient, transformer: Trained, tmp_path: Path
) -> None:
    picture = client.download_artifacts(transformer.done.run_id, "figures/telemetry.png", str(tmp_path))

    band = np.array([204, 227, 240]) / 255  # a fifth of blue on white
    assert (np.abs(imread(picture)[..., :3] - band).max(axis=-1) < 0.01).sum() > 100


def test_another_process_loads_the_version_without_the_trainer(
    client: MlflowClient, transformer: Trained, mlflow_server: MlflowServer, tmp_path: Path
) -> None:
    """Plain MLflow gives the same numbers, and the version says what they are."""
    uri = f"models:/{transformer.name}/{transformer.done.version}"
    np.save(tmp_path / "inputs.npy", random_inputs())
    files = (tmp_path / "inputs.npy", tmp_path / "forecasts.npy")
    command = [sys.executable, "-W", "ignore", "-c", FRESH_PROCESS, mlflow_server.url, uri, *map(str, files)]
    subprocess.run(command, check=True, cwd=tmp_path, env={"TF_ENABLE_ONEDNN_OPTS": "0", "OMP_NUM_THREADS": "1"})

    served = mlflow.pyfunc.load_model(uri)
    assert served.metadata.metadata["quantiles"] == [0.05, 0.5, 0.95]
    forecasts = np.load(files[1])
    assert forecasts.shape == (2, 90, 4, 3)
    assert forecasts == pytest.approx(served.predict(random_inputs()), abs=1e-5)


def test_a_version_is_evaluated_as_any_other(client: MlflowClient, transformer: Trained, settings: Settings) -> None:
    done = evaluate(an_evaluation(transformer.task, transformer.done.version, "e-1"), settings, Interruption())

    tags = client.get_model_version(transformer.name, str(transformer.done.version)).tags
    assert EVALUATIONS.validate_json(tags[Tag.EVALUATIONS])[-1].rows == 480
    metrics = client.get_run(done.run_id).data.metrics
    assert metrics["champion_mae"] > 0
    assert metrics.keys() >= {"champion_horizon_mae", "champion_horizon_coverage_percent", "naive_horizon_mae"}


def test_the_same_task_gives_the_same_weights_and_a_champion_that_is_not_beaten(
    client: MlflowClient, transformer: Trained, settings: Settings
) -> None:
    """Medians are compared."""
    again = train(
        transformer.task.model_copy(update={"champion_version": transformer.done.version}), settings, Interruption()
    )

    one, other = (
        mlflow.pyfunc.load_model(f"models:/{transformer.name}/{version}").get_raw_model().get_weights()
        for version in (transformer.done.version, again.version)
    )
    assert again.version != transformer.done.version
    assert all((weight == same).all() for weight, same in zip(one, other, strict=True))
    metrics = client.get_run(again.run_id).data.metrics
    assert metrics["champion_rmse"] == pytest.approx(metrics["candidate_rmse"], rel=1e-6)
    version = client.get_model_version(transformer.name, str(again.version))
    assert version.tags[Tag.COMPARISON] == ComparisonVerdict.NOT_BETTER

"""Whole trainings on P-1 against a real MLflow server."""

import hashlib
import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from model_contract.drift import DriftProfile
from model_contract.keys import (
    ARTIFACT_DRIFT_PROFILE,
    ARTIFACT_LINEAGE,
    ARTIFACT_PACKAGES,
    ARTIFACT_TASK,
    METRIC_IMPROVEMENT_LOWER_PERCENT,
    METRIC_IMPROVEMENT_PERCENT,
    METRIC_IMPROVEMENT_UPPER_PERCENT,
    ComparisonVerdict,
    Kpi,
    Subject,
    Tag,
    kpi_metric,
)
from model_contract.progress import TrainingProgress, TrainingStep
from model_contract.task import TrainingTask
from model_trainer.errors import Interrupted
from model_trainer.interruption import Interruption
from model_trainer.lineage import Lineage, weights_digest
from model_trainer.pipeline import train
from model_trainer.settings import Settings
from tests.trainer.interruptions import StoppedAtCheck
from tests.trainer.registry_view import Trained, runs_of_job, versions
from tests.trainer.telemetry_files import P1, SMALL, a_task, minutes, waves, write, write_labels

FORECAST_KPIS = (Kpi.MAE, Kpi.RMSE, Kpi.MAPE, Kpi.R2)


@pytest.fixture
def registered_model(request: pytest.FixtureRequest) -> str:
    """A name of this test's own."""
    return f"telemanom_{request.node.name}"


def weights_of(name: str, version: int) -> list[np.ndarray]:
    weights: list[np.ndarray] = mlflow.pyfunc.load_model(f"models:/{name}/{version}").get_raw_model().get_weights()
    return weights


def test_a_version_is_complete_and_bears_its_tags(client: MlflowClient, first: Trained) -> None:
    version = client.get_model_version(first.name, str(first.done.version))

    assert version.run_id == first.done.run_id
    assert (
        version.tags.items()
        >= {
            Tag.JOB_UID: "first-job",
            Tag.SENSOR_MODEL: "ml/p-1",
            Tag.SENSOR_MODEL_UID: "uid-p-1",
            Tag.SENSOR_ID: "P-1",
            Tag.DECISION_ID: "decision-1",
            Tag.TRIGGER: "Initial",
            Tag.DATA_START: "2024-01-01T00:00:00+00:00",
            Tag.DATA_END: "2024-01-02T23:52:00+00:00",
            Tag.COMPLETE: "true",
        }.items()
    )
    assert Tag.COMPARISON not in version.tags


def test_the_registered_model_names_its_owner_and_the_trainer_sets_no_alias(
    client: MlflowClient, first: Trained
) -> None:
    model = client.get_registered_model(first.name)

    assert model.tags == {Tag.OWNER: "ml/p-1", Tag.OWNER_UID: "uid-p-1"}
    assert model.aliases == {}


def test_a_run_says_how_it_was_made_and_how_good_it_is(client: MlflowClient, first: Trained) -> None:
    run = client.get_run(first.done.run_id)

    assert run.info.status == "FINISHED"
    assert run.data.params.items() >= {"epochs": "2", "units": "8", "seed": "7", "n_predictions": "3"}.items()
    subjects = (Subject.CANDIDATE, Subject.NAIVE, Subject.BASELINE, Subject.BASELINE_WITH_INPUTS)
    assert {kpi_metric(subject, kpi) for subject in subjects for kpi in FORECAST_KPIS} <= set(run.data.metrics)
    costs = {"peak_memory_mebibytes", "wall_seconds", "cpu_seconds"}
    steps = {f"{step.lower()}_seconds" for step in TrainingStep}
    assert {name: run.data.metrics[f"system/{name}"] > 0 for name in costs | steps} == dict.fromkeys(
        costs | steps, True
    )
    assert run.data.tags["environment.device"].startswith("CPU ")
    assert TrainingProgress.model_validate_json(run.data.tags[Tag.PROGRESS]).percent == 100
    rmse = run.data.metrics["candidate_rmse"]
    summary, why = run.data.tags["mlflow.note.content"].split("\n\n")
    assert (summary.split(":")[0], why) == (f"RMSE {rmse:.3g}", "Initial: there is no version yet")
    assert run.data.tags["environment.threads"] == "1"
    assert [metric.step for metric in client.get_metric_history(run.info.run_id, "validation_loss")] == [1, 2]
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.digest == f"sha256:{run.data.tags[Tag.DATA_DIGEST][:28]}"


def test_a_run_holds_what_it_takes_to_rebuild_and_to_check_it(
    client: MlflowClient, first: Trained, tmp_path: Path
) -> None:
    folder = Path(client.download_artifacts(first.done.run_id, "", str(tmp_path)))

    assert TrainingTask.model_validate_json((folder / ARTIFACT_TASK).read_text()) == first.task
    assert {path.name for path in (folder / "figures").iterdir()} == {
        "telemetry.png",
        "errors.png",
        "losses.png",
        "rivals.png",
    }
    report = (folder / "report.html").read_text()
    assert report.count('src="data:image/png;base64,') == 4
    assert "Initial: there is no version yet" in report
    profile = DriftProfile.from_bytes((folder / ARTIFACT_DRIFT_PROFILE).read_bytes())
    version = client.get_model_version(first.name, str(first.done.version))
    assert profile.digest == version.tags[Tag.DRIFT_PROFILE_DIGEST]
    assert (profile.channels, profile.window_rows) == (("value",), 240)  # commands are no sensors
    assert json.loads((folder / "environment.json").read_text())["packages"]["keras"]


def test_the_lineage_of_a_version_says_all_that_it_follows_from(
    client: MlflowClient, first: Trained, tmp_path: Path
) -> None:
    version = client.get_model_version(first.name, str(first.done.version))
    folder = Path(client.download_artifacts(first.done.run_id, "", str(tmp_path)))
    lineage = Lineage.model_validate_json((folder / ARTIFACT_LINEAGE).read_text())

    assert lineage.task == first.task
    assert lineage.hyperparameters.items() >= {"units": "8", "batch_size": "8", "residual": "True"}.items()
    assert lineage.data.digest == version.tags[Tag.DATA_DIGEST]
    assert (lineage.data.rows, lineage.data.columns[:2]) == (2872, ("value", "cmd_01"))
    assert lineage.weights_digest == version.tags[Tag.WEIGHTS_DIGEST]
    assert lineage.environment.variables["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert lineage.code.revision == version.tags[Tag.CODE_REVISION]
    locked = (folder / ARTIFACT_PACKAGES).read_bytes()
    assert f"keras=={lineage.code.packages['keras']}\n".encode() in locked
    assert hashlib.sha256(locked).hexdigest() == version.tags[Tag.PACKAGES_DIGEST]
    assert lineage.kpis["RMSE"] == client.get_run(first.done.run_id).data.metrics["candidate_rmse"]


def test_the_model_behind_an_alias_forecasts_raw_values(client: MlflowClient, first: Trained) -> None:
    """The same numbers as its own Keras network, for sequences of any number and length."""
    client.set_registered_model_alias(first.name, "production", str(first.done.version))
    served = mlflow.pyfunc.load_model(f"models:/{first.name}@production")
    client.delete_registered_model_alias(first.name, "production")

    columns = served.metadata.metadata["columns"]
    rows = pq.read_table(P1, columns=columns).slice(0, 400)
    values = np.column_stack([rows.column(name).to_numpy().astype(np.float32) for name in columns])
    inputs = values.reshape(2, 200, 25)
    forecasts = served.predict(inputs)

    assert columns == ["value", *(f"cmd_{number:02}" for number in range(1, 25))]
    assert forecasts.shape == (2, 200, 3, 4)
    assert (forecasts == served.get_raw_model().predict(inputs, verbose=0)).all()
    assert np.abs(forecasts[:, :-1, 0, 0] - inputs[:, 1:, 0]).mean() < 0.2


def test_the_same_task_gives_the_same_weights(client: MlflowClient, first: Trained) -> None:
    again = train(first.task, first.settings.model_copy(update={"job_uid": "another-job"}), Interruption())

    pairs = zip(weights_of(first.name, first.done.version), weights_of(first.name, again.version), strict=True)
    assert again.version != first.done.version
    assert all((one == other).all() for one, other in pairs)
    digests = {
        client.get_model_version(first.name, str(number)).tags[Tag.WEIGHTS_DIGEST]
        for number in (first.done.version, again.version)
    }
    assert digests == {weights_digest(weights_of(first.name, first.done.version))}


def test_a_job_registers_once_however_often_it_runs(client: MlflowClient, first: Trained) -> None:
    assert train(first.task, first.settings, Interruption()) == first.done
    of_job = [version for version in versions(client, first.name) if version.tags[Tag.JOB_UID] == "first-job"]
    assert len(of_job) == 1


def test_a_job_that_was_killed_before_the_last_tag_is_completed(client: MlflowClient, first: Trained) -> None:
    client.delete_model_version_tag(first.name, str(first.done.version), Tag.COMPLETE)

    assert train(first.task, first.settings, Interruption()) == first.done
    assert client.get_model_version(first.name, str(first.done.version)).tags[Tag.COMPLETE] == "true"


def test_an_interrupted_job_registers_nothing_and_its_next_pod_resumes_its_run(
    client: MlflowClient, settings: Settings, registered_model: str
) -> None:
    task = a_task(registeredModel=registered_model)

    with pytest.raises(Interrupted):
        train(task, settings, StoppedAtCheck(12))  # between two steps of the fit

    assert versions(client, registered_model) == []
    (killed,) = runs_of_job(client, settings)
    assert killed.info.status == "KILLED"
    assert train(task, settings, Interruption()).run_id == killed.info.run_id
    assert client.get_run(killed.info.run_id).info.status == "FINISHED"


def test_a_candidate_is_compared_with_its_champion(client: MlflowClient, first: Trained, settings: Settings) -> None:
    """A transformer that was hardly fitted loses against the champion; both are judged on the same rows."""
    hardly = {"epochs": "1", "learning_rate": "1e-6", "residual": "false", "units": "8", "heads": "2", "layers": "1"}
    task = a_task(
        registeredModel=first.name, modelType="Transformer", hyperparameters=hardly, championVersion=first.done.version
    )

    done = train(task, settings, Interruption())

    version = client.get_model_version(first.name, str(done.version))
    assert version.tags[Tag.CHAMPION_VERSION] == str(first.done.version)
    assert version.tags[Tag.COMPARISON] == ComparisonVerdict.NOT_BETTER
    metrics, champion = client.get_run(done.run_id).data.metrics, client.get_run(first.done.run_id).data.metrics
    assert metrics["champion_rmse"] == pytest.approx(champion["candidate_rmse"], rel=1e-5)
    improvement = 100 * (1 - metrics["candidate_rmse"] / metrics["champion_rmse"])
    assert metrics[METRIC_IMPROVEMENT_PERCENT] == pytest.approx(improvement)
    assert metrics[METRIC_IMPROVEMENT_LOWER_PERCENT] < improvement < metrics[METRIC_IMPROVEMENT_UPPER_PERCENT] < 0


@pytest.mark.parametrize("telemetry", [{}, {"featureColumns": ["cmd_01"]}], ids=["version gone", "columns gone"])
def test_a_champion_that_cannot_forecast_cannot_be_compared_with(
    client: MlflowClient, first: Trained, settings: Settings, telemetry: dict[str, Any]
) -> None:
    champion = first.done.version if telemetry else 99
    task = a_task(registeredModel=first.name, championVersion=champion, telemetry={"uri": P1.as_uri()} | telemetry)

    done = train(task, settings, Interruption())

    version = client.get_model_version(first.name, str(done.version))
    assert version.tags[Tag.COMPARISON] == ComparisonVerdict.CANNOT_TELL
    assert METRIC_IMPROVEMENT_PERCENT not in client.get_run(done.run_id).data.metrics


def test_known_anomalies_give_scores_and_a_short_reference_gives_no_drift_profile(
    client: MlflowClient, settings: Settings, registered_model: str, tmp_path: Path
) -> None:
    signal = waves(900)
    signal[860:880] = 3.0 * (-1.0) ** np.arange(20)
    uri = write(tmp_path / "sensor.parquet", minutes(900), value=signal)
    stamps = pa.array(minutes(900).astype("datetime64[ms]"), pa.timestamp("ms", tz="UTC"))
    pq.write_table(pa.table({"start": stamps.take([860]), "end": stamps.take([879])}), tmp_path / "labels.parquet")
    task = a_task(
        registeredModel=registered_model,
        telemetry={"uri": uri, "labelsUri": (tmp_path / "labels.parquet").as_uri()},
        window={},
        hyperparameters=SMALL | {"error_buffer": "10"},
    )

    done = train(task, settings, Interruption())

    metrics = client.get_run(done.run_id).data.metrics
    assert (metrics["candidate_recall"], metrics["candidate_true_positives"]) == (1.0, 1.0)
    assert metrics["candidate_rocauc"] > 0.8
    detection = {Kpi.RECALL, Kpi.F1, Kpi.ROC_AUC}
    assert {kpi_metric(subject, kpi) for subject in (Subject.NAIVE, Subject.BASELINE) for kpi in detection} <= set(
        metrics
    )
    assert Tag.DRIFT_PROFILE_DIGEST not in client.get_model_version(registered_model, str(done.version)).tags
    assert "drift" not in [artifact.path for artifact in client.list_artifacts(done.run_id)]


def test_labels_outside_the_window_name_no_anomaly_in_it(
    client: MlflowClient, settings: Settings, registered_model: str, tmp_path: Path
) -> None:
    uri = write(tmp_path / "sensor.parquet", minutes(900), value=waves(900))
    before, after = ("2023-01-01T00:00:00Z", "2023-01-01T01:00:00Z"), ("2025-01-01T00:00:00Z", "2025-01-01T01:00:00Z")
    labels = write_labels(tmp_path / "labels.csv", before, after)
    task = a_task(registeredModel=registered_model, telemetry={"uri": uri, "labelsUri": labels}, window={})

    done = train(task, settings, Interruption())

    metrics = client.get_run(done.run_id).data.metrics
    outcomes = ("true_positives", "false_positives", "false_negatives")
    assert [metrics[f"candidate_{outcome}"] for outcome in outcomes] == [0.0, 0.0, 0.0]
    assert not {kpi_metric(Subject.CANDIDATE, kpi) for kpi in (Kpi.RECALL, Kpi.F1, Kpi.ROC_AUC)} & set(metrics)


def test_a_constant_signal_is_learnt_and_has_no_r2(
    client: MlflowClient, settings: Settings, registered_model: str, tmp_path: Path
) -> None:
    uri = write(tmp_path / "sensor.parquet", minutes(900), value=np.full(900, 7.5))
    task = a_task(registeredModel=registered_model, telemetry={"uri": uri}, window={})

    done = train(task, settings, Interruption())

    metrics = client.get_run(done.run_id).data.metrics
    for subject in (Subject.CANDIDATE, Subject.NAIVE, Subject.BASELINE):
        assert metrics[kpi_metric(subject, Kpi.RMSE)] == 0.0
        assert kpi_metric(subject, Kpi.R2) not in metrics

"""Whole evaluations of a version that was trained on P-1, against a real MLflow server."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from model_contract.evaluation import EVALUATIONS, EvaluationRecord, EvaluationTask
from model_contract.keys import ARTIFACT_TASK, Kpi, Subject, Tag, kpi_metric
from model_trainer.errors import Interrupted
from model_trainer.evaluation import evaluate
from model_trainer.interruption import Interruption
from model_trainer.settings import Settings
from tests.trainer.interruptions import StoppedAtCheck
from tests.trainer.registry_view import Trained, runs_of_job
from tests.trainer.telemetry_files import P1, minutes, write_labels

FORECAST = {Kpi.MAE, Kpi.RMSE, Kpi.MAPE, Kpi.R2}
ANOMALY = ("2024-01-04T11:41:00Z", "2024-01-04T15:01:00Z")  # labelled in P-1
FIGURES = {"telemetry.png", "errors.png", "residuals.png", "rivals.png"}


@pytest.fixture
def newest(client: MlflowClient, first: Trained) -> Callable[[], EvaluationRecord]:
    """Reads the newest record of the first version."""

    def read() -> EvaluationRecord:
        tags = client.get_model_version(first.name, str(first.done.version)).tags
        return EVALUATIONS.validate_json(tags[Tag.EVALUATIONS])[-1]

    return read


def labelled(uri: str) -> dict[str, str]:
    return {"uri": P1.as_uri(), "labelsUri": uri}


def p1_with_a_hole(folder: Path) -> str:
    """P-1 without a hundred readings of its signal in the window; returns its URI."""
    table = pq.read_table(P1)
    values = table.column("value").to_numpy().copy()
    row = int(np.searchsorted(table.column("timestamp").to_numpy(), np.datetime64("2024-01-04T09:00:00")))
    values[row : row + 100] = np.nan
    position = table.schema.get_field_index("value")
    pq.write_table(table.set_column(position, "value", pa.array(values)), folder / "P-1.parquet")
    return (folder / "P-1.parquet").as_uri()


def figures_of(client: MlflowClient, run_id: str) -> set[str]:
    return {Path(artifact.path).name for artifact in client.list_artifacts(run_id, "figures")}


def test_without_labels_the_forecast_is_scored_and_detection_is_not(
    client: MlflowClient,
    settings: Settings,
    task: Callable[..., EvaluationTask],
    newest: Callable[[], EvaluationRecord],
) -> None:
    done = evaluate(task(), settings, Interruption())

    record = newest()
    assert (record.run_id, record.job_uid, record.rows) == (done.run_id, settings.job_uid, 480)
    assert record.kpis.keys() == FORECAST
    assert (record.labels_digest, record.anomalies, record.confusion) == (None, None, None)
    assert record.undetermined == "there are no labels: none are configured"
    assert figures_of(client, done.run_id) == FIGURES
    assert "report.html" in {artifact.path for artifact in client.list_artifacts(done.run_id)}
    summary, why = client.get_run(done.run_id).data.tags["mlflow.note.content"].split("\n\n")
    assert (summary.split(":")[0], why) == (
        f"RMSE {record.kpis[Kpi.RMSE]:.3g}",
        "Evaluation of version 1",
    )


def test_known_anomalies_give_scores_of_detection_and_their_figure(
    client: MlflowClient,
    settings: Settings,
    task: Callable[..., EvaluationTask],
    newest: Callable[[], EvaluationRecord],
    tmp_path: Path,
) -> None:
    uri = write_labels(tmp_path / "labels.csv", ANOMALY)

    done = evaluate(task(telemetry=labelled(uri)), settings, Interruption())

    record = newest()
    assert record.labels_digest == hashlib.sha256((tmp_path / "labels.csv").read_bytes()).hexdigest()
    assert record.anomalies == 1
    assert record.confusion is not None
    assert record.confusion[0] + record.confusion[2] == 1
    assert record.kpis.keys() >= {*FORECAST, Kpi.RECALL, Kpi.F1, Kpi.ROC_AUC}
    assert figures_of(client, done.run_id) == {*FIGURES, "detection.png"}


def test_labels_that_come_later_change_what_is_said(
    settings: Settings,
    task: Callable[..., EvaluationTask],
    newest: Callable[[], EvaluationRecord],
    tmp_path: Path,
) -> None:
    path, said = tmp_path / "labels.csv", []
    for number, spans in enumerate([None, [("2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z")], [ANOMALY]]):
        if spans:
            write_labels(path, *spans)
        evaluate(
            task(evaluationId=f"late-{number}", telemetry=labelled(path.as_uri())),
            settings.model_copy(update={"job_uid": f"late-{number}"}),
            Interruption(),
        )
        said.append((newest().anomalies, newest().undetermined, Kpi.RECALL in newest().kpis))

    nothing_known = "there is no known anomaly in the window from 2024-01-04T08:00:00Z to 2024-01-04T16:00:00Z"
    assert said[:2] == [
        (None, "there are no labels yet: the label file does not exist", False),
        (0, nothing_known, False),
    ]
    assert (said[2][0], said[2][2]) == (1, True)


def test_the_run_says_what_was_scored_and_how_good_it_is(
    client: MlflowClient,
    settings: Settings,
    task: Callable[..., EvaluationTask],
    newest: Callable[[], EvaluationRecord],
    first: Trained,
    tmp_path: Path,
) -> None:
    asked = task()
    done = evaluate(asked, settings, Interruption())

    run, record = client.get_run(done.run_id), newest()
    assert run.info.status == "FINISHED"
    assert (
        run.data.tags.items()
        >= {
            Tag.JOB_UID: settings.job_uid,
            Tag.SENSOR_MODEL: "ml/p-1",
            Tag.EVALUATION_ID: asked.evaluation_id,
            Tag.EVALUATED_VERSION: str(first.done.version),
            Tag.DATA_END: "2024-01-04T16:00:00+00:00",
        }.items()
    )
    for kpi in FORECAST:
        assert run.data.metrics[kpi_metric(Subject.CHAMPION, kpi)] == pytest.approx(record.kpis[kpi], rel=1e-5)
        assert kpi_metric(Subject.NAIVE, kpi) in run.data.metrics
    folder = Path(client.download_artifacts(done.run_id, "", str(tmp_path)))
    assert EvaluationTask.model_validate_json((folder / ARTIFACT_TASK).read_text()) == asked
    assert EvaluationRecord.model_validate_json((folder / "evaluation.json").read_text()) == record


def test_the_model_s_errors_are_compared_with_those_of_its_reference(
    client: MlflowClient,
    settings: Settings,
    task: Callable[..., EvaluationTask],
    newest: Callable[[], EvaluationRecord],
    first: Trained,
) -> None:
    evaluate(task(), settings, Interruption())

    views = newest().residuals
    digest = client.get_model_version(first.name, str(first.done.version)).tags[Tag.DRIFT_PROFILE_DIGEST]
    assert [view.window_end.isoformat() for view in views] == ["2024-01-04T12:00:00+00:00", "2024-01-04T16:00:00+00:00"]
    assert {view.profile_digest for view in views} == {digest}
    assert all(0 <= view.p <= 1 and view.reference_sd > 0 for view in views)


def test_a_version_is_scored_as_when_it_was_trained(
    client: MlflowClient,
    settings: Settings,
    task: Callable[..., EvaluationTask],
    newest: Callable[[], EvaluationRecord],
    first: Trained,
) -> None:
    """On its own test rows, the newest 15 % of what it was trained and judged on."""
    data = minutes(2872)
    window = {"start": f"{data[round(2872 * 0.85)]}Z"[:19] + "Z", "end": "2024-01-02T23:52:00Z"}
    evaluate(task(window=window), settings, Interruption())

    trained = client.get_run(first.done.run_id).data.metrics
    for kpi in FORECAST:
        assert newest().kpis[kpi] == pytest.approx(trained[kpi_metric(Subject.CANDIDATE, kpi)], rel=1e-3)


def test_a_retried_pod_does_nothing_more(
    client: MlflowClient, settings: Settings, task: Callable[..., EvaluationTask], first: Trained
) -> None:
    done = evaluate(task(), settings, Interruption())
    before = client.get_model_version(first.name, str(first.done.version)).tags[Tag.EVALUATIONS]

    assert evaluate(task(telemetry={"uri": "file:///gone.parquet"}), settings, Interruption()) == done
    assert client.get_model_version(first.name, str(first.done.version)).tags[Tag.EVALUATIONS] == before
    assert len(runs_of_job(client, settings)) == 1


def test_an_interrupted_job_records_nothing_and_its_next_pod_resumes_its_run(
    client: MlflowClient, settings: Settings, task: Callable[..., EvaluationTask], first: Trained
) -> None:
    def evaluations() -> str | None:
        found: str | None = client.get_model_version(first.name, str(first.done.version)).tags.get(Tag.EVALUATIONS)
        return found

    before = evaluations()

    with pytest.raises(Interrupted):
        evaluate(task(), settings, StoppedAtCheck(10))  # before the artifacts are uploaded

    assert evaluations() == before
    (killed,) = runs_of_job(client, settings)
    assert killed.info.status == "KILLED"
    assert evaluate(task(), settings, Interruption()).run_id == killed.info.run_id
    assert client.get_run(killed.info.run_id).info.status == "FINISHED"


def test_rows_that_lack_readings_for_long_are_left_out(
    settings: Settings,
    task: Callable[..., EvaluationTask],
    newest: Callable[[], EvaluationRecord],
    tmp_path: Path,
) -> None:
    uri = p1_with_a_hole(tmp_path)

    evaluate(task(telemetry={"uri": uri}), settings, Interruption())

    assert newest().rows == 480 - 100 - 1  # and the first row after the hole has no forecast

"""Versions that are trained again from their lineage, against a real MLflow server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from model_contract.keys import ARTIFACT_LINEAGE, ARTIFACT_REPRODUCTION, Tag
from model_contract.reproduction import DifferenceKind, Reproduces, ReproductionTask, ReproductionVerdict
from model_contract.result import FailureReason, ReproductionSucceeded
from model_trainer.errors import CannotWork
from model_trainer.interruption import Interruption
from model_trainer.lineage import Lineage
from model_trainer.pipeline import train
from model_trainer.reproduction import pinned_hyperparameters, reproduce
from model_trainer.settings import Settings
from tests.trainer.registry_view import Trained, runs_of_job, versions
from tests.trainer.telemetry_files import SMALL, a_task, minutes, waves, write


def asked(trained: Trained, **changes: Any) -> ReproductionTask:
    task, done = trained.task, trained.done
    fields = {
        "reproduction_id": "reproduction-1",
        "sensor_model": task.sensor_model,
        "sensor_id": task.sensor_id,
        "experiment": task.experiment,
        "registered_model": task.registered_model,
        "reproduces": Reproduces(version=done.version, run_id=done.run_id),
        "message": "asked by alice",
    }
    return ReproductionTask.model_validate(fields | changes)


def lineage_of(client: MlflowClient, run_id: str, folder: Path) -> Lineage:
    path = Path(client.download_artifacts(run_id, ARTIFACT_LINEAGE, str(folder)))
    return Lineage.model_validate_json(path.read_text())


@pytest.fixture
def rewritable(settings: Settings, tmp_path: Path) -> Callable[..., Trained]:
    """Trains on a file of the test's own, with a window that is open at its end."""

    def on(values: np.ndarray) -> Trained:
        uri = write(tmp_path / "sensor.parquet", minutes(len(values)), value=values)
        task = a_task(registeredModel=f"telemanom_{settings.job_uid}"[:60], telemetry={"uri": uri}, window={})
        first_job = settings.model_copy(update={"job_uid": f"{settings.job_uid}-training"})
        return Trained(task, settings, train(task, first_job, Interruption()))

    return on


def test_a_version_comes_out_the_same_and_nothing_is_registered(
    client: MlflowClient, first: Trained, settings: Settings, tmp_path: Path
) -> None:
    before = len(versions(client, first.name))

    ended = reproduce(asked(first), settings, Interruption())

    assert ended == ReproductionSucceeded(
        run_id=ended.run_id,
        registered_model=first.name,
        version=first.done.version,
        verdict=ReproductionVerdict.SAME,
    )
    assert len(versions(client, first.name)) == before
    run = client.get_run(ended.run_id)
    assert run.info.status == "FINISHED"
    assert (
        run.data.tags.items()
        >= {
            Tag.REPRODUCED_VERSION: str(first.done.version),
            Tag.REPRODUCED_RUN: first.done.run_id,
            Tag.REPRODUCTION: "Same",
            Tag.DIFFERENCES: "[]",
            Tag.WEIGHTS_DIGEST: client.get_run(first.done.run_id).data.tags[Tag.WEIGHTS_DIGEST],
        }.items()
    )
    folder = Path(client.download_artifacts(ended.run_id, "", str(tmp_path)))
    assert json.loads((folder / ARTIFACT_REPRODUCTION).read_text())["verdict"] == "Same"
    assert "comes out the same, bit for bit" in (folder / "report.html").read_text()


def test_rows_that_came_since_are_left_out(rewritable: Callable[..., Trained], settings: Settings) -> None:
    trained = rewritable(waves(900))
    write(Path(trained.task.telemetry.uri.removeprefix("file://")), minutes(1000), value=waves(1000))

    ended = reproduce(asked(trained), settings, Interruption())

    assert (ended.verdict, ended.differences) == (ReproductionVerdict.SAME, ())


def test_a_changed_reading_is_told_before_what_follows_from_it(
    rewritable: Callable[..., Trained], settings: Settings
) -> None:
    values = waves(900)
    trained = rewritable(values)
    values[100] += 0.5
    write(Path(trained.task.telemetry.uri.removeprefix("file://")), minutes(900), value=values)

    ended = reproduce(asked(trained), settings, Interruption())

    assert ended.verdict is ReproductionVerdict.DIFFERENT
    assert [each.kind for each in ended.differences][:1] == [DifferenceKind.DATA]
    assert "the telemetry from 2024-01-01T00:00:00+00:00" in ended.differences[0].message


def test_defaults_that_have_changed_since_do_not_matter(client: MlflowClient, first: Trained, tmp_path: Path) -> None:
    lineage = lineage_of(client, first.done.run_id, tmp_path)
    then = {name: value for name, value in lineage.hyperparameters.items() if name != "patience"}
    older = lineage.model_copy(update={"hyperparameters": then | {"dropout": "0.25", "forgotten": "3"}})

    hyperparameters, unpinned = pinned_hyperparameters(older)

    assert (hyperparameters.epochs, getattr(hyperparameters, "dropout", None)) == (int(SMALL["epochs"]), 0.25)
    assert unpinned == ["patience is new, 10 by default", "forgotten, 3 then, is no more"]


def test_a_version_without_lineage_says_so(client: MlflowClient, first: Trained, settings: Settings) -> None:
    run = client.create_run(client.get_experiment_by_name("sensors").experiment_id)
    source = client.get_model_version(first.name, str(first.done.version)).source
    old = client.create_model_version(
        first.name, source, run_id=run.info.run_id, model_id=source.removeprefix("models:/"), await_creation_for=0
    )
    task = asked(first, reproduces=Reproduces(version=int(old.version), run_id=run.info.run_id))

    with pytest.raises(CannotWork, match=r"has no lineage\.json .* an older trainer made it") as refused:
        reproduce(task, settings, Interruption())

    client.delete_model_version(first.name, old.version)
    assert refused.value.reason is FailureReason.VERSION_UNUSABLE
    assert runs_of_job(client, settings) == []


def test_a_run_that_did_not_make_the_version_is_refused(
    client: MlflowClient, first: Trained, settings: Settings
) -> None:
    task = asked(first, reproduces=Reproduces(version=first.done.version, run_id="another"))

    with pytest.raises(CannotWork, match="not by another"):
        reproduce(task, settings, Interruption())

    assert runs_of_job(client, settings) == []

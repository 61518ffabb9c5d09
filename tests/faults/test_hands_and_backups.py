"""What people, backups and half-done work leave in MLflow: F41, F42 and F45 to F53."""

import json
import math
import sqlite3
from pathlib import Path

import pytest
from mlflow import MlflowClient

from model_contract.keys import Tag
from model_contract.task import SensorModelIdentity
from model_trainer.interruption import Interruption
from model_trainer.tracking.experiment import Run
from model_trainer.tracking.patience import Patience
from model_trainer.tracking.registry import ModelRegistry
from tests.faults.fault_proxy import FaultProxy, edit, lose_answer
from tests.faults.plant import Plant, registered

GONE = ("True", "ProductionGone")


def sql(database: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """What no call of MLflow's can do: a restored backup, a broken row."""
    with sqlite3.connect(database, timeout=30) as connection:
        for statement, values in statements:
            connection.execute(statement, values)


def tag(plant: Plant, name: str, version: int, key: Tag, value: str) -> None:
    plant.client.set_model_version_tag(registered(name), str(version), key.value, value)


def test_a_version_whose_creation_was_not_answered_is_found_and_not_created_twice(
    proxy: FaultProxy, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # as the trainer's process has it
    client = MlflowClient(proxy.url, proxy.url)
    patience = Patience(60.0, Interruption())
    registry = ModelRegistry(client, patience, registered(name))
    registry.claim(SensorModelIdentity(namespace="plant", name=name, uid=f"uid-{name}"))
    run = client.create_run("0")
    model = client.create_logged_model("0", name="model", source_run_id=run.info.run_id)
    client.finalize_logged_model(model.model_id, "READY")
    with proxy.rule("model-versions/create", lose_answer(), times=1) as rule:
        made = registry.create_version(
            Run(client, patience, "0", run.info.run_id), model.model_id, {Tag.JOB_UID: f"job-of-{name}"}
        )
    assert rule.used == 1
    found = client.search_model_versions(f"name = '{registered(name)}'")
    assert [version.version for version in found] == [made.version]


@pytest.mark.parametrize("write", ["registered-models/alias", "model-versions/set-tag"])
async def test_a_write_that_was_not_answered_is_completed_and_recorded_once(
    plant: Plant, proxy: FaultProxy, name: str, write: str
) -> None:
    with proxy.rule(f"POST .*{write}.*{registered(name)}", lose_answer(), times=1) as rule:
        await plant.serve(name)
    assert rule.used == 1
    await plant.until(
        lambda: plant.truth(name),
        {"aliases": {"production": 1}, "stages": {1: "Production"}, "moves": {1: ["Staging", "Production"]}},
    )
    moves = [(move.from_stage, move.to_stage) for move in reversed(plant.status(name).stage_history)]
    assert moves == [("None", "Staging"), ("Staging", "Production")]


async def test_three_thousand_versions_are_all_seen_and_the_newest_by_number_counts(
    plant: Plant, proxy: FaultProxy, database: Path, name: str
) -> None:
    plant.register(name)
    run, source = "0" * 32, "mlflow-artifacts:/0"
    columns = "name, version, creation_time, last_updated_time, current_stage, source, run_id, status"
    rows = [(registered(name), number, 1, 1, "None", source, run, "READY") for number in range(2, 3001)]
    with sqlite3.connect(database, timeout=30) as connection:
        connection.executemany(f"INSERT INTO model_versions ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
    plant.client.set_registered_model_alias(registered(name), "production", "3000")
    await plant.sweeps()
    since = len(proxy.asked)
    plant.apply(name)
    await plant.until(lambda: plant.production(name), 3000)
    assert proxy.count(f"model-versions/search.*{registered(name)}", since) >= 6  # pages of 500


async def test_version_10_is_newer_than_version_9(plant: Plant, name: str) -> None:
    for _ in range(9):
        plant.register(name)
    plant.client.set_registered_model_alias(registered(name), "production", "9")
    await plant.sweeps()
    plant.apply(name)
    await plant.until(lambda: plant.production(name), 9)
    plant.compared(name, champion=9)
    await plant.until(lambda: plant.production(name), 10)
    assert plant.truth(name)["aliases"] == {"production": 10}


@pytest.mark.parametrize("status", ["PENDING_REGISTRATION", "FAILED_REGISTRATION"])
async def test_a_version_that_mlflow_has_not_registered_is_never_staged(
    plant: Plant, database: Path, name: str, status: str
) -> None:
    plant.apply(name)
    await plant.until(lambda: len(plant.jobs(name)), 1)
    job = plant.job(name)
    plant.register(name, job_uid=job["metadata"]["uid"])
    update = "UPDATE model_versions SET status = ? WHERE name = ?"
    sql(database, (update, (status, registered(name))))
    plant.end(job)
    expected = ("False", "VersionMissing") if status == "FAILED_REGISTRATION" else ("True", "TrainingStarted")
    await plant.until(
        lambda: plant.condition(name, "Training") if "REGISTRATION" in plant.message(name, "Training") else None,
        expected,
    )
    assert f"version 1 is {status}" in plant.message(name, "Training")
    assert plant.truth(name)["aliases"] == {}
    if status == "PENDING_REGISTRATION":
        sql(database, (update, ("READY", registered(name))))
        await plant.until(lambda: plant.production(name), 1)


@pytest.mark.parametrize("how", ["renamed", "deleted"])
async def test_a_registered_model_that_is_gone_is_trained_anew_and_never_replaced_by_another(
    plant: Plant, name: str, how: str
) -> None:
    await plant.serve(name)
    if how == "renamed":
        plant.client.rename_registered_model(registered(name), f"{registered(name)}-old")
    else:
        plant.client.delete_registered_model(registered(name))
    await plant.until(lambda: len(plant.jobs(name)), 1)
    assert plant.production(name) is None
    assert plant.condition(name, "Ready")[0] == "False"
    assert plant.status(name).last_decision.reason == "FirstTraining"  # type: ignore[union-attr]


@pytest.mark.parametrize(("change", "expected"), [("Adopt", 1), ("Revert", 2)])
async def test_an_alias_that_somebody_moved_is_adopted_or_moved_back_at_most_once(
    plant: Plant, proxy: FaultProxy, name: str, change: str, expected: int
) -> None:
    plant.register(name)
    await plant.sweeps()
    plant.apply(name, policy={"promotion": {"onRegistryChange": change}})
    await plant.until(lambda: plant.production(name), 1)
    plant.compared(name, champion=1)
    await plant.until(lambda: plant.production(name), 2)
    await plant.sweeps()
    since = len(proxy.asked)
    plant.client.set_registered_model_alias(registered(name), "production", "1")
    reason = {"Adopt": "Adopted", "Revert": "Reverted"}[change]
    await plant.until(lambda: plant.status(name).history[0].reason, reason)
    await plant.sweeps(3)
    assert plant.truth(name)["aliases"] == {"production": expected}
    assert proxy.count(f"registered-models/alias.*{registered(name)}", since) <= 1


async def test_a_production_version_that_somebody_deleted_is_told_and_none_is_promoted_in_its_place(
    plant: Plant, name: str
) -> None:
    await plant.serve(name)
    plant.compared(name, champion=1)
    await plant.until(lambda: plant.production(name), 2)
    plant.client.delete_model_version(registered(name), "2")
    await plant.until(lambda: plant.condition(name, "Stalled"), GONE)
    await plant.sweeps()
    assert plant.truth(name)["aliases"] == {}
    assert plant.jobs(name) == []


async def test_two_production_tags_become_one_and_the_holder_of_the_alias_stays(
    plant: Plant, proxy: FaultProxy, name: str
) -> None:
    await plant.serve(name)
    plant.compared(name, champion=1)
    await plant.until(lambda: plant.production(name), 2)
    tag(plant, name, 1, Tag.STAGE, "Production")
    plant.client.set_registered_model_tag(registered(name), "touched", "by hand")  # old tags are in no page of a sweep
    await plant.until(lambda: plant.truth(name)["stages"], {1: "Archived", 2: "Production"})
    writes = [
        a.body for a in proxy.asked if registered(name) in a.body and '"production"' in a.body and "alias" in a.path
    ]
    assert [json.loads(body)["version"] for body in writes] == ["1", "2"]


async def test_promotion_comes_first_and_the_archive_after(plant: Plant, proxy: FaultProxy, name: str) -> None:
    await plant.serve(name)
    plant.compared(name, champion=1)
    await plant.until(lambda: plant.production(name), 2)
    promoted = next(
        i
        for i, a in enumerate(proxy.asked)
        if "alias" in a.path and registered(name) in a.body and '"2"' in a.body and '"production"' in a.body
    )
    archived = next(i for i, a in enumerate(proxy.asked) if registered(name) in a.body and '"Archived"' in a.body)
    assert promoted < archived


@pytest.mark.parametrize(
    "metrics",
    [
        pytest.param({"naive_rmse": 0.2}, id="absent"),
        pytest.param({"candidate_rmse": math.nan, "naive_rmse": 0.2}, id="not a number"),
        pytest.param({"candidate_rmse": math.inf, "naive_rmse": 0.2}, id="infinite"),
        pytest.param({"candidate_rmse": -math.inf, "naive_rmse": 0.2}, id="minus infinite"),
    ],
)
async def test_a_metric_that_is_no_finite_number_never_passes(
    plant: Plant, name: str, metrics: dict[str, float]
) -> None:
    plant.register(name, metrics)
    await plant.sweeps()
    plant.apply(name)
    await plant.until(lambda: plant.condition(name, "Stalled"), ("True", "MetricMissing"))
    assert plant.truth(name)["aliases"] == {"staging": 1}


async def test_a_version_whose_run_was_deleted_is_not_promoted(plant: Plant, name: str) -> None:
    plant.register(name)
    (version,) = plant.client.search_model_versions(f"name = '{registered(name)}'")
    plant.client.delete_run(version.run_id)
    await plant.sweeps()
    plant.apply(name)
    await plant.until(lambda: plant.condition(name, "Stalled"), ("True", "MetricMissing"))


async def test_after_a_restored_backup_a_number_that_comes_again_is_another_version(
    plant: Plant, database: Path, name: str
) -> None:
    await plant.serve(name)
    plant.compared(name, champion=1)
    await plant.until(lambda: plant.production(name), 2)
    lost = plant.status(name).stages.production
    older = {"name": registered(name), "tags": (Tag.STAGE.value, Tag.STAGE_MOVES.value)}
    moves = json.dumps(json.loads(_tag_of(plant, name, 1, Tag.STAGE_MOVES))[:2])
    sql(
        database,
        ("DELETE FROM model_version_tags WHERE name = ? AND version = 2", (older["name"],)),
        ("DELETE FROM model_versions WHERE name = ? AND version = 2", (older["name"],)),
        ("UPDATE registered_model_aliases SET version = 1 WHERE name = ?", (older["name"],)),
        ("UPDATE model_version_tags SET value = 'Production' WHERE name = ? AND version = 1 AND key = ?", (older["name"], Tag.STAGE.value)),
        ("UPDATE model_version_tags SET value = ? WHERE name = ? AND version = 1 AND key = ?", (moves, older["name"], Tag.STAGE_MOVES.value)),
    )  # fmt: skip
    await plant.until(lambda: plant.production(name), 1)
    plant.compared(name, champion=1)
    await plant.until(lambda: plant.production(name), 2)
    found = plant.status(name).stages.production
    assert found is not None
    assert lost is not None
    assert found.run_id != lost.run_id
    assert [move.version for move in plant.status(name).stage_history if move.to_stage == "Production"] == [2, 1]


def _tag_of(plant: Plant, name: str, version: int, key: Tag) -> str:
    return str(plant.client.get_model_version(registered(name), str(version)).tags[key.value])


async def test_an_alias_that_points_nowhere_is_put_back(plant: Plant, database: Path, name: str) -> None:
    await plant.serve(name)
    sql(database, ("UPDATE registered_model_aliases SET version = 99 WHERE name = ?", (registered(name),)))
    await plant.until(lambda: plant.truth(name)["aliases"], {"production": 1})
    await plant.until(lambda: plant.condition(name, "Ready")[0], "True")
    assert plant.truth(name)["stages"] == {1: "Production"}


async def test_without_mlflows_own_stages_the_status_is_the_same(plant: Plant, proxy: FaultProxy, name: str) -> None:
    def forget_stages(body: bytes) -> bytes:
        said = json.loads(body)
        for version in [*said.get("model_versions", []), *said.get("registered_model", {}).get("latest_versions", [])]:
            version.pop("current_stage", None)
        for model in said.get("registered_models", []):
            model.pop("latest_versions", None)
        return json.dumps(said).encode()

    with proxy.rule("registered-models/(search|get)|model-versions/search", edit(forget_stages)):
        await plant.serve(name)
        plant.compared(name, champion=1)
        await plant.until(lambda: plant.production(name), 2)
    assert plant.truth(name)["stages"] == {1: "Archived", 2: "Production"}
    assert proxy.count("transition-stage|latest-versions") == 0

"""Whatever is moved, deleted or restarted: kubectl, status, history, MLflow and the plugin give one answer."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ComparisonVerdict, Tag
from tests.operator.answers import Holders, Registrar, all_say
from tests.operator.operator_process import OperatorProcess, Plant, eventually
from tests.operator.test_operator import policy, sensor_model

PROMOTE = "sensormodel.io/promote-version"


@pytest.fixture
def operator(plant: Plant, mlflow: MlflowServer, tmp_path: Path) -> Iterator[OperatorProcess]:
    """The operator, which looks at MLflow every second."""
    with OperatorProcess(plant, mlflow.url, tmp_path, {"SENSORMODEL_REGISTRY_SPACING": "1s"}) as process:
        yield process


@pytest.fixture
def registrar(plant: Plant, mlflow: MlflowServer, operator: OperatorProcess) -> Registrar:
    """The hands of trainer and people for the SensorModel p-1."""
    triggers = {"drift": {"enabled": False}, "dataQuality": {"enabled": False}, "performance": {"metric": "RMSE"}}
    plant.apply(policy() | {"spec": {"checkInterval": "1s", "triggers": triggers}})
    model = sensor_model()
    model["spec"] |= {"registry": {"modelName": f"model-of-{plant.namespace}"}}
    plant.apply(model)
    return Registrar(mlflow.url, plant, "p-1", model["spec"]["registry"]["modelName"])


def newest_move(plant: Plant, version: int) -> dict[str, Any]:
    history: list[dict[str, Any]] = plant.get("sensormodel", "p-1")["status"]["stageHistory"]
    return next(move for move in history if move["version"] == version)


def pin(plant: Plant, version: int | None) -> None:
    plant.kubectl("patch", "sm", "p-1", "--type=merge", "-p", json.dumps({"spec": {"productionVersion": version}}))


def annotate(plant: Plant, value: str) -> None:
    plant.kubectl("annotate", "--overwrite", "sm", "p-1", f"{PROMOTE}={value}")


def test_moves_deletions_and_restarts_leave_one_answer(
    plant: Plant, operator: OperatorProcess, registrar: Registrar
) -> None:
    def all_say_that(production: int | None, staging: int | None = None) -> None:
        all_say(plant, "p-1", registrar, Holders(production, staging))

    assert registrar.register(0.1) == 1
    all_say_that(1)
    assert registrar.register(0.08, against=1) == 2
    all_say_that(2)

    registrar.move("production", 1)  # somebody in MLflow
    all_say_that(1)
    assert (newest_move(plant, 1)["by"], newest_move(plant, 1)["reason"]) == ("Person", "Adopted")

    annotate(plant, "2@anna/2026-11-24T12:00:00Z")
    all_say_that(2)
    assert (
        "(anna, as told by the request; written by field manager kubectl-annotate)" in newest_move(plant, 2)["message"]
    )

    registrar.client.set_model_version_tag(registrar.name, "2", Tag.STAGE.value, "Archived")  # somebody edits a tag
    all_say_that(2)

    operator.kill()
    registrar.move("production", 1)
    operator.start()
    all_say_that(1)

    pin(plant, 2)
    all_say_that(2)
    registrar.move("production", 1)  # against the pin
    eventually(lambda: registrar.client.get_registered_model(registrar.name).aliases["production"], "2")
    all_say_that(2)
    pin(plant, None)

    registrar.client.delete_model_version(registrar.name, "2")
    all_say_that(None)
    assert plant.condition("p-1", "Ready") == ("False", "ProductionGone")
    assert operator.terminate() == 0
    operator.start()
    all_say_that(None)

    annotate(plant, "1@bob")
    all_say_that(1)
    assert plant.condition("p-1", "Ready") == ("True", "UpToDate")


def test_a_refusal_and_a_failed_probation_are_told_alike_everywhere(
    plant: Plant, operator: OperatorProcess, registrar: Registrar
) -> None:
    first, worse = registrar.register(0.1), 2
    all_say(plant, "p-1", registrar, Holders(first))
    assert registrar.register(0.12, against=first, better=False) == worse
    all_say(plant, "p-1", registrar, Holders(first, worse))
    eventually(lambda: "gate" in plant.get("sensormodel", "p-1")["status"]["stages"]["staging"], expected=True)
    shown = plant.get("sensormodel", "p-1")["status"]["stages"]["staging"]["gate"]
    assert shown == json.loads(registrar.tag(worse, Tag.GATE) or "")
    assert (shown["reason"], shown["message"]) == ("NotBetter", "version 2 against 1: RMSE 0.12 against 0.1 (-20.0 %)")

    better = registrar.register(0.08, against=first)
    all_say(plant, "p-1", registrar, Holders(better))
    assert "probationUntilTime" in plant.get("sensormodel", "p-1")["status"]["stages"]["production"]
    registrar.score(better, 0.12, first, ComparisonVerdict.BETTER, 0.09)
    all_say(plant, "p-1", registrar, Holders(first))
    for version in (first, better):
        assert (newest_move(plant, version)["by"], newest_move(plant, version)["reason"]) == (
            "Policy",
            "ProbationFailed",
        )
    assert json.loads(registrar.tag(better, Tag.GATE) or "")["reason"] == "ProbationFailed"


def test_two_models_that_mean_one_registered_model_are_told_apart_before_anything_is_registered(
    plant: Plant, operator: OperatorProcess
) -> None:
    first, second = sensor_model("first"), sensor_model("second")
    first["spec"]["sensorID"], second["spec"]["sensorID"] = f"{plant.namespace}/B", f"{plant.namespace}_B"
    plant.apply(policy(), first)
    eventually(lambda: len(plant.names("jobs")), 1)
    created = datetime.fromisoformat(plant.get("sensormodel", "first")["metadata"]["creationTimestamp"])
    eventually(lambda: datetime.now(UTC) >= created + timedelta(seconds=1), expected=True)  # it has whole seconds only
    plant.apply(second)
    eventually(lambda: plant.condition("second", "Stalled"), ("True", "RegisteredModelOwned"))
    assert len(plant.names("jobs")) == 1
    plant.kubectl("delete", "sm", "first")
    eventually(lambda: plant.condition("second", "Stalled"), None)
    eventually(lambda: plant.condition("second", "Training"), ("True", "TrainingStarted"))

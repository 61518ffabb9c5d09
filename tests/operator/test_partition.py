"""A leader that has lost the API server and still reaches MLflow (F33)."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import LABEL_MODEL, Tag
from tests.gateways.mlflow_objects import register_version
from tests.operator.life_of_a_model import registered
from tests.operator.operator_process import Plant, eventually
from tests.operator.replicas import EX_LOST, Replicas
from tests.operator.test_operator import policy, sensor_model

POLICY: Final = {"checkInterval": "1s", "budget": {"maxConcurrent": 100}}
JOB_POST: Final = b"POST /apis/batch/"
# A pass over one goes as far as its first write to the API server, so each shows once whether MLflow is written to.
SIGNS: Final = [f"sign-{number}" for number in range(15)]


def test_a_leader_that_is_cut_off_from_the_api_server_writes_nothing_once_another_may_lead(
    plant: Plant, mlflow: MlflowServer, tmp_path: Path
) -> None:
    client = MlflowClient(mlflow.url, mlflow.url)
    with Replicas(plant, mlflow.url, tmp_path) as replicas:
        history, first = replicas.history, replicas.start("first")
        eventually(replicas.holder, "first")
        second = replicas.start("second")
        plant.apply(policy() | {"spec": POLICY}, *map(sensor_model, SIGNS))
        for sign in SIGNS:
            eventually(partial(plant.condition, sign, "Training"), ("True", "TrainingStarted"))

        first.wire.cut_at(JOB_POST)
        plant.apply(sensor_model("cut-off"))
        assert first.wire.is_cut.wait(60)
        cut = time.monotonic()
        signs = iter(SIGNS)
        while replicas.holder() == "first":
            register(plant, client, sign := next(signs))
            eventually(partial(promoted, client, sign), {"production": 1})
        assert first.wait() == EX_LOST
        eventually(lambda: plant.condition("cut-off", "Training"), ("True", "TrainingStarted"))
        register(plant, client, sign := next(signs))
        eventually(lambda: promoted(client, sign), {"production": 1})
        by_first = history.effects(first.writer)
        while_cut_off = [entry.asked.path for entry in by_first if entry.arrived > cut]
        assert while_cut_off != []  # until it could no longer be sure that it led
        assert all(path.startswith("/api/2.0/mlflow/") for path in while_cut_off)

        first.wire.mend()  # what it had said arrives, though it has ended
        eventually(lambda: [entry.status for entry in history.of(first.writer, "/jobs") if entry.arrived > cut], [409])
        again = replicas.start("first")
        eventually(lambda: replicas.told("first"), ["first stands by"])
    assert history.effects(first.writer) == by_first
    assert history.effects(again.writer) == []
    assert history.hands() == [(first.writer, 0), (second.writer, 1)]
    assert history.trespasses() == []
    assert len(plant.names("jobs")) == len(SIGNS) + 1


def register(plant: Plant, client: MlflowClient, name: str) -> None:
    """A version as the model's Job would have registered it."""
    job = plant.kubectl("get", "jobs", "-l", f"{LABEL_MODEL}={name}", "-o", "jsonpath={.items[0].metadata.uid}")
    now = datetime.now(UTC)
    tags = {
        Tag.JOB_UID: job,
        Tag.SENSOR_MODEL_UID: plant.get("sensormodel", name)["metadata"]["uid"],
        Tag.COMPLETE: "true",
        Tag.DATA_END: now.isoformat(),
        Tag.HELD_OUT_START: (now - timedelta(hours=1)).isoformat(),
    }
    metrics = {"candidate_rmse": 0.05, "naive_rmse": 0.2, "baseline_rmse": 0.15}
    register_version(client, registered(name), tags, metrics)


def promoted(client: MlflowClient, name: str) -> dict[str, int]:
    """The aliases of the model in MLflow."""
    return {alias: int(number) for alias, number in client.get_registered_model(registered(name)).aliases.items()}

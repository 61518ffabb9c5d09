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
from tests.operator.operator_process import PATIENCE, Plant, eventually
from tests.operator.replicas import EX_LOST, Replicas
from tests.operator.test_operator import policy, sensor_model

POLICY: Final = {"checkInterval": "1s", "budget": {"maxConcurrent": 100}}
JOB_POST: Final = b"POST /apis/batch/"
# A pass over one goes as far as its first write to the API server, so each shows once who writes to MLflow.
SIGNS: Final = [f"sign-{number}" for number in range(20)]


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
            register(plant, client, sign)
        signs = iter(SIGNS)
        complete_and_wait(client, next(signs))
        assert {entry.writer for entry in history.effects(path="/mlflow/")} == {first.writer}

        first.wire.cut_at(JOB_POST)
        plant.apply(sensor_model("cut-off"))
        assert first.wire.is_cut.wait(PATIENCE)
        cut = time.monotonic()
        while first.runs() or replicas.holder() != "second":  # there is always something to write
            complete_and_wait(client, next(signs))
            assert history.trespasses() == []
        assert first.wait() == EX_LOST
        eventually(partial(plant.condition, "cut-off", "Training"), ("True", "TrainingStarted"))
        for sign in SIGNS[: SIGNS.index(next(signs))]:
            eventually(partial(plant.production, sign), 1)
        by_first, by_second = history.effects(first.writer), history.effects(second.writer)
        while_cut_off = [entry.asked.path for entry in by_first if entry.arrived > cut]
        assert all(path.startswith("/api/2.0/mlflow/") for path in while_cut_off)
        assert history.trespasses() == []

        first.wire.mend()  # what it had said arrives, though it has ended
        eventually(lambda: [entry.status for entry in history.of(first.writer, "/jobs") if entry.arrived > cut], [409])
        again = replicas.start("first")
        eventually(lambda: replicas.told("first"), ["first stands by"])
    late = [entry for entry in history.effects(first.writer) if entry not in by_first]
    assert [str(entry) for entry in late if entry.asked.path in {entry.asked.path for entry in by_second}] == []
    assert history.effects(again.writer) == []
    assert history.hands() == [(first.writer, 0), (second.writer, 1)]
    assert len(plant.names("jobs")) == len(SIGNS) + 1


def register(plant: Plant, client: MlflowClient, name: str) -> None:
    """A version of the model's Job, not complete yet."""
    job = plant.kubectl("get", "jobs", "-l", f"{LABEL_MODEL}={name}", "-o", "jsonpath={.items[0].metadata.uid}")
    now = datetime.now(UTC)
    tags = {
        Tag.JOB_UID: job,
        Tag.SENSOR_MODEL_UID: plant.get("sensormodel", name)["metadata"]["uid"],
        Tag.DATA_END: now.isoformat(),
        Tag.HELD_OUT_START: (now - timedelta(hours=1)).isoformat(),
    }
    metrics = {"candidate_rmse": 0.05, "naive_rmse": 0.2, "baseline_rmse": 0.15}
    register_version(client, registered(name), tags, metrics)


def complete_and_wait(client: MlflowClient, name: str) -> None:
    """The version is complete now, and somebody promotes it."""
    model = registered(name)
    client.set_model_version_tag(model, "1", Tag.COMPLETE, "true")
    eventually(lambda: client.get_registered_model(model).aliases, {"production": "1"})

"""A new version of the operator takes over from the old one while a model is being trained (F36)."""

import asyncio
import threading
from pathlib import Path

from localcluster.mlflow_server import MlflowServer
from tests.faults.fault_proxy import Fault, FaultProxy
from tests.operator.life_of_a_model import Life
from tests.operator.operator_process import Plant, eventually
from tests.operator.replicas import Replicas
from tests.operator.test_operator import policy, sensor_model
from tests.proxies.http_proxy import Answer, Forward


def after(event: threading.Event) -> Fault:
    """The server is asked when the time has come."""

    async def fault(forward: Forward) -> Answer | None:
        while not event.is_set():  # noqa: ASYNC110 - the event is that of another thread
            await asyncio.sleep(0.02)
        return await forward()

    return fault


def test_a_training_goes_on_while_a_new_version_takes_over_and_is_promoted_by_it_once(
    working_plant: Plant, mlflow: MlflowServer, tmp_path: Path
) -> None:
    plant, may_register = working_plant, threading.Event()
    with FaultProxy(mlflow.url) as trainers, Replicas(plant, mlflow.url, tmp_path) as replicas:
        history = replicas.history
        old = replicas.start("old", {"SENSORMODEL_TRAINER_MLFLOW_TRACKING_URI": trainers.url})
        eventually(replicas.holder, "old")
        with trainers.rule("", after(may_register)) as held:
            plant.apply(policy(), sensor_model("rolled"))
            eventually(lambda: held.used, 1)  # its pod runs
            new = replicas.start("new", {"SENSORMODEL_JOB_TTL": "24h"})
            assert replicas.leading() == ["old"]
            assert old.terminate() == 0
            eventually(replicas.leading, ["new"])
            may_register.set()
            eventually(lambda: plant.condition("rolled", "Ready"), ("True", "UpToDate"))
    # The new one took a Lease that was free: nobody waited until it expired.
    assert history.hands() == [(old.writer, 0), ("", 0), (new.writer, 1)]
    assert history.trespasses() == []
    assert Life.of(plant, mlflow.url, "rolled") == Life.after(trainings=1)
    assert [job.writer for job in history.effects(path="/jobs")] == [old.writer]
    assert {moved.writer for moved in history.effects(path="/mlflow/")} == {new.writer}
    assert history.effects(path="/status")[-1].writer == new.writer
    pods = plant.kubectl("get", "pods", "-o", "jsonpath={.items[*].status.phase}")
    assert pods == "Succeeded"

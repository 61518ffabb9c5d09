"""Two replicas of the operator as processes on a real API server: one acts, the other takes over."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcluster.mlflow_server import MlflowServer
from tests.operator.operator_process import EVENT, JOB, STATUS, OperatorProcess, Plant, eventually
from tests.operator.test_operator import policy, sensor_model

EX_LOST = 75


class Replicas:
    """Two processes that compete for one Lease of the plant's namespace."""

    def __init__(self, plant: Plant, mlflow_url: str, folder: Path) -> None:
        self.plant = plant
        self.all: dict[str, OperatorProcess] = {}
        for name in ("first", "second"):
            place = folder / name
            place.mkdir()
            settings = {"SENSORMODEL_LEASE": f"{plant.namespace}/operator", "SENSORMODEL_POD_NAME": name}
            self.all[name] = OperatorProcess(plant, mlflow_url, place, settings)

    def holder(self) -> str | None:
        """The replica that the Lease names; None for nobody."""
        held: dict[str, Any] = json.loads(self.plant.kubectl("get", "lease", "operator", "-o", "json"))["spec"]
        return held["holderIdentity"].split("_")[0] if held.get("holderIdentity") else None

    def told(self, name: str) -> list[str]:
        """What a replica said about leading."""
        lines = [line["message"] for line in self.all[name].lines()]
        return [line.split("_")[0] + " " + line.split(" ", 1)[1] for line in lines if line.startswith(name)]

    def leads(self, name: str) -> str:
        """The metric of a replica."""
        lines = self.all[name].ask("metrics", "/metrics")[1].splitlines()
        return next(
            line.removeprefix("sensormodel_leader ") for line in lines if line.startswith("sensormodel_leader ")
        )


@pytest.fixture
def replicas(plant: Plant, mlflow: MlflowServer, tmp_path: Path) -> Iterator[Replicas]:
    """The first leads, the second stands by."""
    both = Replicas(plant, mlflow.url, tmp_path)
    with both.all["first"], both.all["second"]:
        eventually(both.holder, "first")
        yield both


def test_the_standby_is_ready_and_idle_and_leads_soon_after_the_leader_was_told_to_end(replicas: Replicas) -> None:
    plant = replicas.plant
    before = plant.writes()
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    assert [replicas.all[name].ask("health", "/readyz")[0] for name in ("first", "second")] == [200, 200]
    assert [replicas.leads(name) for name in ("first", "second")] == ["1.0", "0.0"]
    assert replicas.told("second") == ["second stands by"]
    assert replicas.all["first"].terminate() == 0
    eventually(replicas.holder, "second")
    assert replicas.told("first") == ["first stands by", "first leads", "first has released the lease"]
    plant.apply(sensor_model("p-2"))
    eventually(lambda: plant.condition("p-2", "Training"), ("True", "TrainingStarted"))
    written = plant.writes() - before
    assert [written[kind] for kind in (JOB, STATUS, EVENT)] == [2, 2, 2]  # nothing twice
    assert replicas.all["second"].terminate() == 0
    assert replicas.holder() is None


def test_after_a_crash_the_standby_leads_and_finds_the_job(replicas: Replicas) -> None:
    plant = replicas.plant
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    jobs = plant.names("jobs")
    replicas.all["first"].kill()
    eventually(replicas.holder, "second")
    eventually(lambda: replicas.all["second"].ask("health", "/readyz")[0], 200)
    plant.apply(sensor_model("p-2"))
    eventually(lambda: plant.condition("p-2", "Training"), ("True", "TrainingStarted"))
    assert set(jobs) < set(plant.names("jobs"))
    assert len(plant.names("jobs")) == 2


def test_a_leader_that_was_stopped_and_goes_on_ends_without_a_write(replicas: Replicas) -> None:
    plant, first = replicas.plant, replicas.all["first"]
    first.send(signal.SIGSTOP)
    eventually(replicas.holder, "second")
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    before = plant.writes()
    first.send(signal.SIGCONT)
    assert first.wait() == EX_LOST
    assert first.lines()[-1]["message"].endswith("this process ends, another replica leads")
    assert plant.writes() == before


def test_the_lease_deleted_by_hand_comes_back_with_the_same_leader_and_a_standby_may_end(replicas: Replicas) -> None:
    replicas.plant.kubectl("delete", "lease", "operator")
    eventually(
        lambda: replicas.plant.kubectl("get", "lease", "--ignore-not-found", "-o", "name").split(),
        ["lease.coordination.k8s.io/operator"],
    )
    assert (replicas.holder(), replicas.leads("first"), replicas.leads("second")) == ("first", "1.0", "0.0")
    assert replicas.all["second"].terminate() == 0
    assert (replicas.holder(), replicas.leads("first")) == ("first", "1.0")

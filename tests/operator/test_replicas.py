"""Two replicas of the operator as processes on a real API server: one acts, the other takes over."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster.mlflow_server import MlflowServer
from tests.operator.operator_process import EVENT, JOB, STATUS, Plant, eventually
from tests.operator.replicas import EX_LOST, Replicas
from tests.operator.test_operator import policy, sensor_model


@pytest.fixture
def replicas(plant: Plant, mlflow: MlflowServer, tmp_path: Path) -> Iterator[Replicas]:
    """The first leads, the second stands by."""
    with Replicas(plant, mlflow.url, tmp_path) as both:
        both.start("first")
        eventually(both.holder, "first")
        both.start("second")
        yield both
    assert both.history.trespasses() == []


def test_the_standby_is_ready_and_idle_and_leads_soon_after_the_leader_was_told_to_end(replicas: Replicas) -> None:
    plant = replicas.plant
    before = plant.writes()
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    assert [replicas[name].ask("health", "/readyz")[0] for name in ("first", "second")] == [200, 200]
    assert [replicas.leads(name) for name in ("first", "second")] == ["1.0", "0.0"]
    assert replicas.told("second") == ["second stands by"]
    assert replicas["first"].terminate() == 0
    eventually(replicas.holder, "second")
    assert replicas.told("first") == ["first stands by", "first leads", "first has released the lease"]
    plant.apply(sensor_model("p-2"))
    eventually(lambda: plant.condition("p-2", "Training"), ("True", "TrainingStarted"))
    written = plant.writes() - before
    assert [written[kind] for kind in (JOB, STATUS, EVENT)] == [2, 2, 2]  # nothing twice
    assert replicas["second"].terminate() == 0
    assert replicas.holder() is None


def test_after_a_crash_the_standby_leads_and_finds_the_job(replicas: Replicas) -> None:
    plant = replicas.plant
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    jobs = plant.names("jobs")
    replicas["first"].kill()
    eventually(replicas.holder, "second")
    eventually(lambda: replicas["second"].ask("health", "/readyz")[0], 200)
    plant.apply(sensor_model("p-2"))
    eventually(lambda: plant.condition("p-2", "Training"), ("True", "TrainingStarted"))
    assert set(jobs) < set(plant.names("jobs"))
    assert len(plant.names("jobs")) == 2


def test_a_leader_that_was_stopped_and_goes_on_ends_without_a_write(replicas: Replicas) -> None:
    plant, first = replicas.plant, replicas["first"]
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
    assert replicas["second"].terminate() == 0
    assert (replicas.holder(), replicas.leads("first")) == ("first", "1.0")

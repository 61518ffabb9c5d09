"""What running trainings say, read from a real MLflow as from the fake."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import Tag
from model_contract.progress import TrainingProgress, TrainingStep
from model_operator.gateways.protocols import ModelRegistry
from model_operator.gateways.registry import MlflowRegistry
from tests.fakes import FakeRegistry

SAID = TrainingProgress(
    step=TrainingStep.FITTING,
    percent=43,
    time=datetime(2026, 3, 1, tzinfo=UTC),
    epoch=12,
    epochs=30,
    loss=0.0123,
    eta_seconds=7.5,
)


class World(Protocol):
    """A registry, and the hands of a trainer."""

    @property
    def registry(self) -> ModelRegistry:
        """The registry as the operator sees it."""

    def say(self, experiment: str, job_uid: str, said: TrainingProgress) -> None:
        """A run of a Job is going on and says how far it is."""


class FakeWorld:
    def __init__(self) -> None:
        self.registry = FakeRegistry()

    def say(self, experiment: str, job_uid: str, said: TrainingProgress) -> None:  # noqa: ARG002 - of the Protocol
        self.registry.progress[job_uid] = said


class RealWorld:
    def __init__(self, registry: MlflowRegistry, uri: str) -> None:
        self.registry = registry
        self._client = MlflowClient(uri, uri)

    def say(self, experiment: str, job_uid: str, said: TrainingProgress) -> None:
        open_run(self._client, experiment, job_uid, said.to_json())


def open_run(client: MlflowClient, experiment: str, job_uid: str, said: str) -> str:
    found = client.get_experiment_by_name(experiment)
    experiment_id = found.experiment_id if found else client.create_experiment(experiment)
    run = client.create_run(experiment_id, tags={Tag.JOB_UID: job_uid, Tag.PROGRESS: said})
    return str(run.info.run_id)


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    url: str = request.getfixturevalue("mlflow_server").url
    registry = MlflowRegistry(url)
    yield RealWorld(registry, url)
    registry.close()


@pytest.fixture
def real(mlflow_server: MlflowServer) -> Iterator[MlflowRegistry]:
    registry = MlflowRegistry(mlflow_server.url)
    yield registry
    registry.close()


def unique(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex}"


async def test_trainings_of_several_experiments_are_read_at_once_and_others_left_out(world: World) -> None:
    one, other, strange = unique("job"), unique("job"), unique("job")
    experiments = {uid: unique("experiment") for uid in (one, other, strange)}
    for uid, experiment in experiments.items():
        world.say(experiment, uid, SAID)
    asked = {uid: experiments[uid] for uid in (one, other)}
    assert await world.registry.read_progress(asked) == {one: SAID, other: SAID}


async def test_a_job_that_says_nothing_and_an_experiment_that_is_not_there_are_no_error(world: World) -> None:
    silent, talking, experiment = unique("job"), unique("job"), unique("experiment")
    world.say(experiment, talking, SAID)
    asked = {silent: experiment, talking: experiment, unique("job"): unique("experiment")}
    assert await world.registry.read_progress(asked) == {talking: SAID}


async def test_a_run_that_has_ended_says_nothing(real: MlflowRegistry, mlflow_server: MlflowServer) -> None:
    uid, experiment, client = unique("job"), unique("experiment"), MlflowClient(mlflow_server.url)
    run_id = open_run(client, experiment, uid, SAID.to_json())
    client.set_terminated(run_id, "KILLED")
    assert await real.read_progress({uid: experiment}) == {}


async def test_what_does_not_parse_counts_as_nothing(
    real: MlflowRegistry, mlflow_server: MlflowServer, caplog: pytest.LogCaptureFixture
) -> None:
    uid, experiment = unique("job"), unique("experiment")
    open_run(MlflowClient(mlflow_server.url), experiment, uid, '{"step": "Dreaming"}')
    assert await real.read_progress({uid: experiment}) == {}
    assert "sensormodel.io/progress is ignored" in caplog.text

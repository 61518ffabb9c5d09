"""A prepared process, a real MLflow server, and settings that point to it."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.evaluation import EvaluationTask
from model_contract.keys import ENV_JOB_UID
from model_trainer.interruption import Interruption
from model_trainer.pipeline import train
from model_trainer.settings import Settings, prepare_process
from tests.trainer.job_process import Job
from tests.trainer.registry_view import Trained
from tests.trainer.telemetry_files import SMALL, a_task, an_evaluation

# Of libraries about each other, when they are imported or save a model.
_FOREIGN_WARNINGS = (
    "ignore:.*Any type hint is inferred:UserWarning",  # MLflow
    "ignore:__array__ implementation:DeprecationWarning",  # Keras
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings are errors, except these."""
    for item in items:
        for warning in _FOREIGN_WARNINGS:
            item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(scope="session")
def prepared_process() -> Iterator[None]:
    """What the trainer sets before it imports TensorFlow and MLflow; taken back at the end."""
    before = dict(os.environ)
    prepare_process(Settings.from_environment({"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}))
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A running MLflow server."""
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture
def settings(prepared_process: None, mlflow_server: MlflowServer, request: pytest.FixtureRequest) -> Settings:
    """Settings of a Job whose uid is the name of the test."""
    return Settings.from_environment({"MLFLOW_TRACKING_URI": mlflow_server.url, ENV_JOB_UID: request.node.name})


@pytest.fixture(scope="session")
def client(mlflow_server: MlflowServer) -> MlflowClient:
    """A client of the server, which is also the one that `models:/…` refers to."""
    mlflow.set_tracking_uri(mlflow_server.url)
    return MlflowClient(mlflow_server.url, mlflow_server.url)


@pytest.fixture(scope="session")
def first(mlflow_server: MlflowServer, prepared_process: None) -> Trained:
    """The first version of a model, which forecasts three rows."""
    settings = Settings.from_environment({"MLFLOW_TRACKING_URI": mlflow_server.url, ENV_JOB_UID: "first-job"})
    task = a_task(registeredModel="telemanom_first", hyperparameters=SMALL | {"n_predictions": "3"})
    return Trained(task, settings, train(task, settings, Interruption()))


@pytest.fixture
def task(first: Trained, request: pytest.FixtureRequest) -> Callable[..., EvaluationTask]:
    """Makes tasks that score the first version."""
    return partial(an_evaluation, first.task, first.done.version, request.node.name)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Job]]:
    """Starts trainers that do not outlive the test."""
    started: list[Job] = []

    def start_job(environment: dict[str, str], *arguments: str, within: Sequence[str] = ()) -> Job:
        started.append(Job(tmp_path, environment, *arguments, within=within))
        return started[-1]

    yield start_job
    for job in started:
        job.process.kill()
        job.end()
        if job.process.stdout is not None:
            job.process.stdout.close()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """The name of the test and its case, fit to name a registered model."""
    return re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")


@pytest.fixture(scope="module")
def keras(prepared_process: None) -> Any:
    """Keras, on TensorFlow that is prepared as every test in this process needs it."""
    import keras  # noqa: PLC0415  TensorFlow takes seconds to import; only tests that run wait for it

    from model_trainer.models.fitting import prepare_tensorflow  # noqa: PLC0415  likewise

    prepare_tensorflow(seed=3, threads=1)
    return keras

"""A prepared process, a real MLflow server, and settings that point to it."""

import os
from collections.abc import Iterator

import pytest

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ENV_JOB_UID
from model_trainer.settings import Settings, prepare_process


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

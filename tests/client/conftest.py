"""A real MLflow server for the client."""

from collections.abc import Iterator
from hashlib import sha256

import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A running MLflow server."""
    with MlflowServer(tmp_path_factory.mktemp("client-mlflow")) as running:
        yield running


@pytest.fixture
def mlflow(server: MlflowServer) -> MlflowClient:
    """MLflow's own client, to bring about what ours shall see."""
    return MlflowClient(server.url, server.url)


@pytest.fixture
def own_name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    return f"client-{sha256(request.node.nodeid.encode()).hexdigest()[:12]}"

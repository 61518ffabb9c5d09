"""One MLflow server with one fault proxy before it, shared by the session; models have names of their own."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from localcluster.mlflow_server import MlflowServer
from tests.faults.fault_proxy import FaultProxy
from tests.faults.plant import Plant


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A real server on SQLite; `folder` of the fixture below has its database."""
    with MlflowServer(tmp_path_factory.mktemp("faults") / "mlflow") as server:
        yield server


@pytest.fixture(scope="session")
def database(mlflow: MlflowServer) -> Path:
    """The server's SQLite file."""
    return mlflow.log.parent / "mlflow.db"


@pytest.fixture
def proxy(mlflow: MlflowServer) -> Iterator[FaultProxy]:
    """Without a rule it only counts."""
    with FaultProxy(mlflow.url) as running:
        yield running


@pytest.fixture
async def plant(proxy: FaultProxy, mlflow: MlflowServer) -> AsyncIterator[Plant]:
    """The operator, running, with one policy and no model."""
    async with Plant(proxy, mlflow.url) as running:
        yield running


@pytest.fixture
def name() -> str:
    """A SensorModel of this test's own."""
    return f"m-{uuid.uuid4().hex[:10]}"

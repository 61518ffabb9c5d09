"""The real operator process, on a real API server and a real MLflow server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import Cluster
from localcluster.mlflow_server import MlflowServer
from tests.operator.operator_process import OperatorProcess, Plant, new_plant

ROOT = Path(__file__).resolve().parents[2]
NO_PODS = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "no-pods"},
    "spec": {"hard": {"pods": "0"}},  # Jobs stay as they were created, so that every write can be foretold
}


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """An empty MLflow server."""
    with MlflowServer(tmp_path_factory.mktemp("operator-mlflow")) as server:
        yield server


@pytest.fixture(scope="session")
def crds(cluster: Cluster) -> None:
    """The CRDs as they are shipped."""
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all")


@pytest.fixture
def working_plant(cluster: Cluster, crds: None) -> Iterator[Plant]:
    """A namespace in which pods run."""
    with new_plant(cluster) as plant:
        yield plant


@pytest.fixture
def plant(working_plant: Plant) -> Plant:
    """A namespace in which no pod runs."""
    working_plant.apply(NO_PODS)
    return working_plant


@pytest.fixture
def operator(plant: Plant, mlflow: MlflowServer, tmp_path: Path) -> Iterator[OperatorProcess]:
    """The operator, ready, watching the plant's namespace only."""
    with OperatorProcess(plant, mlflow.url, tmp_path) as process:
        yield process

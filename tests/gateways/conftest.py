"""Real servers for the gateways' tests, shared by the session."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import Cluster
from localcluster.mlflow_server import MlflowServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def api_server(cluster: Cluster) -> Cluster:
    """The cluster with the CRDs, established."""
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "-l", "", "--all")
    return cluster


@pytest.fixture
def namespace(api_server: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace of this test's own."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:50].strip("-")
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": f"{name}-"}}
    created = json.loads(api_server.kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(manifest)))
    return str(created["metadata"]["name"])


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A running MLflow server."""
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server

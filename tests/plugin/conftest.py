"""The plugin as a person runs it: in this process against a real API server, with golden texts at a fixed width.

`UPDATE_GOLDEN=1 pytest tests/plugin` rewrites the golden texts; a review reads the difference.
"""

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from kubernetes import client, config

from localcluster import Cluster
from tests.cluster.api.server import ROOT, Api, publishes, wait_until
from tests.plugin.program import Program

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def with_kinds(cluster: Cluster) -> Cluster:
    """The cluster with the generated CRDs and roles."""
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sensor-model-system"}}
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(home))
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"), "-f", str(ROOT / "manifests/base/rbac.yaml"))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    for published in (
        ("sensormodels/status", "get", "--raw", "/apis/rbac.authorization.k8s.io/v1/clusterroles/view"),
        ("v1alpha1.SensorModel", "get", "--raw", "/openapi/v3/apis/sensormodel.io/v1alpha1"),
    ):
        wait_until(partial(publishes, cluster, *published))
    return cluster


@pytest.fixture
def api(with_kinds: Cluster, request: pytest.FixtureRequest) -> Iterator[Api]:
    """A fresh namespace for one test."""
    http = client.CustomObjectsApi(config.new_client_from_config(str(with_kinds.kubeconfig)))
    api = Api(with_kinds, f"plugin-{sha256(request.node.nodeid.encode()).hexdigest()[:12]}", http)
    with_kinds.kubectl("create", "namespace", api.namespace)
    yield api
    api.kubectl("delete", "sensormodels,retrainingpolicies", "--all")
    with_kinds.kubectl("delete", "namespace", api.namespace, "--wait=false")


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    """The plugin without a cluster: no kubeconfig, no colour, 110 columns."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("COLUMNS", "110")
    return Program(capsys)


@pytest.fixture
def plugin(program: Program, api: Api) -> Program:
    """The plugin as administrator in the namespace of the test."""
    return program.at(api.cluster.kubeconfig, api.namespace)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compare a text with the one that is stored under the test's id."""

    def compare(text: str) -> None:
        name = request.node.callspec.id if hasattr(request.node, "callspec") else request.node.name
        path = GOLDEN / f"{name.removeprefix('test_').replace(' ', '_')}.txt"
        trimmed = "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(trimmed, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == trimmed

    return compare

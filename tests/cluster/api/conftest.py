"""The kinds in a real API server, and a namespace to try them in."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from localcluster import Cluster, ClusterError
from tests.cluster.api.objects import Object

ROOT = Path(__file__).resolve().parents[3]


class Api(NamedTuple):
    """An API server that has the CRDs, seen from one namespace by kubectl."""

    cluster: Cluster
    namespace: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def apply(self, wanted: Object) -> Object:
        """Server-side apply with strict validation; the object as the server stores it."""
        return self._send("apply", "--server-side", wanted=wanted)

    def try_out(self, wanted: Object) -> Object:
        """What creating the object would store."""
        return self._send("create", "--dry-run=server", wanted=wanted)

    def refusal(self, wanted: Object, *, update: bool = False) -> str:
        """What the server says to an object that it must refuse."""
        attempt = self.apply if update else self.try_out
        with pytest.raises(ClusterError) as refused:
            attempt(wanted)
        return str(refused.value)

    def set_status(self, kind: str, name: str, status: Object) -> None:
        """Write the status as the operator does: through the subresource."""
        patch = json.dumps({"status": status})
        self.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "--patch", patch)

    def apply_status(self, wanted: Object) -> Object:
        """Write the status by server-side apply."""
        return self._send("apply", "--server-side", "--subresource=status", "--field-manager=operator", wanted=wanted)

    def refusal_of_status(self, wanted: Object) -> str:
        """What the server says to a status that it must refuse."""
        with pytest.raises(ClusterError) as refused:
            self.apply_status(wanted)
        return str(refused.value)

    @contextmanager
    def without_rules(self, plural: str) -> Iterator[None]:
        """An older CRD, which had none of today's CEL rules."""
        path = ROOT / "crds" / f"{plural}.yaml"
        older = json.dumps(_without_rules(yaml.safe_load(path.read_text(encoding="utf-8"))))
        self.kubectl("apply", "--server-side", "-f", "-", stdin=older)
        yield
        self.kubectl("apply", "--server-side", "-f", str(path))

    def get(self, kind: str, name: str) -> Object:
        """The stored object."""
        return dict(json.loads(self.kubectl("get", kind, name, "-o", "json")))

    def _send(self, *arguments: str, wanted: Object) -> Object:
        answer = self.kubectl(*arguments, "--validate=strict", "-o", "json", "-f", "-", stdin=json.dumps(wanted))
        return dict(json.loads(answer))


@pytest.fixture(scope="session")
def api_server(cluster: Cluster) -> Cluster:
    """The cluster with the generated CRDs and roles."""
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"), "-f", str(ROOT / "manifests/base/rbac.yaml"))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    # The API server publishes schemas, and the controller manager aggregates roles, a moment later.
    _wait_for(cluster, "sensormodels/status", "get", "--raw", "/apis/rbac.authorization.k8s.io/v1/clusterroles/view")
    _wait_for(cluster, "v1alpha1.SensorModel", "get", "--raw", "/openapi/v3/apis/sensormodel.io/v1alpha1")
    _wait_for(cluster, "sm", "api-resources", "--api-group=sensormodel.io")  # fills kubectl's cache, too
    return cluster


@pytest.fixture
def api(api_server: Cluster, request: pytest.FixtureRequest) -> Iterator[Api]:
    """A fresh namespace for one test."""
    api = Api(api_server, f"api-{abs(hash(request.node.nodeid)):x}")
    api_server.kubectl("create", "namespace", api.namespace)
    yield api
    api.kubectl("delete", "sensormodels,retrainingpolicies", "--all")
    api_server.kubectl("delete", "namespace", api.namespace, "--wait=false")


@pytest.fixture(scope="session")
def try_api(api_server: Cluster) -> Api:
    """The default namespace, for tests that store nothing."""
    return Api(api_server, "default")


def _wait_for(cluster: Cluster, text: str, *arguments: str) -> None:
    """Ask kubectl until its answer holds the text."""
    give_up_at = time.monotonic() + 30
    answer = ""
    while text not in answer:
        assert time.monotonic() < give_up_at, answer
        with suppress(ClusterError):  # nothing is published at that path yet
            answer = cluster.kubectl(*arguments)


def _without_rules(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _without_rules(value) for key, value in schema.items() if key != "x-kubernetes-validations"}
    return [_without_rules(item) for item in schema] if isinstance(schema, list) else schema

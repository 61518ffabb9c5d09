"""The kinds in a real API server, and a namespace to try them in."""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256

import pytest
from kubernetes import client, config

from localcluster import Cluster
from tests.cluster.api.server import ROOT, Api, publishes, wait_until


@pytest.fixture(scope="session")
def api_server(cluster: Cluster) -> Cluster:
    """The cluster with the generated CRDs and roles."""
    base = ROOT / "manifests/base"
    for path in (base / "namespace.yaml", ROOT / "crds", base / "rbac.yaml"):
        cluster.kubectl("apply", "--server-side", "-f", str(path))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    # The API server publishes schemas, and the controller manager aggregates roles, a moment later.
    for published in (
        ("sensormodels/status", "get", "--raw", "/apis/rbac.authorization.k8s.io/v1/clusterroles/view"),
        ("v1alpha1.SensorModel", "get", "--raw", "/openapi/v3/apis/sensormodel.io/v1alpha1"),
        ("sm", "api-resources", "--api-group=sensormodel.io"),  # fills kubectl's cache, too
    ):
        wait_until(partial(publishes, cluster, *published))
    return cluster


@pytest.fixture(scope="session")
def http(api_server: Cluster) -> client.CustomObjectsApi:
    """Requests as administrator."""
    return client.CustomObjectsApi(config.new_client_from_config(str(api_server.kubeconfig)))


@pytest.fixture
def api(api_server: Cluster, http: client.CustomObjectsApi, request: pytest.FixtureRequest) -> Iterator[Api]:
    """A fresh namespace for one test."""
    api = Api(api_server, f"api-{sha256(request.node.nodeid.encode()).hexdigest()[:16]}", http)
    api_server.kubectl("create", "namespace", api.namespace)
    yield api
    api.kubectl("delete", "sensormodels,retrainingpolicies", "--all")
    api_server.kubectl("delete", "namespace", api.namespace, "--wait=false")


@pytest.fixture(scope="session")
def try_api(api_server: Cluster, http: client.CustomObjectsApi) -> Api:
    """The default namespace, for tests that store nothing."""
    return Api(api_server, "default", http)

"""The watches see what happens on a real API server."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.kubectl import Kubectl, KubectlError
from demo.watch import Change, Watches
from localcluster import Cluster

ROOT = Path(__file__).parents[2]
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: one}
spec:
  suspend: true
  template:
    spec:
      restartPolicy: Never
      containers: [{name: nothing, image: "python:dev"}]
"""


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> str:
    """A name that no other test has."""
    return f"watched-{abs(hash(request.node.nodeid)):x}"


@pytest.fixture
def kubectl(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Kubectl]:
    """kubectl in a namespace of its own, on a cluster that has the kinds."""
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    cluster.kubectl("create", "namespace", namespace)
    yield Kubectl(cluster.bin / "kubectl", cluster.kubeconfig, tmp_path / "kubeconfig", namespace)
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def test_an_object_is_seen_when_it_is_there_and_when_it_goes(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    with Watches(kubectl.program, kubectl.environment, namespace, tmp_path / "log") as watches:
        kubectl("create", "-f", "-", stdin=JOB)
        added = _wait_for(watches, "ADDED")
        kubectl("delete", "job", "one", "--wait=false")
        deleted = _wait_for(watches, "DELETED")
    assert (added.kind, added.object["metadata"]["name"]) == ("Job", "one")
    assert (deleted.kind, deleted.object["metadata"]["name"]) == ("Job", "one")


def test_a_watch_that_cannot_go_on_says_so(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    nowhere = dict(os.environ) | {"KUBECONFIG": str(tmp_path / "no-such-file")}
    with (
        Watches(kubectl.program, nowhere, namespace, tmp_path / "log") as watches,
        pytest.raises(RuntimeError, match="a watch of the API server ended"),
    ):
        _wait_for(watches, "ADDED")


def test_kubectl_works_in_the_namespace_of_the_demo(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "-f", "-", stdin=JOB)
    assert kubectl("get", "job", "one", "-o", "jsonpath={.metadata.namespace}") == namespace


def test_what_kubectl_complains_about_is_in_the_error(kubectl: Kubectl) -> None:
    with pytest.raises(KubectlError, match=r'jobs\.batch "two" not found'):
        kubectl("get", "job", "two")


def _wait_for(watches: Watches, kind: str) -> Change:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        for change in watches.next(timeout=1.0):
            if (change.kind, change.type) == ("Job", kind):
                return change
    raise TimeoutError(f"no Job was {kind}")

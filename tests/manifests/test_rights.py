"""`kubectl auth can-i --list` as the operator and as a trainer, with an overlay applied to a cluster of its own."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from localcluster import Cluster
from tests.manifests.rendered import OVERLAYS, ROOT

SYSTEM: Final = "sensor-model-system"
PLANT: Final = "plant"
OPERATOR: Final = f"system:serviceaccount:{SYSTEM}:sensor-model-operator"
TRAINER: Final = f"system:serviceaccount:{PLANT}:default"  # no token of it is mounted

ANYBODY: Final = {
    "selfsubjectaccessreviews.authorization.k8s.io [create]",
    "selfsubjectrulesreviews.authorization.k8s.io [create]",
    "selfsubjectreviews.authentication.k8s.io [create]",
    *(
        f"{path} [get]"
        for path in (
            "/.well-known/openid-configuration",
            "/.well-known/openid-configuration/",
            "/api",
            "/api/*",
            "/apis",
            "/apis/*",
            "/healthz",
            "/livez",
            "/openapi",
            "/openapi/*",
            "/openid/v1/jwks",
            "/openid/v1/jwks/",
            "/readyz",
            "/version",
            "/version/",
        )
    ),
}
"""What Kubernetes itself allows to every service account."""

MODELS: Final = {
    "sensormodels.sensormodel.io [get list watch]",
    "sensormodels.sensormodel.io/status [get patch]",
    "sensormodels.sensormodel.io/finalizers [update]",
    "retrainingpolicies.sensormodel.io [get list watch]",
    "retrainingpolicies.sensormodel.io/status [get patch]",
    "jobs.batch [get list watch create]",
    "pods [get list watch]",
    "events.events.k8s.io [get create patch]",
    "namespaces kube-system [get]",
}
LEASE: Final = {"leases.coordination.k8s.io [create]", "leases.coordination.k8s.io sensor-model-operator [get patch]"}

ALL_NAMESPACES: Final = {SYSTEM: MODELS | LEASE, PLANT: MODELS, "default": MODELS, "kube-system": MODELS}
ONE_NAMESPACE: Final = {SYSTEM: LEASE, PLANT: MODELS, "default": set[str](), "kube-system": set[str]()}
OF_OVERLAY: Final = {"cluster-wide": ALL_NAMESPACES, "demo-mlflow": ALL_NAMESPACES, "namespaced": ONE_NAMESPACE}


@pytest.fixture(scope="module")
def control_plane() -> Iterator[Cluster]:
    """A cluster without a node: other tests give the operator rights in the one that they share."""
    with Cluster() as cluster:
        cluster.kubectl("create", "namespace", PLANT)
        yield cluster


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(control_plane: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an overlay that is applied."""
    folder = str(ROOT / "manifests" / "overlays" / request.param)
    control_plane.kubectl("apply", "--server-side", "-k", folder)
    yield request.param
    control_plane.kubectl("delete", "clusterrolebindings", "--ignore-not-found", "sensor-model-operator")
    control_plane.kubectl("delete", "rolebindings", "--namespace", PLANT, "--all")
    control_plane.kubectl("delete", "rolebindings", "--namespace", SYSTEM, "--all")


@pytest.mark.parametrize("namespace", ALL_NAMESPACES)
def test_the_operator_may_do_what_its_table_says_where_the_overlay_says_and_nothing_else(
    control_plane: Cluster, overlay: str, namespace: str
) -> None:
    assert rights(control_plane, OPERATOR, namespace) == ANYBODY | OF_OVERLAY[overlay][namespace]


@pytest.mark.parametrize("namespace", ALL_NAMESPACES)
def test_a_trainer_may_do_what_anybody_may(control_plane: Cluster, overlay: str, namespace: str) -> None:
    assert overlay in OF_OVERLAY
    assert rights(control_plane, TRAINER, namespace) == ANYBODY


def rights(cluster: Cluster, user: str, namespace: str) -> set[str]:
    """What kubectl lists: the resource or path, names if there are any, verbs."""
    listed = cluster.kubectl("auth", "can-i", "--list", "--namespace", namespace, "--as", user)
    head, *rows = listed.splitlines()
    assert head.split() == ["Resources", "Non-Resource", "URLs", "Resource", "Names", "Verbs"]
    return {_right(row) for row in rows}


def _right(row: str) -> str:
    found = re.fullmatch(r"(\S*)\s+\[(.*)\]\s+\[(.*)\]\s+(\[.*\])", row)
    assert found, row
    return " ".join(part for part in found.groups() if part)

"""What users apply: every overlay is accepted by a real API server, and runs restricted."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcluster import Cluster
from tests.manifests.rendered import OVERLAYS, ROOT, kustomized, plain


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Cluster:
    """The cluster with the CRDs, and with the namespaces of the overlays, restricted."""
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "-l", "", "--all")
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "manifests" / "base" / "namespace.yaml"))
    plant = "apiVersion: v1\nkind: Namespace\nmetadata: {name: plant}\n"
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=plant)
    return cluster


def dry_run(cluster: Cluster, objects: list[Any]) -> str:
    """What the API server says about objects that it would accept: warnings, or nothing."""
    command = [
        str(cluster.bin / "kubectl"),
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "-f",
        "-",
    ]
    answer = subprocess.run(
        command,
        env=os.environ | {"KUBECONFIG": str(cluster.kubeconfig)},
        input=yaml.safe_dump_all(objects),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stderr


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_accepted_without_a_warning(installed: Cluster, overlay: str) -> None:
    assert dry_run(installed, list(kustomized(f"overlays/{overlay}").values())) == ""


def test_only_the_namespaced_operator_has_no_right_in_the_cluster() -> None:
    def bound_in_the_cluster(overlay: str) -> set[str]:
        return {name for kind, _, name in kustomized(f"overlays/{overlay}") if kind == "ClusterRoleBinding"}

    assert bound_in_the_cluster("cluster-wide") == {"sensor-model-operator"}
    assert bound_in_the_cluster("namespaced") == set()


def test_every_component_belongs_to_an_overlay_or_says_what_it_needs() -> None:
    components = {path.name for path in (ROOT / "manifests" / "components").iterdir()}
    used = {
        Path(component).name
        for overlay in OVERLAYS
        for component in yaml.safe_load((ROOT / "manifests/overlays" / overlay / "kustomization.yaml").read_text()).get(
            "components", ()
        )
    }
    assert components - used == {"monitoring"}  # needs the kinds of the Prometheus Operator


def test_the_network_policy_of_trainers_can_be_applied_in_any_namespace(installed: Cluster) -> None:
    path = ROOT / "manifests" / "components" / "network-policy" / "trainers.yaml"
    objects = plain(yaml.safe_load_all(path.read_text()))
    assert {namespace for _, namespace, _ in objects} == {""}
    assert dry_run(installed, list(objects.values())) == ""

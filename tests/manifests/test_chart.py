"""The Helm chart: renders what the overlays render, refuses what it does not know, and lives on a real API server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from localcluster import Cluster
from localcluster.tool_build import ensure_tool
from tests.manifests.rendered import CHART, EXAMPLE, KUBERNETES, Key, charted, kustomized, run

NAMESPACED: Final = EXAMPLE | {"namespaces": ["plant"], "cluster": "site-1"}
_HELMS_OWN: Final = ("SENSORMODEL_IMAGE_PULL_POLICY", "SENSORMODEL_LOG_LEVEL")  # the defaults, said aloud by the chart


@pytest.fixture(scope="session")
def helm() -> Path:
    return ensure_tool("helm")


def without_what_only_helm_says(objects: dict[Key, Any]) -> dict[Key, Any]:
    for (kind, *_), obj in objects.items():
        obj["metadata"].pop("annotations", None)
        obj["metadata"]["labels"] = {
            name: value
            for name, value in obj["metadata"].get("labels", {}).items()
            if name.partition("/")[2] not in {"managed-by", "instance", "chart"}
        }
        if kind == "Deployment":
            (container,) = obj["spec"]["template"]["spec"]["containers"]
            container.pop("imagePullPolicy", None)
            variables = {each["name"]: each for each in container["env"] if each["name"] not in _HELMS_OWN}
            container["env"] = sorted(variables.values(), key=lambda each: str(each["name"]))
    return objects


def overlay(name: str) -> dict[Key, Any]:
    objects = kustomized(f"overlays/{name}")
    return {
        key: obj for key, obj in objects.items() if key[0] not in {"Namespace", "PersistentVolumeClaim"}
    }  # made by `--create-namespace`, and by whoever has the storage


def test_the_chart_is_clean(helm: Path) -> None:
    answer = run(helm, "lint", "--strict", *KUBERNETES, CHART)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("name", "values"), [("cluster-wide", EXAMPLE), ("namespaced", NAMESPACED)], ids=["cluster-wide", "namespaced"]
)
def test_it_renders_the_objects_of_the_overlay(tmp_path: Path, name: str, values: dict[str, Any]) -> None:
    made = without_what_only_helm_says(charted(values, tmp_path))
    assert made == without_what_only_helm_says(overlay(name))


def test_the_user_may_be_left_to_the_cluster(tmp_path: Path) -> None:
    def users(values: dict[str, Any]) -> list[int]:
        deployment = charted(values, tmp_path)["Deployment", "sensor-model-system", "sensor-model-operator"]
        context = deployment["spec"]["template"]["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True
        return [context[name] for name in ("runAsUser", "runAsGroup") if name in context]

    assert users(EXAMPLE) == [10001, 10001]
    assert users(EXAMPLE | {"user": 1000680000}) == [1000680000, 1000680000]
    assert users(EXAMPLE | {"user": None}) == []


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        pytest.param({"replica": 3}, "replica", id="a name that it does not know"),
        pytest.param({"replicas": 0}, "replicas", id="no replica"),
        pytest.param({"user": 0}, "user", id="root"),
        pytest.param(
            {"mlflow": {"trackingURI": "http://user:password@mlflow"}}, "trackingURI", id="credentials in a URI"
        ),
        pytest.param(
            {"namespaces": ["plant"]}, "cluster: give it a name", id="namespaces without a name of the cluster"
        ),
    ],
)
def test_bad_values_are_refused(helm: Path, tmp_path: Path, values: dict[str, Any], complaint: str) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    answer = run(helm, "template", "r", CHART, *KUBERNETES, "--values", path)
    assert answer.returncode != 0
    assert complaint in answer.stderr


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for the release in which no pod runs."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"pods": "0"}}}
    cluster.kubectl("create", "namespace", "helm-release")
    cluster.kubectl("--namespace", "helm-release", "apply", "-f", "-", stdin=json.dumps(quota))
    yield "helm-release"
    cluster.kubectl("delete", "namespace", "helm-release", "--wait=false")


def test_a_release_is_installed_upgraded_rolled_back_and_deleted_without_losing_models(
    helm: Path, cluster: Cluster, namespace: str
) -> None:
    def release(*arguments: str) -> None:
        environment = {"KUBECONFIG": str(cluster.kubeconfig)}
        answer = run(helm, *arguments, "--namespace", namespace, environment=environment)
        assert answer.returncode == 0, answer.stderr

    def replicas() -> str:
        return cluster.kubectl(
            "--namespace", namespace, "get", "deployment", "sensor-model-operator", "-o", "jsonpath={.spec.replicas}"
        )

    release("install", "r", str(CHART), "--take-ownership")
    assert replicas() == "2"
    cluster.kubectl("wait", "--for=condition=Established", "crd", "sensormodels.sensormodel.io")
    model = {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "metadata": {"name": "p-1", "namespace": namespace},
        "spec": {
            "sensorID": "P-1",
            "modelType": "Telemanom",
            "telemetry": {"uri": "file:///telemetry/P-1.parquet"},
            "policyRef": {"name": "default"},
        },
    }
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(model))
    release("upgrade", "r", str(CHART), "--set", "replicas=3")
    assert replicas() == "3"
    release("rollback", "r", "1")
    assert replicas() == "2"
    release("uninstall", "r")
    assert "p-1" in cluster.kubectl("--namespace", namespace, "get", "sensormodels", "-o", "name")

"""Manifests as objects."""

import copy
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from localcluster.build import ensure_built
from localcluster.tool_build import ensure_tool

ROOT: Final = Path(__file__).resolve().parents[2]
OVERLAYS: Final = sorted(path.name for path in (ROOT / "manifests" / "overlays").iterdir())
CHART: Final = ROOT / "manifests" / "helm" / "sensor-model-operator"
KUBERNETES: Final = ("--kube-version", "1.35.0")
EXAMPLE: Final = {
    "images": {
        "operator": "registry.example.com/sensor-model-operator:0.1.0",
        "trainer": "registry.example.com/sensor-model-trainer:0.1.0",
    },
    "mlflow": {"trackingURI": "https://mlflow.example.com"},
}
"""Values of the chart that say what the overlay `cluster-wide` says."""
Key = tuple[str, str, str]  # kind, namespace, name


def kustomized(folder: str) -> dict[Key, Any]:
    """The objects of a folder below `manifests`."""
    answer = run(ensure_built() / "kubectl", "kustomize", ROOT / "manifests" / folder)
    assert answer.returncode == 0, answer.stderr
    return plain(list(yaml.safe_load_all(answer.stdout)))


def charted(values: dict[str, Any], folder: Path) -> dict[Key, Any]:
    """The objects of the chart; `folder` keeps the values."""
    path = folder / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    namespace = ("--namespace", "sensor-model-system")
    answer = run(ensure_tool("helm"), "template", "r", CHART, *KUBERNETES, *namespace, "--values", path)
    assert answer.returncode == 0, answer.stderr
    return plain(list(yaml.safe_load_all(answer.stdout)))


def plain(objects: Iterable[Any]) -> dict[Key, Any]:
    """Objects by kind, namespace and name."""
    return {
        (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]): copy.deepcopy(obj)
        for obj in objects
        if obj
    }


def run(*command: str | Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """What a program answers, whatever its exit status."""
    return subprocess.run(
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=False, timeout=300
    )

"""Manifests as objects."""

import copy
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from localcluster.build import ensure_built

ROOT: Final = Path(__file__).resolve().parents[2]
Key = tuple[str, str, str]  # kind, namespace, name


def kustomized(folder: str) -> dict[Key, Any]:
    """The objects of a folder below `manifests`."""
    command = [str(ensure_built() / "kubectl"), "kustomize", str(ROOT / "manifests" / folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return plain(list(yaml.safe_load_all(answer.stdout)))


def plain(objects: Iterable[Any]) -> dict[Key, Any]:
    """Objects by kind, namespace and name."""
    return {
        (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]): copy.deepcopy(obj)
        for obj in objects
        if obj
    }

"""What kstatus, Argo CD and Flux make of every state of a life: the three verdicts side by side."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import celpy
import pytest
import yaml
from celpy.adapter import json_to_cel
from lupa.lua51 import LuaRuntime

from localcluster.tool_build import ensure_tool
from tests.gitops.lives import Object, policy_states, sensor_model_states

GITOPS = Path(__file__).resolve().parents[2] / "manifests" / "gitops"
SENSOR_MODELS: Final = {  # state → kstatus, Argo CD, Flux
    "just created": ("InProgress", "Progressing", "InProgress"),
    "first training runs": ("InProgress", "Progressing", "InProgress"),
    "serves": ("Current", "Healthy", "Current"),
    "edited, not seen yet": ("InProgress", "Progressing", "InProgress"),
    "serves and retrains": ("Current", "Healthy", "Current"),
    "serves, the retraining failed": ("Current", "Healthy", "Current"),
    "serves the second version": ("Current", "Healthy", "Current"),
    "serves, bad data": ("Current", "Healthy", "Current"),
    "suspended before its first version": ("InProgress", "Suspended", "Current"),
    "first version awaits approval": ("InProgress", "Suspended", "Current"),
    "serves, suspended": ("Current", "Healthy", "Current"),
    "the first training cannot work": ("Failed", "Degraded", "Failed"),
    "the first version is worse than naive": ("Failed", "Degraded", "Failed"),
    "pinned to a version that is not there": ("Failed", "Degraded", "Failed"),
}
POLICIES: Final = {
    "just created": ("InProgress", "Progressing", "InProgress"),
    "in use": ("Current", "Healthy", "Current"),
    "edited, not seen yet": ("InProgress", "Progressing", "InProgress"),
    "its spec cannot be used": ("Failed", "Degraded", "Failed"),
    "holds for a common cause": ("Current", "Suspended", "Current"),
}


@pytest.fixture(scope="session")
def kstatus() -> Path:
    return ensure_tool("kstatus")


def settings_of_argo() -> dict[str, str]:
    data: dict[str, str] = yaml.safe_load((GITOPS / "argocd" / "argocd-cm.yaml").read_text())["data"]
    return data


def argo_health(obj: Object) -> Any:
    lua = LuaRuntime()
    lua.globals().obj = lua.table_from(obj, recursive=True)
    return lua.execute(settings_of_argo()[f"resource.customizations.health.sensormodel.io_{obj['kind']}"])


def flux_health(obj: Object) -> str:
    """As Flux evaluates it: an old generation, then inProgress, failed and current, else in progress."""
    if obj["status"]["observedGeneration"] != obj["metadata"]["generation"]:
        return "InProgress"
    checks = yaml.safe_load((GITOPS / "flux" / "kustomization.yaml").read_text())["spec"]["healthCheckExprs"]
    (check,) = [check for check in checks if check["kind"] == obj["kind"]]
    environment = celpy.Environment()
    activation: Any = json_to_cel(obj)
    for name, verdict in (("inProgress", "InProgress"), ("failed", "Failed"), ("current", "Current")):
        if name in check and environment.program(environment.compile(check[name])).evaluate(activation):
            return verdict
    return "InProgress"


def judged(kstatus: Path, states: dict[str, Object]) -> dict[str, tuple[str, str, str]]:
    """The three verdicts on each state."""
    objects = "\n".join(json.dumps(obj) for obj in states.values())
    said = subprocess.run([kstatus], input=objects, capture_output=True, text=True, check=True).stdout.splitlines()
    return {
        name: (line.split("\t")[0], argo_health(obj).status, flux_health(obj))
        for (name, obj), line in zip(states.items(), said, strict=True)
    }


def test_a_sensor_model_is_judged_alike_at_every_state_of_its_life(kstatus: Path) -> None:
    assert judged(kstatus, sensor_model_states()) == SENSOR_MODELS


def test_a_policy_is_judged_alike_at_every_state_of_its_life(kstatus: Path) -> None:
    assert judged(kstatus, policy_states()) == POLICIES


def test_argo_tells_what_a_person_must_mend() -> None:
    said = argo_health(sensor_model_states()["the first training cannot work"]).message
    assert said == "TrainingCannotWork: 1 failed in a row, the last: ColumnNotFound: no column 'valeu'"

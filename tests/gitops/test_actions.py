"""What Argo CD's buttons do to a SensorModel and to a policy."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from lupa.lua51 import LuaRuntime, lua_type

from tests.gitops.lives import Object, policy_states, sensor_model_states

ARGO: Final = Path(__file__).resolve().parents[2] / "manifests" / "gitops" / "argocd" / "argocd-cm.yaml"
RETRAIN: Final = "sensormodel.io/retrain-requested-at"
PROMOTE: Final = "sensormodel.io/promote-version"
RELEASE: Final = "sensormodel.io/release-requested-at"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def actions(kind: str) -> dict[str, Any]:
    settings = yaml.safe_load(ARGO.read_text())["data"]
    found: dict[str, Any] = yaml.safe_load(settings[f"resource.customizations.actions.sensormodel.io_{kind}"])
    return found


def run(script: str, obj: Object) -> Any:
    lua = LuaRuntime()
    lua.globals().obj = lua.table_from(obj, recursive=True)
    return plain(lua.execute(script))


def plain(value: Any) -> Any:
    """A Lua table without lists in it as a dictionary; lists by their places."""
    return {key: plain(inner) for key, inner in value.items()} if lua_type(value) == "table" else value


def enabled(obj: Object) -> set[str]:
    offered = run(actions(obj["kind"])["discovery.lua"], obj)
    return {name for name, action in offered.items() if not action["disabled"]}


def annotations_after(action: str, obj: Object) -> dict[str, str]:
    (script,) = [each["action.lua"] for each in actions(obj["kind"])["definitions"] if each["name"] == action]
    before, after = plain_object(obj), run(script, obj)
    annotations: dict[str, str] = after["metadata"].pop("annotations")
    assert after == before  # an action changes nothing else
    return {name: _TIME.sub("<now>", value) for name, value in annotations.items()}


def plain_object(obj: Object) -> Any:
    return plain(LuaRuntime().table_from(obj, recursive=True))


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("just created", {"retrain"}),
        ("serves", {"retrain"}),
        ("first version awaits approval", {"retrain", "promote-staging"}),
        ("serves the second version", {"retrain", "rollback"}),
        ("suspended before its first version", set()),
        ("pinned to a version that is not there", {"retrain"}),
    ],
)
def test_only_what_can_be_done_is_offered(state: str, offered: set[str]) -> None:
    assert enabled(sensor_model_states()[state]) == offered


def test_each_action_is_a_request_by_annotation() -> None:
    states = sensor_model_states()
    assert annotations_after("retrain", states["serves"]) == {RETRAIN: "<now>"}
    assert annotations_after("promote-staging", states["first version awaits approval"]) == {PROMOTE: "1@<now>"}
    assert annotations_after("rollback", states["serves the second version"]) == {PROMOTE: "1@<now>"}


def test_a_hold_for_a_common_cause_can_be_released() -> None:
    states = policy_states()
    assert enabled(states["in use"]) == set()
    assert enabled(states["holds for a common cause"]) == {"release"}
    assert annotations_after("release", states["holds for a common cause"]) == {RELEASE: "<now>"}

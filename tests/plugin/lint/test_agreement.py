"""The plugin refuses what the real API server refuses, and nothing else."""

import copy
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_sensormodel.lint.admission import schema_of
from model_operator.api.schema import Schema
from tests.cluster.api.objects import Object, retraining_policy, sensor_model
from tests.cluster.api.server import ROOT
from tests.plugin.lint.conftest import Judge, ask_plugin
from tests.plugin.lint.specs import EDGES, REFUSED

SAMPLES = [
    sample
    for path in sorted((ROOT / "manifests/samples").glob("*.yaml"))
    for sample in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
BASES = (
    sensor_model(),
    retraining_policy(),
    *(each for each in SAMPLES if each["kind"] in {"SensorModel", "RetrainingPolicy"}),
)


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_server_refuses_is_refused_offline(ask_server: Judge, name: str) -> None:
    assert (bool(ask_server(REFUSED[name])), bool(ask_plugin(REFUSED[name]))) == (True, True)


@pytest.mark.parametrize("name", EDGES)
def test_both_say_the_same_at_the_edges(ask_server: Judge, name: str) -> None:
    server, plugin = ask_server(EDGES[name]), ask_plugin(EDGES[name])
    assert bool(server) == bool(plugin), f"server: {server or 'fine'}; plugin: {plugin or 'fine'}"


def _places(schema: Schema, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], Schema]]:
    """Every field below a schema; the first item of a list."""
    below = [((*path, name), field) for name, field in schema.get("properties", {}).items()]
    if "items" in schema:
        below.append(((*path, 0), schema["items"]))
    if "additionalProperties" in schema:
        below.append(((*path, "cpu"), schema["additionalProperties"]))
    return [*below, *(place for inner_path, inner in below for place in _places(inner, inner_path))]


PLACES = {
    kind: _places(schema_of(kind)["properties"]["spec"], ("spec",)) for kind in ("SensorModel", "RetrainingPolicy")
}
WORDS = st.sampled_from([
    "", "a", "A", "Manual", "Telemanom", "1h", "0s", "999ms", "24h", "7d", "1.5h", "5m1s", "P-1", "-", ".", "a.b", "a/b", "/data",
    "/scratch", "/a/..", "file:///a", "file:///a/b.csv", "file:///a/../b", "500m", "1", "1Gi", "1.5Gi", "0 3 * * 1", "0 3 30 2 *",
    "Europe/Berlin", "Nowhere/City", "UTC", "PATH", "LD_X", "x" * 63, "x" * 64, "x" * 254, "é", "a\\n",
])  # fmt: skip
VALUES = st.one_of(
    WORDS,
    st.integers(-2, 110),
    st.sampled_from(
        [
            None,
            True,
            False,
            0.5,
            5.0,
            2**31,
            2**53 + 1,
            {},
            [],
            [None],
            {"a": "b"},
            {"name": "a"},
            [{"name": "a"}],
            ["a", "a"],
        ]
    ),
)


def _values_for(schema: Schema) -> st.SearchStrategy[Any]:
    """Values of the field's own type, at and beside its bounds."""
    match schema:
        case {"enum": words}:
            return st.sampled_from(words)
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "integer", "minimum": low, "maximum": high}:
            return st.sampled_from([low - 1, low, low + 1, high, high + 1])
        case {"type": "string"}:
            return WORDS
    return st.sampled_from([None, {}, []])


@st.composite
def changed_somewhere(draw: st.DrawFn) -> Object:
    """An object that is right, with one or two fields of its schema set to something."""
    wanted: Object = copy.deepcopy(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(1, 2))):
        path, schema = draw(st.sampled_from(PLACES[wanted["kind"]]))
        _set(wanted, path, draw(st.one_of(_values_for(schema), _values_for(schema), VALUES)))
    return wanted


def _set(wanted: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Set a field; makes the way to it where it is not there, and leaves it where it leads elsewhere."""
    for part, following in pairwise(path):
        if isinstance(part, int):
            if not isinstance(wanted, list):
                return
            wanted.extend([{}] if not wanted else [])
            wanted = wanted[0]
            continue
        if not isinstance(wanted, dict):
            return
        if wanted.get(part) is None:
            wanted[part] = [] if isinstance(following, int) else {}
        wanted = wanted[part]
    if isinstance(wanted, dict) and isinstance(path[-1], str):
        wanted[path[-1]] = value
    elif isinstance(wanted, list) and isinstance(path[-1], int):
        wanted[:1] = [value]


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(wanted=changed_somewhere())
def test_both_say_the_same_whatever_is_changed(ask_server: Judge, wanted: Object) -> None:
    server, plugin = ask_server(wanted), ask_plugin(wanted)
    assert bool(server) == bool(plugin), f"{wanted['spec']}\nserver: {server or 'fine'}\nplugin: {plugin or 'fine'}"

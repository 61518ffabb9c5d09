"""The environment follows the API's rules for env and envFrom."""

import base64

import pytest

from localcluster.node.environment import (
    ConfigurationError,
    NodeFacts,
    Object,
    container_environment,
    expand,
    referenced_sources,
)

NODE = NodeFacts(fields={"status.podIP": "127.0.0.1", "status.hostIP": "127.0.0.1"}, variables={"API": "here"})
POD: Object = {
    "metadata": {
        "name": "p",
        "namespace": "n",
        "uid": "u",
        "labels": {"app.kubernetes.io/name": "x"},
        "annotations": {"a": "b"},
    },
    "spec": {"nodeName": "node-1", "serviceAccountName": "default"},
}
SETTINGS = {"kind": "ConfigMap", "data": {"A": "1", "B": "2"}}
PASSWORDS = {"kind": "Secret", "data": {"P": base64.b64encode(b"hidden").decode()}}
SOURCES = {("ConfigMap", "settings"): SETTINGS, ("Secret", "passwords"): PASSWORDS, ("ConfigMap", "none"): None}


def variable(**source: Object) -> Object:
    return {"env": [{"name": "V", "valueFrom": source}]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$(A)-$(B)", "1-2", id="known names"),
        pytest.param("$(MISSING)", "$(MISSING)", id="an unknown name stays as written"),
        pytest.param("$$(A)", "$(A)", id="a doubled dollar escapes"),
        pytest.param("$A ${A} $", "$A ${A} $", id="shell variables are the shell's"),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "p"),
        ("metadata.namespace", "n"),
        ("metadata.uid", "u"),
        ("metadata.labels['app.kubernetes.io/name']", "x"),
        ("metadata.annotations['a']", "b"),
        ("metadata.labels['missing']", ""),
        ("spec.nodeName", "node-1"),
        ("spec.serviceAccountName", "default"),
        ("status.podIP", "127.0.0.1"),
        ("status.hostIP", "127.0.0.1"),
    ],
)
def test_field_reference(path: str, expected: str) -> None:
    container = variable(fieldRef={"fieldPath": path})
    assert container_environment(container, POD, {}, NODE) == {"V": expected}


def test_env_overrides_env_from_and_sees_what_comes_before() -> None:
    container = {
        "envFrom": [{"configMapRef": {"name": "settings"}}, {"prefix": "S_", "secretRef": {"name": "passwords"}}],
        "env": [{"name": "A", "value": "own"}, {"name": "C", "value": "$(A) $(B) $(S_P) $(API) $(D)"}, {"name": "D"}],
    }
    expected = {"A": "own", "B": "2", "S_P": "hidden", "C": "own 2 hidden here $(D)", "D": ""}
    assert container_environment(container, POD, SOURCES, NODE) == expected


def test_referenced_sources_are_those_of_env_and_env_from() -> None:
    container = variable(secretKeyRef={"name": "passwords", "key": "P"}) | {
        "envFrom": [{"configMapRef": {"name": "none"}}]
    }
    assert referenced_sources(container) == {("Secret", "passwords"), ("ConfigMap", "none")}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param({"configMapKeyRef": {"name": "none", "key": "A"}}, 'configmap "none" not found', id="no object"),
        pytest.param(
            {"configMapKeyRef": {"name": "settings", "key": "Z"}},
            "couldn't find key Z in ConfigMap settings",
            id="no key",
        ),
        pytest.param({"fieldRef": {"fieldPath": "spec.x"}}, "'spec.x' is not supported", id="an unknown field"),
        pytest.param({"resourceFieldRef": {"resource": "limits.cpu"}}, "resourceFieldRef is not", id="an unknown kind"),
    ],
)
def test_unresolvable_reference_is_explained(source: Object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        container_environment(variable(**source), POD, SOURCES, NODE)


def test_optional_reference_without_value_leaves_the_variable_out() -> None:
    container = variable(configMapKeyRef={"name": "none", "key": "A", "optional": True})
    assert container_environment(container, POD, SOURCES, NODE) == {}

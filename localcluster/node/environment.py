"""The environment of a container: envFrom, env, references to the pod, and $(VAR) expansion. Pure.

What the container asks for is resolved against ConfigMaps and Secrets that were fetched before; the rules are those of
the Kubernetes API reference for EnvVar and EnvFromSource.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Sources = Mapping[tuple[str, str], Object | None]
"""(kind, name) → ConfigMap or Secret, None where there is none."""

_SUBSCRIPT = re.compile(r"^metadata\.(labels|annotations)\['(?P<key>[^']+)'\]$")
_REFERENCE = re.compile(r"\$\$|\$\((?P<name>[^()\s]+)\)")


@dataclass(frozen=True)
class NodeFacts:
    """What only the node knows about a pod."""

    fields: Mapping[str, str]
    """Field path (`status.podIP`, `status.hostIP`) → value."""
    variables: Mapping[str, str]
    """What every container is told: where the API server is."""


class ConfigurationError(Exception):
    """The container cannot start as things are; a ConfigMap or Secret may still appear."""


def referenced_sources(container: Object) -> set[tuple[str, str]]:
    """The (kind, name) of every ConfigMap and Secret that the container's environment needs."""
    wanted = set()
    for source in container.get("envFrom", []):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if field in source:
                wanted.add((kind, source[field]["name"]))
    for variable in container.get("env", []):
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if field in variable.get("valueFrom", {}):
                wanted.add((kind, variable["valueFrom"][field]["name"]))
    return wanted


def container_environment(container: Object, pod: Object, sources: Sources, node: NodeFacts) -> dict[str, str]:
    """The variables that the container's spec asks for, in the order in which they are defined.

    Args:
        container: a container of the pod's spec.
        pod: the pod, for fieldRef.
        sources: at least what `referenced_sources` named.
        node: for fieldRef, and for $(VAR) references to what every container is told.

    Raises:
        ConfigurationError: a source, key or field that is not optional is missing.
    """
    environment: dict[str, str] = {}
    for source in container.get("envFrom", []):
        environment |= dict(_all_of(source, sources))
    for variable in container.get("env", []):
        if "valueFrom" in variable:
            value = _value_from(variable["valueFrom"], pod, sources, node)
            if value is not None:
                environment[variable["name"]] = value
        else:
            environment[variable["name"]] = expand(variable.get("value", ""), {**node.variables, **environment})
    return environment


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`text` with $(NAME) replaced; `$$` is an escaped `$`, and an unknown name stays as it is written."""
    return _REFERENCE.sub(lambda match: _expansion(match, variables), text)


def field_value(path: str, pod: Object, node: NodeFacts) -> str:
    """What `fieldRef.fieldPath` points to.

    Raises:
        ConfigurationError: the field cannot be referred to.
    """
    metadata = pod["metadata"]
    match = _SUBSCRIPT.match(path)
    if match:
        return str(metadata.get(match[1], {}).get(match["key"], ""))
    if path in {"metadata.labels", "metadata.annotations"}:
        entries = metadata.get(path.removeprefix("metadata."), {})
        return "\n".join(f'{key}="{value}"' for key, value in sorted(entries.items()))
    if path in {"metadata.name", "metadata.namespace", "metadata.uid"}:
        return str(metadata[path.removeprefix("metadata.")])
    if path in {"spec.nodeName", "spec.serviceAccountName"}:
        return str(pod["spec"].get(path.removeprefix("spec."), ""))
    if path in node.fields:
        return node.fields[path]
    raise ConfigurationError(f"fieldRef {path!r} is not supported by this node")


def data_of(source: Object) -> dict[str, bytes]:
    """The contents of a ConfigMap or Secret, by key."""
    if source["kind"] == "Secret":
        return {key: base64.b64decode(value) for key, value in (source.get("data") or {}).items()}
    text = {key: value.encode() for key, value in (source.get("data") or {}).items()}
    return text | {key: base64.b64decode(value) for key, value in (source.get("binaryData") or {}).items()}


def _all_of(source: Object, sources: Sources) -> Iterator[tuple[str, str]]:
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if field not in source:
            continue
        found = sources[kind, source[field]["name"]]
        if found is None:
            if not source[field].get("optional"):
                raise ConfigurationError(_missing(kind, source[field]["name"]))
            continue
        for key, value in data_of(found).items():
            yield source.get("prefix", "") + key, value.decode(errors="surrogateescape")


def _value_from(source: Object, pod: Object, sources: Sources, node: NodeFacts) -> str | None:
    """The value, None where an optional source has none."""
    if "fieldRef" in source:
        return field_value(source["fieldRef"]["fieldPath"], pod, node)
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if field in source:
            reference = source[field]
            found = sources[kind, reference["name"]]
            value = None if found is None else data_of(found).get(reference["key"])
            if value is not None:
                return value.decode(errors="surrogateescape")
            if reference.get("optional"):
                return None
            if found is None:
                raise ConfigurationError(_missing(kind, reference["name"]))
            raise ConfigurationError(f"couldn't find key {reference['key']} in {kind} {reference['name']}")
    raise ConfigurationError(f"valueFrom {', '.join(source)} is not supported by this node")


def _expansion(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match["name"] is None:
        return "$"
    return variables.get(match["name"], match[0])


def _missing(kind: str, name: str) -> str:
    return f'{kind.lower()} "{name}" not found'

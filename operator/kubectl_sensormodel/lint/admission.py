"""Would the API server take this object? Its checks in its order: fields and types first, then the CEL rules."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from kubectl_sensormodel.lint.metadata import metadata_faults
from kubectl_sensormodel.lint.problems import Fault
from kubectl_sensormodel.lint.rules import broken_rules
from kubectl_sensormodel.lint.structure import default_of, faults_in, unknown_field
from model_operator.api.crd import KINDS, Kind, custom_resource_definition
from model_operator.api.schema import Schema

_ROOT = ("apiVersion", "kind", "metadata", "spec", "status")


def admission_faults(kind: Kind, body: dict[str, Any]) -> tuple[Fault, ...]:
    """Why the API server would refuse to create an object; empty: it would take it.

    As in the API server, the rules are asked only where fields and types are right.
    """
    schema = schema_of(kind.kind)
    wanted = stored(kind, body)
    faults = [*metadata_faults(wanted.get("metadata"))]
    faults += [Fault((key,), unknown_field(key, iter(_ROOT))) for key in body if key not in _ROOT]
    faults += _spec_faults(schema, wanted)
    return tuple(faults or broken_rules(schema, wanted, ()))


def stored(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """The object with its defaults; without a status, which the API server drops."""
    present = {key: value for key, value in body.items() if key in _ROOT and key != "status"}
    return dict(default_of(schema_of(kind.kind), present))


@cache
def schema_of(kind: str) -> Schema:
    """The schema of a kind as its CRD holds it, without the status."""
    known = next(each for each in KINDS if each.kind == kind)
    (version,) = custom_resource_definition(known)["spec"]["versions"]
    schema: Schema = dict(version["schema"]["openAPIV3Schema"])
    schema["properties"] = {key: value for key, value in schema["properties"].items() if key != "status"}
    return schema


def _spec_faults(schema: Schema, wanted: dict[str, Any]) -> Iterator[Fault]:
    if "spec" in wanted:
        yield from faults_in(schema["properties"]["spec"], wanted["spec"], ("spec",))
    elif "spec" in schema.get("required", ()):
        yield Fault(("spec",), "is required")

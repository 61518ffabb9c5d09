"""The smallest valid object of each kind, and changes of it."""

import copy
from typing import Any

Object = dict[str, Any]


def sensor_model(name: str = "p-1", **changes: object) -> Object:
    """The smallest SensorModel; a keyword such as `telemetry__uri` sets `spec.telemetry.uri`."""
    smallest = {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "metadata": {"name": name},
        "spec": {
            "sensorID": "P-1",
            "modelType": "Telemanom",
            "telemetry": {"uri": "file:///telemetry/P-1.parquet"},
            "policyRef": {"name": "default"},
        },
    }
    return changed(smallest, **changes)


def retraining_policy(name: str = "default", **changes: object) -> Object:
    """The smallest RetrainingPolicy; keywords as in `sensor_model`."""
    smallest = {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "RetrainingPolicy",
        "metadata": {"name": name},
        "spec": {},
    }
    return changed(smallest, **changes)


def changed(original: Object, **changes: object) -> Object:
    """A copy with fields of the spec set."""
    result = copy.deepcopy(original)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = result["spec"]
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return result


def paths_of(value: Any, path: str) -> set[str]:
    """Every path that a value sets, as `api.reference.fields` writes them."""
    if isinstance(value, dict):
        return {path}.union(*(paths_of(inner, f"{path}.{key}") for key, inner in value.items()))
    if isinstance(value, list):
        return {path}.union(*(paths_of(inner, f"{path}[]") for inner in value)) - {f"{path}[]"}
    return {path}

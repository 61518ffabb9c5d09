"""Objects as the API server sends them, with what a test does not care about filled in."""

from typing import Any

from model_contract import keys

Object = dict[str, Any]

CREATED = "2026-03-01T12:00:00Z"


def metadata(name: str, uid: str, version: int, owner: str | None = None, **extra: Any) -> Object:
    owners = [{"uid": owner, "controller": True, "kind": "x", "name": "x", "apiVersion": "x"}] if owner else []
    return {
        "name": name,
        "namespace": "plant",
        "uid": uid,
        "resourceVersion": str(version),
        "creationTimestamp": CREATED,
        "managedFields": [{"manager": "kubectl"}],
        **({"ownerReferences": owners} if owners else {}),
        **extra,
    }


def sensor_model(name: str = "p-1", *, version: int = 1, policy: str = "default", **overrides: Any) -> Object:
    spec = {
        "sensorID": name.upper(),
        "modelType": "Telemanom",
        "telemetry": {"uri": f"file:///telemetry/{name}.parquet"},
        "policyRef": {"name": policy},
    }
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "metadata": metadata(name, overrides.pop("uid", f"uid-{name}"), version, generation=1)
        | overrides.pop("metadata", {}),
        "spec": spec | overrides.pop("spec", {}),
        "status": overrides.pop("status", {"observedGeneration": -1}),
        **overrides,
    }


def retraining_policy(name: str = "default", *, version: int = 1, **overrides: Any) -> Object:
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "RetrainingPolicy",
        "metadata": metadata(name, f"uid-{name}", version, generation=1) | overrides.pop("metadata", {}),
        "spec": overrides.pop("spec", {}),
        "status": overrides.pop("status", {}),
    }


def job(name: str = "p-1-job", *, version: int = 1, owner: str | None = "uid-p-1", **overrides: Any) -> Object:
    ours = {
        "labels": {keys.LABEL_MANAGED_BY: keys.MANAGED_BY, keys.LABEL_TRIGGER: "Drift"},
        "annotations": {
            keys.ANNOTATION_DECISION: "d1",
            keys.ANNOTATION_ATTEMPT: "2",
            keys.ANNOTATION_TRIGGER_IDENTITY: "window-7",
            keys.ANNOTATION_GENERATION: "3",
        },
    }
    return {
        "metadata": metadata(name, f"uid-{name}", version, owner) | ours | overrides.pop("metadata", {}),
        "spec": overrides.pop("spec", {"suspend": False, "template": {"spec": {"containers": []}}}),
        "status": overrides.pop("status", {}),
    }


def pod(name: str = "p-1-job-x", *, version: int = 1, owner: str | None = "uid-p-1-job", **overrides: Any) -> Object:
    return {
        "metadata": metadata(name, f"uid-{name}", version, owner) | overrides.pop("metadata", {}),
        "status": overrides.pop("status", {}),
    }


def condition(kind: str, reason: str = "", message: str = "", status: str = "True") -> Object:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-03-01T13:00:00Z",
    }

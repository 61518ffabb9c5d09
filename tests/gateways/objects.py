"""Objects that the gateways' tests write."""

from typing import Any

from model_contract.keys import ANNOTATION_DECISION, LABEL_MANAGED_BY, MANAGED_BY
from model_operator.api.base import API_VERSION
from model_operator.api.vocabulary import Reason
from model_operator.core.announcements import Announcement, Regarding

Object = dict[str, Any]


def sensor_model(namespace: str, name: str = "p-1") -> Object:
    return {
        "apiVersion": API_VERSION,
        "kind": "SensorModel",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "sensorID": name,
            "modelType": "Telemanom",
            "telemetry": {"uri": f"file:///telemetry/{name}.parquet"},
            "policyRef": {"name": "default"},
        },
    }


def trainer_job(owner: Object, name: str = "p-1-0a1b2c", *, decision: str = "d-1", labelled: bool = True) -> Object:
    """A Job that never starts a pod."""
    container = {"name": "trainer", "image": "trainer", "command": ["true"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "labels": {LABEL_MANAGED_BY: MANAGED_BY} if labelled else {},
            "annotations": {ANNOTATION_DECISION: decision},
            "ownerReferences": [
                {
                    "apiVersion": API_VERSION,
                    "kind": "SensorModel",
                    "name": owner["metadata"]["name"],
                    "uid": owner["metadata"]["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": {
            "suspend": True,
            "template": {"spec": {"containers": [container], "restartPolicy": "Never"}},
        },
    }


def regarding(model: Object) -> Regarding:
    """The object as announcements name it."""
    metadata = model["metadata"]
    return Regarding(model.get("kind", "SensorModel"), metadata["namespace"], metadata["name"], metadata["uid"])


def announcement(note: str = "drift 0.74 reaches Moderate", job: str | None = "p-1-0a1b2c") -> Announcement:
    return Announcement(type="Normal", reason=Reason.TRAINING_STARTED, action="Train", note=note, related_job=job)

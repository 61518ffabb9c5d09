"""What is kept of an object of the API server: only what passes read, as JSON bytes.

`shell.cache` stores it, `shell.observe` reads it. Bytes take a tenth of the memory of the same data as dicts,
pydantic parses them faster, and comparing them tells whether anything that matters has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import to_json

from model_contract.keys import GROUP
from model_operator.api.registered_name import registered_name
from model_operator.api.vocabulary import ConditionType, Reason
from model_operator.core.jobs import WAITING_PROBLEMS, is_live
from model_operator.gateways.resources import Resource
from model_operator.shell.field_managers import set_by


class Key(NamedTuple):
    """One object."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Ran(NamedTuple):
    """From when to when a Job held a place."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """An object as the cache holds it."""

    key: Key
    uid: str
    resource_version: int
    generation: int
    being_deleted: bool
    annotations: Mapping[str, str]  # of custom resources: those of our group
    body: bytes  # JSON: the spec of a custom resource; metadata and status of a Job or pod
    status: bytes  # JSON: the status of a custom resource
    observed_generation: int  # of that status; -1: there is none
    true_conditions: tuple[str, ...]  # of that status: types of conditions that are True
    drifting_since: datetime | None  # of that status; None: it does not say that the model drifts
    waits: bool  # of that status: the last decision was to wait for a place in a budget
    controller_uid: str | None  # uid of the controller among the owners
    policy: Key | None  # that a SensorModel names
    registered_model: str | None  # of a SensorModel: the name in MLflow; None: the spec does not say
    create_time: datetime | None  # of a SensorModel
    set_by: Mapping[str, str]  # of a SensorModel: field managers of requests
    is_live: bool  # of a Job: it may still produce a version
    ran: Ran | None  # of a Job; None: it has not ended

    def says_the_same_as(self, other: "Kept") -> bool:
        """Whether a pass would find the same; our own writes of status make no difference."""
        return (
            self.uid == other.uid
            and self.being_deleted == other.being_deleted
            and self.generation == other.generation
            and self.body == other.body
            and self.annotations == other.annotations
        )


def key_of(resource: Resource, obj: Mapping[str, Any]) -> Key:
    """The key of an object as the API server sends it."""
    return Key(resource, obj["metadata"]["namespace"], obj["metadata"]["name"])


def keep(resource: Resource, obj: Mapping[str, Any]) -> Kept:
    """Trim an object as the API server sends it."""
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    is_custom = resource in {Resource.SENSOR_MODEL, Resource.RETRAINING_POLICY}
    if is_custom:
        ours = {name: value for name, value in _mapping(metadata, "annotations").items() if name.startswith(GROUP)}
        body: Mapping[str, Any] = spec
    else:
        ours = {}
        body = _job_body(obj) if resource is Resource.JOB else _pod_body(obj)
    return Kept(
        key=key_of(resource, obj),
        uid=metadata["uid"],
        resource_version=int(metadata["resourceVersion"]),
        generation=metadata.get("generation", 0) if is_custom else 0,
        being_deleted=metadata.get("deletionTimestamp") is not None,
        annotations=ours,
        body=to_json(body),
        status=to_json(status) if is_custom else b"",
        observed_generation=status.get("observedGeneration", -1) if is_custom else -1,
        true_conditions=_true_conditions(status) if is_custom else (),
        drifting_since=_drifting_since(status) if resource is Resource.SENSOR_MODEL else None,
        waits=_mapping(status, "lastDecision").get("reason") == Reason.BUDGET_EXHAUSTED,
        controller_uid=_controller_uid(metadata),
        policy=_policy(resource, metadata["namespace"], spec),
        registered_model=_registered_model(spec) if resource is Resource.SENSOR_MODEL else None,
        create_time=_create_time(metadata) if resource is Resource.SENSOR_MODEL else None,
        set_by=set_by(metadata) if resource is Resource.SENSOR_MODEL else {},
        is_live=resource is Resource.JOB and is_live(obj),
        ran=_ran(metadata, status) if resource is Resource.JOB else None,
    )


def _mapping(parent: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    return parent.get(field) or {}


def _true_conditions(status: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(condition["type"] for condition in status.get("conditions") or () if condition["status"] == "True")


def _drifting_since(status: Mapping[str, Any]) -> datetime | None:
    for condition in status.get("conditions") or ():
        if condition["type"] == ConditionType.DRIFT_DETECTED and condition["status"] == "True":
            return datetime.fromisoformat(condition["lastTransitionTime"])
    return None


def _ran(job_metadata: Mapping[str, Any], status: Mapping[str, Any]) -> Ran | None:
    for condition in status.get("conditions") or ():
        if condition["type"] in {"Complete", "Failed"} and condition["status"] == "True":
            until = status.get("completionTime") or condition.get("lastTransitionTime")
            created = job_metadata.get("creationTimestamp")
            if until and created:
                return Ran(datetime.fromisoformat(created), datetime.fromisoformat(until))
    return None


def _controller_uid(metadata: Mapping[str, Any]) -> str | None:
    owners = metadata.get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("controller")), None)


def _policy(resource: Resource, namespace: str, spec: Mapping[str, Any]) -> Key | None:
    if resource is not Resource.SENSOR_MODEL:
        return None
    reference = spec.get("policyRef")
    name = reference.get("name") if isinstance(reference, Mapping) else None
    return Key(Resource.RETRAINING_POLICY, namespace, name) if isinstance(name, str) else None


def _registered_model(spec: Mapping[str, Any]) -> str | None:
    words = spec.get("modelType"), spec.get("sensorID")
    if not all(isinstance(word, str) for word in words):
        return None
    return registered_name(str(words[0]), str(words[1]), _mapping(spec, "registry").get("modelName"))


def _create_time(metadata: Mapping[str, Any]) -> datetime | None:
    created = metadata.get("creationTimestamp")
    return datetime.fromisoformat(created) if created else None


def _pick(parent: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    return {field: parent[field] for field in fields if field in parent}


def _job_body(job: Mapping[str, Any]) -> dict[str, Any]:
    """Counters of pods are left out: they move often and decide nothing."""
    metadata = _pick(job["metadata"], "name", "uid", "creationTimestamp", "deletionTimestamp", "labels", "annotations")
    return {
        "metadata": metadata,
        "spec": _pick(_mapping(job, "spec"), "suspend"),
        "status": _pick(_mapping(job, "status"), "startTime", "completionTime", "conditions"),
    }


def _pod_body(pod: Mapping[str, Any]) -> dict[str, Any]:
    """Only what may be a problem or an outcome; that a pod got an address or became ready is neither."""
    status = _mapping(pod, "status")
    return {
        "metadata": _pick(pod["metadata"], "name", "creationTimestamp"),
        "status": {
            **_pick(status, "reason", "message"),
            "conditions": [
                _pick(condition, "type", "status", "reason", "message")
                for condition in status.get("conditions") or ()
                if condition["type"] == "PodScheduled" and condition["status"] != "True"
            ],
            "containerStatuses": [
                {"state": state}
                for container in status.get("containerStatuses") or ()
                if (state := _noteworthy(_mapping(container, "state")))
            ],
        },
    }


def _noteworthy(state: Mapping[str, Any]) -> dict[str, Any]:
    """How a container ended, or what it waits for in vain."""
    if state.get("terminated"):
        return _pick(state, "terminated")
    return _pick(state, "waiting") if _mapping(state, "waiting").get("reason") in WAITING_PROBLEMS else {}

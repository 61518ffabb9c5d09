"""What a Job and its newest pod say about a training, an evaluation or a reproduction.

`shell.observe` hands over the objects as the API server has them. Ownership has been checked there; whether a version
came out is not read here but in the registry, because a pod's word could be forged.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from model_contract.keys import (
    ANNOTATION_ATTEMPT,
    ANNOTATION_DECISION,
    ANNOTATION_GENERATION,
    ANNOTATION_TRIGGER_IDENTITY,
    ANNOTATION_TRIGGER_MESSAGE,
    LABEL_TASK,
    LABEL_TRIGGER,
)
from model_contract.result import TrainingFailed, read_outcome
from model_contract.task import TaskKind, TriggerKind
from model_operator.core.observed import JobObservation, PodProblem

# Reasons of a waiting container that will not pass by themselves; ContainerCreating and PodInitializing will.
WAITING_PROBLEMS: Final = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)
_Object = Mapping[str, Any]


def is_live(job: _Object) -> bool:
    """Whether a Job may still give a version or a score. One that rebuilds a version, for a person, gives neither."""
    if _task(job) is TaskKind.REPRODUCE:
        return False
    ended = any(_condition(job, kind) for kind in ("Complete", "Failed"))
    return not ended and job["metadata"].get("deletionTimestamp") is None


def observe_job(job: _Object, pods: Sequence[_Object]) -> JobObservation:
    """One trainer Job. Its labels and annotations may have been edited by hand: what is missing gets a harmless value.

    Args:
        job: with metadata, spec.suspend and status.
        pods: that the Job controls, in any order.
    """
    metadata, status = job["metadata"], job.get("status") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    complete, failed = _condition(job, "Complete"), _condition(job, "Failed")
    failure = failed or _condition(job, "FailureTarget") or {}  # the latter while pods of a failed Job still end
    pod = max(pods, key=lambda pod: (pod["metadata"].get("creationTimestamp", ""), pod["metadata"]["name"]), default={})
    said = read_outcome((_terminated(pod) or {}).get("message"))
    return JobObservation(
        name=metadata["name"],
        uid=metadata["uid"],
        decision_id=annotations.get(ANNOTATION_DECISION, ""),
        trigger=_trigger(labels.get(LABEL_TRIGGER)),
        trigger_identity=annotations.get(ANNOTATION_TRIGGER_IDENTITY, ""),
        trigger_message=annotations.get(ANNOTATION_TRIGGER_MESSAGE, ""),
        attempt=_number(annotations.get(ANNOTATION_ATTEMPT), 1),
        generation=_number(annotations.get(ANNOTATION_GENERATION), 0),
        create_time=datetime.fromisoformat(metadata["creationTimestamp"]),
        start_time=_time(status.get("startTime")),
        end_time=_time(status.get("completionTime") if complete else (failed or {}).get("lastTransitionTime")),
        succeeded=complete is not None,
        failed=failed is not None,
        failure_reason=failure.get("reason", ""),
        failure_message=failure.get("message", ""),
        suspended=bool((job.get("spec") or {}).get("suspend")),
        being_deleted=metadata.get("deletionTimestamp") is not None,
        task=_task(job),
        said=said.reason if isinstance(said, TrainingFailed) else None,
        said_message=said.message if isinstance(said, TrainingFailed) else "",
        pod_problem=None if said else _problem(pod),
    )


def _problem(pod: _Object) -> PodProblem | None:
    """Why a pod does not run, or ended without a word: what befell the pod, then its container, then its scheduling."""
    status = pod.get("status") or {}
    if status.get("reason"):  # Evicted, Preempted, NodeLost
        return PodProblem(reason=status["reason"], message=status.get("message", ""))
    if terminated := _terminated(pod):
        code = terminated.get("exitCode", 0)
        reason = terminated.get("reason") or "Error"
        message = f"the trainer's container ended with exit code {code}"
        return PodProblem(reason=reason, message=message) if code or reason == "OOMKilled" else None
    for container in status.get("containerStatuses") or ():
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in WAITING_PROBLEMS:
            return PodProblem(reason=waiting["reason"], message=waiting.get("message", ""))
    scheduled = _condition(pod, "PodScheduled", status="False")
    if scheduled and scheduled.get("reason") == "Unschedulable":
        return PodProblem(reason="Unschedulable", message=scheduled.get("message", ""))
    return None


def _terminated(pod: _Object) -> _Object | None:
    """How the trainer's container ended; None while it has not."""
    containers = (pod.get("status") or {}).get("containerStatuses") or ()
    return next((state for one in containers if (state := (one.get("state") or {}).get("terminated"))), None)


def _condition(obj: _Object, kind: str, *, status: str = "True") -> _Object | None:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one["type"] == kind and one["status"] == status), None)


def _trigger(word: str | None) -> TriggerKind:
    return TriggerKind(word) if word in set(TriggerKind) else TriggerKind.INITIAL


def _task(job: _Object) -> TaskKind:
    word = (job["metadata"].get("labels") or {}).get(LABEL_TASK)
    return TaskKind(word) if word in set(TaskKind) else TaskKind.TRAIN


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

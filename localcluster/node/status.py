"""From what the node knows to the PodStatus that a kubelet would report. Pure.

Follows the kubelet's reasons and messages (pkg/kubelet/status/generate.go in Kubernetes), because controllers and
people read them: the Job controller, podFailurePolicy, `kubectl describe`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcluster.node.states import ContainerRecord, Running, Terminated, Waiting

Object = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """A phase that the node decides from outside the containers, such as Failed for a missed deadline."""

    phase: str
    reason: str
    message: str


@dataclass(frozen=True)
class PodFacts:
    """Everything a status is made of, besides the containers."""

    restart_policy: str
    generation: int
    started_at: dt.datetime
    host_ip: str
    stopping: bool = False
    """The pod is being deleted: nothing starts any more."""
    verdict: Verdict | None = None


def pod_status(facts: PodFacts, records: Sequence[ContainerRecord], previous: Object, now: dt.datetime) -> Object:
    """The status to write; conditions that did not change keep the transition time that `previous` has."""
    verdict = facts.verdict if _none_runs(records) else None  # a phase is final, so nothing may run any more
    phase = verdict.phase if verdict else pod_phase(facts, records)
    status: Object = {
        "observedGeneration": facts.generation,
        "phase": phase,
        "conditions": _conditions(phase, records, previous.get("conditions", []), now),
        "hostIP": facts.host_ip,
        "hostIPs": [{"ip": facts.host_ip}],
        "podIP": facts.host_ip,
        "podIPs": [{"ip": facts.host_ip}],
        "startTime": timestamp(facts.started_at),
        "containerStatuses": [_container_status(record) for record in records if not record.is_init],
    }
    if any(record.is_init for record in records):
        status["initContainerStatuses"] = [_container_status(record) for record in records if record.is_init]
    if verdict:
        status |= {"reason": verdict.reason, "message": verdict.message}
    return status


def pod_phase(facts: PodFacts, records: Sequence[ContainerRecord]) -> str:
    """Pending, Running, Succeeded or Failed, by the containers alone."""
    inits = [record for record in records if record.is_init]
    mains = [record for record in records if not record.is_init]
    over = facts.restart_policy == "Never" or facts.stopping
    if not all(record.succeeded for record in inits):
        return "Failed" if over and _none_runs(records) and _stuck(inits, facts) else "Pending"
    if all(isinstance(record.state, Terminated) for record in mains):
        if all(record.succeeded for record in mains) and (over or facts.restart_policy == "OnFailure"):
            return "Succeeded"
        return "Failed" if over else "Running"
    if facts.stopping and _none_runs(records):
        return "Failed"
    return "Running" if all(record.has_run for record in mains) else "Pending"


def has_run(status: Object) -> bool:
    """Whether a status tells of a container that was started, or of an end."""
    containers = status.get("initContainerStatuses", []) + status.get("containerStatuses", [])
    return status.get("phase") in {"Succeeded", "Failed"} or any("containerID" in container for container in containers)


def abandoned_status(pod: Object, now: dt.datetime) -> Object:
    """The status of a pod whose processes ended with an earlier agent: Failed, by a disruption.

    What had ended before keeps its result; of the rest nobody knows more than that it is gone.
    """
    previous = pod["status"]
    verdict = Verdict("Failed", "NodeRestarted", "the node agent was restarted; processes do not outlive it")
    disruption = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
    disruption |= {"message": verdict.message, "lastTransitionTime": timestamp(now)}
    unready = {"status": "False", "reason": "PodFailed", "lastTransitionTime": timestamp(now)}
    status: Object = {
        "phase": verdict.phase,
        "reason": verdict.reason,
        "message": verdict.message,
        "conditions": [disruption, *({"type": kind, **unready} for kind in ("Ready", "ContainersReady"))],
    }
    for group in ("initContainerStatuses", "containerStatuses"):
        if group in previous:
            status[group] = [_lost(container, now) for container in previous[group]]
    return status


def timestamp(time: dt.datetime) -> str:
    """RFC 3339 with whole seconds, as Kubernetes writes times."""
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _none_runs(records: Sequence[ContainerRecord]) -> bool:
    return not any(isinstance(record.state, Running) for record in records)


def _stuck(inits: Sequence[ContainerRecord], facts: PodFacts) -> bool:
    return facts.stopping or any(record.failed for record in inits)


def _conditions(
    phase: str, records: Sequence[ContainerRecord], previous: Sequence[Object], now: dt.datetime
) -> list[Object]:
    incomplete = [r.name for r in records if r.is_init and not r.succeeded]
    unready = [r.name for r in records if not r.is_init and not isinstance(r.state, Running)]
    finished = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase, "")
    ready = _not_yet("ContainersNotReady", "containers with unready status", unready, finished)
    wanted = {
        "PodReadyToStartContainers": {"status": "False" if finished else "True"},
        "Initialized": _not_yet("ContainersNotInitialized", "containers with incomplete status", incomplete, ""),
        "Ready": ready,
        "ContainersReady": ready,
    }
    before = {condition["type"]: condition for condition in previous}
    conditions = []
    for kind, condition in wanted.items():
        same = before.get(kind, {}).get("status") == condition["status"]
        since = before[kind]["lastTransitionTime"] if same else timestamp(now)
        conditions.append({"type": kind, "lastTransitionTime": since, **condition})
    return conditions


def _not_yet(reason: str, message: str, names: Sequence[str], finished: str) -> Object:
    if finished and reason == "ContainersNotReady":
        return {"status": "False", "reason": finished, "message": ""}
    if names:
        return {"status": "False", "reason": reason, "message": f"{message}: [{' '.join(names)}]"}
    return {"status": "True"}


def _container_status(record: ContainerRecord) -> Object:
    is_running = isinstance(record.state, Running)
    status: Object = {
        "name": record.name,
        "image": record.image,
        "imageID": f"process://{record.image}" if record.has_run else "",
        "restartCount": record.restarts,
        "ready": record.succeeded if record.is_init else is_running,
        "started": is_running,
        "state": _state(record.state),
        "lastState": _state(record.last) if record.last else {},
    }
    if not isinstance(record.state, Waiting):
        status["containerID"] = record.state.container_id
    elif record.last is not None:
        status["containerID"] = record.last.container_id
    return status


def _lost(container: Object, now: dt.datetime) -> Object:
    if "terminated" in container["state"]:
        return container
    lost = {
        "exitCode": 137,
        "reason": "ContainerStatusUnknown",
        "message": "The container could not be located when the pod was terminated",
        "startedAt": container["state"].get("running", {}).get("startedAt", timestamp(now)),
        "finishedAt": timestamp(now),
    }
    return container | {"ready": False, "started": False, "state": {"terminated": lost}}


def _state(state: Waiting | Running | Terminated) -> Object:
    match state:
        case Waiting():
            return {"waiting": {"reason": state.reason} | ({"message": state.message} if state.message else {})}
        case Running():
            return {"running": {"startedAt": timestamp(state.started_at)}}
        case Terminated():
            terminated: Object = {
                "exitCode": state.exit_code,
                "reason": state.reason,
                "startedAt": timestamp(state.started_at),
                "finishedAt": timestamp(state.finished_at),
                "containerID": state.container_id,
            }
            return {"terminated": terminated | ({"message": state.message} if state.message else {})}

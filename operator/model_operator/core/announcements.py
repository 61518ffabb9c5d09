"""What to tell people about a pass: one event per change, with the numbers in it.

`shell.announce` sends them after the status write succeeded, and counts them by reason.
"""

from typing import Final, Literal, NamedTuple

from model_operator.api.base import Condition
from model_operator.api.retrainingpolicy import CommonCauseHold, RetrainingPolicyStatus
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Action, ConditionType, Reason, Stage
from model_operator.core.common_cause import explain_end
from model_operator.core.observed import Observation
from model_operator.core.training import FAILURES

_MAX_NOTE: Final = 1024
_BAD: Final = {  # the status of a condition that people want to hear of
    ConditionType.STALLED: "True",
    ConditionType.DATA_HEALTHY: "False",
    ConditionType.DRIFT_DETECTED: "True",
    ConditionType.PERFORMANCE_DEGRADED: "True",
    ConditionType.REGISTRY_IN_SYNC: "False",
}
_CAUSES: Final = frozenset({ConditionType.DRIFT_DETECTED, ConditionType.PERFORMANCE_DEGRADED})
_RECOVER: Final = tuple(kind for kind in _BAD if kind is not ConditionType.STALLED)


class Regarding(NamedTuple):
    """The object that an event is about."""

    kind: Literal["SensorModel", "RetrainingPolicy"]
    namespace: str
    name: str
    uid: str


class Announcement(Observation):
    """One event."""

    type: Literal["Normal", "Warning"]
    reason: Reason
    action: str  # CamelCase, what the operator did
    note: str  # at most 1,024 bytes
    related_job: str | None = None


def announcements(previous: SensorModelStatus, current: SensorModelStatus) -> tuple[Announcement, ...]:
    """The events of a pass; none when nothing changed that a person would want to hear of."""
    told = [*_training(previous, current), *_decision(previous, current), *_stage_moves(previous, current)]
    for kind, bad in _BAD.items():
        told += _turned_bad(kind, bad, previous, current)
    told += _turned_good(previous, current)
    return tuple(told)


def policy_announcements(previous: RetrainingPolicyStatus, current: RetrainingPolicyStatus) -> tuple[Announcement, ...]:
    """One event when a hold for a common cause begins, one when it ends."""
    before, after = _told_hold(previous), _told_hold(current)
    told = []
    if before and (after is None or after.since_time != before.since_time):
        ended = current.hold if current.hold and current.hold.since_time == before.since_time else before
        told.append(_announce("Normal", Reason.COMMON_CAUSE_RELEASED, "Release", explain_end(ended)))
    if after and (before is None or before.since_time != after.since_time):
        told.append(_announce("Warning", Reason.COMMON_CAUSE, "Hold", current.message or ""))
    return tuple(told)


def _told_hold(status: RetrainingPolicyStatus) -> CommonCauseHold | None:
    """The hold that a status tells as being in force."""
    return status.hold if _condition(status, ConditionType.COMMON_CAUSE) else None


def _training(previous: SensorModelStatus, current: SensorModelStatus) -> list[Announcement]:
    before, after = previous.training, current.training
    if after is None:
        return []
    if after.problem and (before is None or before.problem != after.problem):
        return [_announce("Warning", after.problem, "Train", f"Job {after.job_name}: {after.message}", after.job_name)]
    if before and (before.job_uid, before.outcome) == (after.job_uid, after.outcome):
        return []
    note = f"Job {after.job_name}: {after.message or after.outcome}"
    if after.outcome is Reason.TRAINING_SUCCEEDED:
        return [_announce("Normal", after.outcome, "Train", note, after.job_name)]
    if after.outcome in FAILURES:
        return [_announce("Warning", after.outcome, "Train", note, after.job_name)]
    return []


def _decision(previous: SensorModelStatus, current: SensorModelStatus) -> list[Announcement]:
    """A training that starts, a refusal, a question to a person."""
    last = current.last_decision
    if (
        last is None
        or last == previous.last_decision
        or last.action in {Action.NONE, Action.MOVE_STAGE, Action.EVALUATE}
    ):
        return []
    kind: Literal["Normal", "Warning"] = "Warning" if last.action is Action.REFUSE else "Normal"
    job = current.training.job_name if last.action is Action.TRAIN and current.training else None
    return [_announce(kind, last.reason, last.action, last.message, job)]


def _stage_moves(previous: SensorModelStatus, current: SensorModelStatus) -> list[Announcement]:
    """The moves that are new in the history; all of it is old news to a status that is new itself."""
    if previous.observed_generation < 0:
        return []
    moves = [move for move in current.stage_history if move not in previous.stage_history]
    moves.sort(key=lambda move: (move.time, move.to_stage is Stage.ARCHIVED))
    return [
        _announce(
            "Warning" if move.reason is Reason.PROBATION_FAILED else "Normal",
            move.reason,
            Action.MOVE_STAGE,
            f"version {move.version} {move.from_stage} → {move.to_stage}: {move.message}",
        )
        for move in moves
    ]


def _turned_bad(
    kind: ConditionType, bad: str, previous: SensorModelStatus, current: SensorModelStatus
) -> list[Announcement]:
    before, after = _condition(previous, kind), _condition(current, kind)
    if after is None or after.status != bad or (before and (before.status, before.reason) == (bad, after.reason)):
        return []
    training = current.training
    if training and training.outcome == after.reason:
        return []  # the training's own event says it
    last = current.last_decision
    if last and last.action is Action.TRAIN and last != previous.last_decision and kind in _CAUSES:
        return []  # the event of the training that starts names all its causes
    if last and last.reason is Reason.COMMON_CAUSE and kind is ConditionType.DRIFT_DETECTED:
        return []  # the policy has told of it, once for all its models
    return [_announce("Warning", Reason(after.reason), "Observe", after.message)]


def _turned_good(previous: SensorModelStatus, current: SensorModelStatus) -> list[Announcement]:
    """Recovery is worth as much as the trouble before it."""
    told = []
    for kind in _RECOVER:
        bad, good = _BAD[kind], "True" if _BAD[kind] == "False" else "False"
        before, after = _condition(previous, kind), _condition(current, kind)
        if before and after and (before.status, after.status) == (bad, good):
            told.append(_announce("Normal", Reason(after.reason), "Observe", f"recovered: {after.message}"))
    return told


def _condition(status: SensorModelStatus | RetrainingPolicyStatus, kind: ConditionType) -> Condition | None:
    return next((condition for condition in status.conditions if condition.type == kind), None)


def _announce(
    kind: Literal["Normal", "Warning"], reason: Reason, action: str, note: str, job: str | None = None
) -> Announcement:
    cut = note.encode()[:_MAX_NOTE].decode(errors="ignore")
    return Announcement(type=kind, reason=reason, action=action, note=cut, related_job=job)

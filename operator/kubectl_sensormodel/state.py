"""Is a model fine, and is anything still going on? Pure; `status` shows it and takes its exit code from it."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from kubectl_sensormodel.next_steps import request_waits, training_runs
from model_operator.api.base import KubeModel
from model_operator.api.sensormodelstatus import Summary
from model_operator.api.vocabulary import ConditionType, Reason
from model_operator.core.training_progress import describe_progress
from sensormodel.objects import Model


class State(StrEnum):
    """What a model is doing, in one word."""

    READY = "ready"
    TRAINING = "training"
    WORKING = "working"  # the operator has something to do, or has not looked yet
    SUSPENDED = "suspended"
    APPROVAL = "awaits approval"
    STALLED = "stalled"
    NOT_READY = "not ready"

    @property
    def is_settled(self) -> bool:
        """Whether nothing will change before something else does."""
        return self not in {State.TRAINING, State.WORKING}


_SUSPENDED: Final = frozenset({Reason.SUSPENDED, Reason.POLICY_SUSPENDED})


class StateLine(KubeModel):
    """One model in `status`."""

    namespace: str
    name: str
    state: State
    fine: Annotated[bool, Field(description="a Production version serves, and nobody has to act")]
    summary: Annotated[Summary, Field(description="the row of `kubectl get`")]
    message: Annotated[str, Field(description="what it waits for, or what was decided last")]


def line_of(model: Model) -> StateLine:
    """A model's line."""
    state = state_of(model)
    return StateLine(
        namespace=model.namespace,
        name=model.name,
        state=state,
        fine=_is_true(model, ConditionType.READY) and not _is_true(model, ConditionType.STALLED),
        summary=model.status.summary,
        message=_message(model, state),
    )


def state_of(model: Model) -> State:
    """What it is doing."""
    last = model.status.last_decision
    if not model.was_seen or last is None:
        return State.WORKING
    blocked = not last.verdicts and _is_true(model, ConditionType.STALLED)
    asleep = last.reason in _SUSPENDED
    if training_runs(model.status):
        return State.TRAINING
    if request_waits(model) and not blocked:
        return State.SUSPENDED if asleep else State.WORKING
    if _is_true(model, ConditionType.STALLED):
        return State.STALLED
    if asleep:
        return State.SUSPENDED
    return _quiet_state(model, last.reason)


def _quiet_state(model: Model, reason: Reason) -> State:
    """What it is doing while no training runs or waits and nobody has to act."""
    if reason is Reason.AWAITING_APPROVAL:
        return State.APPROVAL
    if _is_true(model, ConditionType.READY):
        return State.READY
    return State.WORKING if _is_true(model, ConditionType.RECONCILING) else State.NOT_READY


def _message(model: Model, state: State) -> str:
    last, training = model.status.last_decision, model.status.training
    if last is None:
        return "the operator has not looked at it yet"
    if not model.was_seen:
        return f"the operator has not acted on generation {model.generation} yet"
    if state is State.TRAINING and training is not None:
        said = training.message or describe_progress(training)
        return f"Job {training.job_name}, trigger {training.trigger}" + (f": {said}" if said else "")
    if state is State.WORKING and request_waits(model):
        return f"a request for a training waits to be acted on; {last.message}"
    if state is State.READY and last.reason is Reason.UP_TO_DATE:
        return next(each.message for each in model.status.conditions if each.type == ConditionType.READY)
    return last.message


def _is_true(model: Model, kind: ConditionType) -> bool:
    return any(each.type == kind and each.status == "True" for each in model.status.conditions)

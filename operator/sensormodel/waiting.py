"""Waiting for a SensorModel: what can be waited for, and the loop that looks again until it is so."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from model_operator.api.vocabulary import ConditionType, Reason
from sensormodel.errors import TimedOut
from sensormodel.objects import Model
from sensormodel.requests import StageRequest

POLL_SECONDS: Final = 1.0
Expectation = Callable[[Model], bool]


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> datetime:
        """The time."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, in whole seconds."""
        return datetime.now(UTC).replace(microsecond=0)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def has_condition(kind: ConditionType, status: str = "True") -> Expectation:
    """A condition has that status, for the spec as it is now."""
    return lambda model: (
        model.was_seen and any((each.type, each.status) == (kind, status) for each in model.status.conditions)
    )


def is_ready(model: Model) -> bool:
    """A Production version serves, and the operator has seen the newest spec."""
    return has_condition(ConditionType.READY)(model)


def has_decided(reason: Reason) -> Expectation:
    """The last decision has that reason, for the spec as it is now."""
    return lambda model: (
        model.was_seen and model.status.last_decision is not None and model.status.last_decision.reason is reason
    )


def serves(version: int) -> Expectation:
    """That version holds Production."""
    return lambda model: (
        model.status.stages.production is not None and (model.status.stages.production.version == version)
    )


def has_trained_for(request: str) -> Expectation:
    """The training that a request has started is over, however it ended.

    Args:
        request: value that `Cluster.request_training` returned.
    """
    return lambda model: (
        model.status.last_handled_retrain_request == request
        and model.status.training is not None
        and model.status.training.outcome is not Reason.TRAINING_STARTED
    )


def has_answered(request: StageRequest) -> Expectation:
    """The operator has acted on a request to promote or to roll back, whatever it said to it."""
    if request.pinned:
        return lambda model: (
            model.was_seen and (serves(request.version)(model) or has_decided(Reason.VERSION_NOT_FOUND)(model))
        )
    return lambda model: model.status.last_handled_promote_request == request.value


def wait(look: Callable[[], Model], until: Expectation, timeout: timedelta, clock: Clock) -> Model:
    """The model as soon as it is as expected.

    Raises:
        TimedOut: it was not within the time; the message says how it is.
    """
    deadline = clock.now() + timeout
    while not until(model := look()):
        if clock.now() >= deadline:
            last = model.status.last_decision
            said = f"{last.reason}: {last.message}" if last else "the operator has not looked at it yet"
            raise TimedOut(f"{model.key} was not as expected after {timeout.total_seconds():g} s. Its state: {said}")
        clock.sleep(POLL_SECONDS)
    return model

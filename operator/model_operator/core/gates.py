"""Why no training starts now, whatever the triggers say. One function per gate, in the order in which they are told.

A person's request passes cooldown and back-off, because a person knows why; it does not pass a suspension or the
budget.
"""

from datetime import datetime

from model_operator.api.base import parse_duration
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import TrainingRecord
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.observed import Observed
from model_operator.core.training import back_off_until

PASSED_BY_REQUEST = frozenset({Reason.COOLING_DOWN, Reason.BACKING_OFF})


def closed_gates(
    observed: Observed,
    spec: SensorModelSpec,
    policy: RetrainingPolicySpec,
    training: TrainingRecord | None,
    now: datetime,
) -> tuple[Verdict, ...]:
    """The gates that are closed, most lasting first; empty: a training may start."""
    verdicts = (
        suspended(spec),  # a person stopped this model
        policy_suspended(policy),  # a person stopped all models of the policy
        training_in_flight(training),  # never two Jobs for one model
        cooling_down(observed, policy, now),  # the newest version is young
        backing_off(observed, training, now),  # the last attempts failed
        budget_exhausted(observed, policy),  # others are training
    )
    return tuple(verdict for verdict in verdicts if verdict is not None)


def suspended(spec: SensorModelSpec) -> Verdict | None:
    """The SensorModel itself is suspended."""
    if not spec.suspend:
        return None
    return _closed("suspended", Reason.SUSPENDED, "spec.suspend is true: nothing new is started")


def policy_suspended(policy: RetrainingPolicySpec) -> Verdict | None:
    """The policy, and with it every model that names it, is suspended."""
    if not policy.suspend:
        return None
    return _closed(
        "policy-suspended", Reason.POLICY_SUSPENDED, "spec.suspend of the policy is true: nothing new is started"
    )


def training_in_flight(training: TrainingRecord | None) -> Verdict | None:
    """A Job of the model may still give a version."""
    if training is None or training.outcome is not Reason.TRAINING_STARTED:
        return None
    because = f": {training.message}" if training.message else ""
    message = f"Job {training.job_name} is running for trigger {training.trigger}, attempt {training.attempt}{because}"
    return _closed("in-flight", Reason.TRAINING_IN_FLIGHT, message)


def cooldown_until(observed: Observed, policy: RetrainingPolicySpec) -> datetime | None:
    """When the cooldown after the newest version ends; None without a version."""
    newest = last_training_time(observed)
    return newest + parse_duration(policy.cooldown) if newest else None


def last_training_time(observed: Observed) -> datetime | None:
    """When the newest complete version was registered; None without one."""
    complete = (
        [version.create_time for version in observed.registry.versions if version.is_complete]
        if observed.registry
        else []
    )
    return max(complete, default=None)


def cooling_down(observed: Observed, policy: RetrainingPolicySpec, now: datetime) -> Verdict | None:
    """The newest version is younger than the cooldown."""
    until = cooldown_until(observed, policy)
    if until is None or until <= now:
        return None
    message = f"cooldown of {policy.cooldown} after the newest version lasts until {until:%Y-%m-%dT%H:%M:%SZ}"
    return _closed("cooldown", Reason.COOLING_DOWN, message, until)


def backing_off(observed: Observed, training: TrainingRecord | None, now: datetime) -> Verdict | None:
    """The last attempts failed; waiting times double from a minute to six hours."""
    until = back_off_until(training, observed.model.generation)
    if training is None or until is None or until <= now:
        return None
    message = (
        f"{training.failed_attempts} failed in a row ({training.outcome}): back-off until {until:%Y-%m-%dT%H:%M:%SZ}"
    )
    return _closed("back-off", Reason.BACKING_OFF, message, until)


def budget_exhausted(observed: Observed, policy: RetrainingPolicySpec) -> Verdict | None:
    """Other models of the policy use all trainings that it allows at a time."""
    running, allowed = observed.budget.policy_running, policy.budget.max_concurrent
    if running < allowed:
        return None
    message = f"{running} of {allowed} trainings of the policy are running (budget.maxConcurrent)"
    return _closed("budget", Reason.BUDGET_EXHAUSTED, message)


def _closed(check: str, reason: Reason, message: str, until: datetime | None = None) -> Verdict:
    return Verdict(check=check, fires=True, reason=reason, message=message, until=until)

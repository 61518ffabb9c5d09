"""Why no training starts now, whatever the triggers say. One function per gate, in the order in which they are told.

A person's request passes cooldown and back-off, because a person knows why; it does not pass a suspension, a hold for
bad telemetry, or the budget. Some gates close for some triggers only.
"""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from model_contract.task import TriggerKind
from model_operator.api.base import format_duration, parse_duration
from model_operator.api.retrainingpolicy import CommonCauseHold, DataQualityTrigger, RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import Assessment, TrainingRecord
from model_operator.api.vocabulary import Reason
from model_operator.core.assessment import why_on_hold
from model_operator.core.common_cause import describe_hold, is_active
from model_operator.core.decision import Verdict
from model_operator.core.observed import BudgetUse, Observed, RegisteredModel, Version
from model_operator.core.training import back_off_until

PASSED_BY_REQUEST: Final = frozenset({Reason.COOLING_DOWN, Reason.BACKING_OFF})
STALENESS: Final = frozenset({TriggerKind.PERFORMANCE, TriggerKind.DRIFT, TriggerKind.DATA_QUALITY})
CLOSES_ONLY: Final = {
    Reason.NEEDS_HUMAN: STALENESS,
    Reason.COMMON_CAUSE: frozenset({TriggerKind.DRIFT}),
}
TRAININGS_WITHOUT_GAIN: Final = 2  # in a row; then a person must look

_STEPS: Final = (  # up to which length, in which steps
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=2), timedelta(minutes=10)),
    (timedelta(days=2), timedelta(hours=1)),
)
_REFUSALS: Final = frozenset(
    {
        Reason.NOT_BETTER,
        Reason.IMPROVEMENT_TOO_SMALL,
        Reason.CANNOT_TELL,
        Reason.METRIC_MISSING,
        Reason.NOT_COMPARED,
        Reason.DATA_LEAKAGE,
        Reason.PROBATION_FAILED,
        Reason.WORSE_THAN_BASELINE,
    }
)


def closes_for(gate: Verdict, trigger: Verdict) -> bool:
    """Whether a closed gate keeps this trigger from training."""
    if trigger.trigger is TriggerKind.MANUAL and gate.reason in PASSED_BY_REQUEST:
        return False
    only = CLOSES_ONLY.get(gate.reason)
    return only is None or trigger.trigger in only


def closed_gates(
    observed: Observed,
    spec: SensorModelSpec,
    policy: RetrainingPolicySpec,
    training: TrainingRecord | None,
    assessment: Assessment | None,
    now: datetime,
) -> tuple[Verdict, ...]:
    """The gates that are closed, most lasting first; empty: a training may start."""
    verdicts = (
        suspended(spec),  # a person stopped this model
        policy_suspended(policy),  # a person stopped all models of the policy
        training_in_flight(training),  # never two Jobs for one model
        data_on_hold(policy.triggers.data_quality, assessment),  # the telemetry is bad
        no_gain(observed.registry),  # two trainings in a row brought nothing
        cooling_down(observed, policy, now),  # the newest version is young
        backing_off(observed, training, now),  # the last attempts failed
        common_cause(observed.policy.hold if observed.policy else None, now),  # many models drift at once
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


def data_on_hold(data_quality: DataQualityTrigger, assessment: Assessment | None) -> Verdict | None:
    """The newest window of telemetry is too bad to train on, to promote by, or to judge drift in."""
    why = why_on_hold(assessment, data_quality)
    if why is None:
        return None
    return _closed("data-quality", Reason.DATA_ON_HOLD, f"{why}; nothing is trained or promoted until it is good again")


def no_gain(registry: RegisteredModel | None) -> Verdict | None:
    """The newest trainings for staleness gave versions that the promotion gate refused: more of the same is no help."""
    refused = versions_without_gain(registry)
    if registry is None or len(refused) < TRAININGS_WITHOUT_GAIN:
        return None
    newest = refused[0]
    names = " and ".join(f"{version.version} ({version.trigger})" for version in reversed(refused[:2]))
    verdict = f"{newest.gate.reason}: {newest.gate.message}" if newest.gate else ""
    message = (
        f"{len(refused)} trainings in a row brought no gain over version {registry.production}: versions {names}; "
        f"the last {verdict}. Look at the telemetry since then, its labels, training.lookback and hyperparameters, "
        "then request a training, or promote one of them"
    )
    return _closed("no-gain", Reason.NEEDS_HUMAN, message)


def versions_without_gain(registry: RegisteredModel | None) -> tuple[Version, ...]:
    """The newest versions trained for staleness since Production that the gate refused, newest first."""
    if registry is None or registry.production is None:
        return ()
    since = [v for v in registry.versions if v.is_complete and v.version > registry.production]
    for_staleness = [version for version in since if version.trigger in STALENESS]
    refused = takewhile(lambda version: version.gate is not None and version.gate.reason in _REFUSALS, for_staleness)
    return tuple(refused)


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


def common_cause(hold: CommonCauseHold | None, now: datetime) -> Verdict | None:
    """Many models of the policy drift at once; the policy says itself when that is over, and wakes its models."""
    if hold is None or not is_active(hold, now):
        return None
    return _closed("common-cause", Reason.COMMON_CAUSE, describe_hold(hold))


def budget_exhausted(observed: Observed, policy: RetrainingPolicySpec) -> Verdict | None:
    """Other Jobs have all places, or models that come first in line are about to take those that are free."""
    use, allowed = observed.budget, policy.budget.max_concurrent
    if use.policy_running + use.policy_ahead >= allowed:
        taken = f"{max(use.policy_running, allowed)} of {allowed} trainings of the policy are running"
        return _closed("budget", Reason.BUDGET_EXHAUSTED, f"{taken} (budget.maxConcurrent){_place_in_line(use)}")
    limit = use.operator_limit
    if limit is not None and use.operator_running + use.operator_ahead >= limit:
        taken = f"{max(use.operator_running, limit)} of {limit} trainings of the operator are running"
        return _closed(
            "budget", Reason.BUDGET_EXHAUSTED, f"{taken} (SENSORMODEL_MAX_CONCURRENT_TRAININGS){_place_in_line(use)}"
        )
    return None


def _place_in_line(use: BudgetUse) -> str:
    """Place and expected wait, so coarse that a line that moves does not make every model write its status."""
    if use.place is None:
        return ""
    wait = f", about {format_duration(_coarse(use.expected_wait))}" if use.expected_wait is not None else ""
    return f"; place {_two_digits(use.place)} of {_two_digits(use.waiting)}{wait}"


def _two_digits(count: int) -> int:
    return count if count < 100 else int(float(f"{count:.1e}"))  # noqa: PLR2004 - what has two digits already


def _coarse(wait: timedelta) -> timedelta:
    """A wait in steps that fit its length."""
    step = next((step for limit, step in _STEPS if wait <= limit), timedelta(days=1))
    return max(round(wait / step), 1) * step


def _closed(check: str, reason: Reason, message: str, until: datetime | None = None) -> Verdict:
    return Verdict(check=check, fires=True, reason=reason, message=message, until=until)

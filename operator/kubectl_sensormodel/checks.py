"""The gates and triggers in the order in which the operator asks them, and the number and limit that each looks at.

A verdict in the status holds one sentence; here the same numbers come as columns. Values are the status's own, limits
are the policy's. `explanation.py` joins both with the verdicts. A gate that is open leaves no verdict, and is listed
all the same.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from model_operator.api.base import format_duration, parse_duration
from model_operator.api.requests import RETRAIN_REQUEST
from model_operator.api.vocabulary import Reason
from sensormodel.objects import Model, Policy

_DEFAULT_INTERVAL: Final = "720h"
_LONGEST_VALUE: Final = 20  # the time stamp of a request; its words stand in the message


class Numbers(NamedTuple):
    """What a check looks at; empty where the status or the policy does not say."""

    value: str = ""
    limit: str = ""


class Check(NamedTuple):
    """One gate or trigger."""

    name: str
    numbers: Callable[[Model, Policy | None, datetime], Numbers]
    reasons: frozenset[Reason] = frozenset()  # of a gate: those that close it


def _suspended(model: Model, _policy: Policy | None, _now: datetime) -> Numbers:
    return Numbers("suspended" if model.spec and model.spec.suspend else "not suspended")


def _policy_suspended(_model: Model, policy: Policy | None, _now: datetime) -> Numbers:
    return Numbers(("suspended" if policy.spec.suspend else "not suspended") if policy else "")


def _in_flight(model: Model, _policy: Policy | None, _now: datetime) -> Numbers:
    training = model.status.training
    live = training is not None and training.outcome is Reason.TRAINING_STARTED
    return Numbers("1 running" if live else "0 running", "1 at a time")


def _cooldown(model: Model, policy: Policy | None, now: datetime) -> Numbers:
    return Numbers(_age(model, now), _days(policy.spec.cooldown) if policy else "")


def _back_off(model: Model, _policy: Policy | None, now: datetime) -> Numbers:
    training, until = model.status.training, model.status.schedule.back_off_until_time
    failed = training.failed_attempts if training else 0
    waits = f"waits {format_duration(until - now)}" if until and until > now else ""
    return Numbers(f"{failed} failed", waits)


def _budget(_model: Model, policy: Policy | None, _now: datetime) -> Numbers:
    if policy is None:
        return Numbers()
    return Numbers(f"{policy.status.training} running", f"{policy.spec.budget.max_concurrent} at a time")


def _quality(model: Model, policy: Policy | None, _now: datetime) -> Numbers:
    found = model.status.assessment.data_quality if model.status.assessment else None
    return Numbers(
        f"{found.score_percent} %" if found else "",
        f"{policy.spec.triggers.data_quality.min_score_percent} %" if policy else "",
    )


def _common_cause(_model: Model, policy: Policy | None, _now: datetime) -> Numbers:
    if policy is None or policy.spec.common_cause is None:
        return Numbers(limit="not used" if policy else "")
    hold = policy.status.hold
    value = f"{hold.drifting} of {hold.models}" if hold else ""
    return Numbers(value, f"{policy.spec.common_cause.share_percent} % of models")


def _nothing(_model: Model, _policy: Policy | None, _now: datetime) -> Numbers:
    return Numbers()


def _request(model: Model, _policy: Policy | None, _now: datetime) -> Numbers:
    return Numbers(model.annotations.get(RETRAIN_REQUEST, "")[:_LONGEST_VALUE], "a new value")


def _versions(model: Model, _policy: Policy | None, _now: datetime) -> Numbers:
    return Numbers("has versions" if model.status.schedule.last_training_time else "no version", "no version")


def _drift(model: Model, policy: Policy | None, _now: datetime) -> Numbers:
    found = model.status.assessment.drift if model.status.assessment else None
    drift = policy.spec.triggers.drift if policy else None
    return Numbers(
        f"{found.score} {found.severity}" if found else "",
        f"{drift.score_percent / 100:.2f} {drift.severity_threshold}" if drift else "",
    )


def _performance(model: Model, policy: Policy | None, _now: datetime) -> Numbers:
    found = model.status.assessment.performance if model.status.assessment else None
    trigger = policy.spec.triggers.performance if policy else None
    value = f"{found.metric} {found.value}" if found and found.value else ""
    loss = f", {_loss(float(found.degradation_percent))}" if found and value and found.degradation_percent else ""
    return Numbers(value + loss, f"{trigger.max_degradation_percent} % worse" if trigger else "")


def _schedule(model: Model, policy: Policy | None, now: datetime) -> Numbers:
    trigger = policy.spec.triggers.schedule if policy else None
    due = model.status.schedule.next_training_time
    if trigger is not None and trigger.cron:
        return Numbers(f"due {due:%m-%d %H:%MZ}" if due else "", f"{trigger.cron} {trigger.time_zone or 'UTC'}")
    return Numbers(_age(model, now), _days(trigger.interval or _DEFAULT_INTERVAL) if trigger else "")


GATES: Final = (
    Check("suspended", _suspended, frozenset({Reason.SUSPENDED})),
    Check("policy-suspended", _policy_suspended, frozenset({Reason.POLICY_SUSPENDED})),
    Check("in-flight", _in_flight, frozenset({Reason.TRAINING_IN_FLIGHT})),
    Check("data-quality", _quality, frozenset({Reason.DATA_ON_HOLD})),
    Check("no-gain", _nothing, frozenset({Reason.NEEDS_HUMAN})),
    Check("cooldown", _cooldown, frozenset({Reason.COOLING_DOWN})),
    Check("back-off", _back_off, frozenset({Reason.BACKING_OFF})),
    Check("common-cause", _common_cause, frozenset({Reason.COMMON_CAUSE})),
    Check("budget", _budget, frozenset({Reason.BUDGET_EXHAUSTED})),
)
TRIGGERS: Final = (
    Check("manual", _request),
    Check("initial", _versions),
    Check("performance", _performance),
    Check("drift", _drift),
    Check("data-quality", _quality),
    Check("schedule", _schedule),
)


def _age(model: Model, now: datetime) -> str:
    newest = model.status.schedule.last_training_time
    return f"{format_duration(now - newest)} old" if newest else ""


def _days(duration: str) -> str:
    return format_duration(parse_duration(duration))


def _loss(percent: float) -> str:
    return f"{percent:.0f} % worse" if percent >= 0 else f"{-percent:.0f} % better"

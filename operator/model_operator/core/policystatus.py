"""The status of a RetrainingPolicy: what its models add up to, and whether they drift for a common cause."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from model_operator.api.retrainingpolicy import CommonCauseHold, RetrainingPolicySpec, RetrainingPolicyStatus
from model_operator.api.vocabulary import ConditionType, Reason
from model_operator.core.common_cause import explain_hold, is_active, next_hold
from model_operator.core.conditions import Finding, set_conditions
from model_operator.core.observed import PolicyObject


class Member(NamedTuple):
    """One model that names the policy."""

    true_conditions: Collection[str]  # types of its conditions that are True
    drifting_since: datetime | None  # None: it does not drift


def policy_status_of(
    policy: PolicyObject,
    members: Collection[Member],
    previous: RetrainingPolicyStatus,
    now: datetime,
    *,
    waiting: int = 0,
    release_request: str | None = None,
) -> RetrainingPolicyStatus:
    """Counts of the models that name the policy, whether its spec can be used, and its hold.

    Args:
        policy: with its spec.
        members: the models that name it.
        previous: the status that is there.
        now: time of the pass.
        waiting: how many of the models wait for a place in a budget.
        release_request: value of the annotation that asks for the end of a hold; None without it.
    """
    spec, hold = policy.spec, previous.hold
    if spec is not None:
        drifting_since = [member.drifting_since for member in members if member.drifting_since]
        released = release_request is not None and release_request != previous.last_handled_release_request
        hold = next_hold(spec, len(members), drifting_since, previous.hold, now, released=released)
    found = (*_validity(policy), _common_cause(spec, hold, now))
    told = next((finding.message for finding in reversed(found) if _needs_attention(finding)), None)
    return RetrainingPolicyStatus(
        observed_generation=policy.generation,
        conditions=set_conditions(previous.conditions, found, policy.generation, now),
        models=len(members),
        ready=sum(ConditionType.READY in member.true_conditions for member in members),
        training=sum(ConditionType.TRAINING in member.true_conditions for member in members),
        message=told[:1024] if told is not None else None,
        hold=hold,
        waiting=waiting,
        last_handled_release_request=release_request
        if spec and release_request
        else previous.last_handled_release_request,
    )


def _validity(policy: PolicyObject) -> tuple[Finding, Finding]:
    valid = policy.spec is not None
    return (
        Finding(
            type=ConditionType.READY,
            state="True" if valid else "False",
            reason=Reason.UP_TO_DATE if valid else Reason.INVALID_SPEC,
            message="the policy is in use" if valid else policy.spec_error or "the spec could not be read",
        ),
        Finding(
            type=ConditionType.STALLED,
            state="False" if valid else "True",
            reason=Reason.INVALID_SPEC,
            message=policy.spec_error or "",
        ),
    )


def _common_cause(spec: RetrainingPolicySpec | None, hold: CommonCauseHold | None, now: datetime) -> Finding:
    held = hold is not None and is_active(hold, now)
    return Finding(
        type=ConditionType.COMMON_CAUSE,
        state="True" if held else "False",
        reason=Reason.COMMON_CAUSE,
        message=explain_hold(hold, spec) if hold and held else "",
    )


def _needs_attention(finding: Finding) -> bool:
    return finding.type is not ConditionType.READY and finding.state == "True"

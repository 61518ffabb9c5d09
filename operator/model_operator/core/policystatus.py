"""The status of a RetrainingPolicy: what its models add up to."""

from collections.abc import Collection
from datetime import datetime

from model_operator.api.retrainingpolicy import RetrainingPolicyStatus
from model_operator.api.vocabulary import ConditionType, Reason
from model_operator.core.conditions import Finding, set_conditions
from model_operator.core.observed import PolicyObject


def policy_status_of(
    policy: PolicyObject, models: Collection[Collection[str]], previous: RetrainingPolicyStatus, now: datetime
) -> RetrainingPolicyStatus:
    """Counts of the models that name the policy, and whether its spec can be used.

    Args:
        policy: with its spec.
        models: for each model that names it, the types of its conditions that are True.
        previous: the status that is there.
        now: time of the pass.
    """
    valid = policy.spec is not None
    found = (
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
    return RetrainingPolicyStatus(
        observed_generation=policy.generation,
        conditions=set_conditions(previous.conditions, found, policy.generation, now),
        models=len(models),
        ready=sum(ConditionType.READY in true for true in models),
        training=sum(ConditionType.TRAINING in true for true in models),
        message=None if valid else (policy.spec_error or "")[:1024],
    )

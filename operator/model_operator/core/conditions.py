"""The only place where conditions are set: transition times move only when a status flips."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from model_operator.api.base import Condition
from model_operator.api.vocabulary import ConditionType, Reason
from model_operator.core.observed import Observation

State = Literal["True", "False", "Unknown"]
_ONLY_WHILE_TRUE = frozenset(  # kstatus: abnormal-true
    {ConditionType.RECONCILING, ConditionType.STALLED, ConditionType.COMMON_CAUSE}
)


class Finding(Observation):
    """What a condition shall say."""

    type: ConditionType
    state: State
    reason: Reason
    message: str


def set_conditions(
    previous: Iterable[Condition], findings: Iterable[Finding], generation: int, now: datetime
) -> tuple[Condition, ...]:
    """The conditions after this pass, in the order of the findings."""
    known = {condition.type: condition for condition in previous}
    conditions = []
    for finding in findings:
        if finding.type in _ONLY_WHILE_TRUE and finding.state != "True":
            continue
        before = known.get(finding.type)
        kept = before is not None and before.status == finding.state
        conditions.append(
            Condition(
                type=finding.type,
                status=finding.state,
                reason=finding.reason,
                message=finding.message[:4096],
                last_transition_time=before.last_transition_time if before is not None and kept else now,
                observed_generation=generation,
            )
        )
    return tuple(conditions)

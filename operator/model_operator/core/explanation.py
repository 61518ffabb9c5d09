"""Why a pass does nothing: one reason and one sentence, with what would have fired.

`core.reconcile` asks when there is neither a stage step to take nor a training to start.
"""

from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.stage_step import StageStep

# What a trigger that holds still has to say about the telemetry.
_NOTABLE = frozenset(
    {
        Reason.DRIFT_NOT_CONFIRMED,
        Reason.DRIFT_ALREADY_HANDLED,
        Reason.PERFORMANCE_ALREADY_HANDLED,
        Reason.DATA_QUALITY_ALREADY_HANDLED,
        Reason.EVALUATION_FAILED,
        Reason.SCHEDULE_MISSED,
        Reason.INSUFFICIENT_DATA,
        Reason.TELEMETRY_UNAVAILABLE,
        Reason.TELEMETRY_NOT_ALLOWED,
        Reason.TELEMETRY_UNREADABLE,
    }
)
_ABOUT_STALENESS = frozenset({"performance", "drift", "data-quality", "schedule"})
_TOLD_WITHOUT_A_TRIGGER = frozenset(
    {Reason.SUSPENDED, Reason.POLICY_SUSPENDED, Reason.DATA_ON_HOLD, Reason.NEEDS_HUMAN}
)
_TOLD_BESIDE_PRODUCTION = frozenset({Reason.AWAITING_APPROVAL, Reason.PINNED, Reason.VERSION_NOT_FOUND})


def say_why_nothing(
    trigger: Verdict | None,
    closed: Verdict | None,
    step: StageStep | None,
    triggers: tuple[Verdict, ...],
    *,
    serves: bool,
) -> tuple[Reason, str]:
    """The reason of a pass that does nothing, with what would have fired."""
    if closed is not None and closed.reason is Reason.TRAINING_IN_FLIGHT:
        return closed.reason, closed.message
    if trigger is not None and closed is not None:
        return closed.reason, f"{trigger.message}; waits: {closed.message}"
    if closed is not None and closed.reason in _TOLD_WITHOUT_A_TRIGGER:
        return closed.reason, closed.message
    still = "; ".join(
        verdict.message
        for verdict in triggers
        if verdict.check in _ABOUT_STALENESS and verdict.reason is not Reason.TRIGGER_DISABLED
    )
    notable = next((verdict.reason for verdict in triggers if verdict.reason in _NOTABLE), Reason.UP_TO_DATE)
    if step is None:
        return notable, still
    refused_beside_production = serves and step.reason not in _TOLD_BESIDE_PRODUCTION
    return notable if refused_beside_production else step.reason, f"{step.message}; {still}"

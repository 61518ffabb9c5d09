"""What the policy of the file is compared with: the one that the models have now, none at all, and a calendar."""

from typing import Final

from model_operator.api.retrainingpolicy import (
    DataQualityTrigger,
    DriftTrigger,
    PerformanceTrigger,
    RetrainingPolicySpec,
    Triggers,
)
from model_operator.api.schedule import ScheduleTrigger
from model_operator.core.observed import PolicyObject

MONTHLY: Final = "720h"


def compared(policy: PolicyObject, present: PolicyObject | None, title: str) -> dict[str, PolicyObject]:
    """The policies to replay, by the name under which they are shown; the one of the file first.

    Args:
        policy: of the file.
        present: that the models have now; None: not known.
        title: of the policy of the file.
    """
    spec = policy.spec or RetrainingPolicySpec()
    shown = {title: policy}
    if present is not None:
        shown["present"] = present
    shown["never"] = _with_triggers(policy, spec, ScheduleTrigger(enabled=False))
    shown["monthly"] = _with_triggers(policy, spec, ScheduleTrigger(interval=MONTHLY))
    return shown


def _with_triggers(policy: PolicyObject, spec: RetrainingPolicySpec, schedule: ScheduleTrigger) -> PolicyObject:
    """The policy with all triggers off but the schedule, and never suspended."""
    triggers = Triggers(
        performance=PerformanceTrigger(enabled=False),
        drift=DriftTrigger(
            enabled=False,
            reference_window=spec.triggers.drift.reference_window,
            current_window=spec.triggers.drift.current_window,
            min_samples=spec.triggers.drift.min_samples,
        ),
        data_quality=DataQualityTrigger(enabled=False),
        schedule=schedule,
    )
    changed = spec.model_copy(update={"triggers": triggers, "suspend": False})
    return policy.model_copy(update={"spec": changed})

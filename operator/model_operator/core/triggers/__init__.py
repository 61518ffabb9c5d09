"""Is the model stale, and why? One question per file, asked in a fixed order; all answers are kept."""

from datetime import datetime

from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodelstatus import Assessment
from model_operator.core.decision import Verdict
from model_operator.core.observed import Observed
from model_operator.core.triggers.drift import telemetry_drifted
from model_operator.core.triggers.initial import never_trained
from model_operator.core.triggers.manual import person_asked
from model_operator.core.triggers.schedule import schedule_due


def ask_triggers(
    observed: Observed, policy: RetrainingPolicySpec, assessment: Assessment | None, now: datetime
) -> tuple[Verdict, ...]:
    """The verdict of every trigger. The first that fires names the training."""
    return (
        person_asked(observed),  # annotation retrain-requested-at has a new value
        never_trained(observed),  # there is no version yet
        telemetry_drifted(
            observed, policy.triggers.drift, assessment
        ),  # two consecutive windows differ from the reference
        schedule_due(observed, policy.triggers.schedule, now),  # the newest version is old
    )

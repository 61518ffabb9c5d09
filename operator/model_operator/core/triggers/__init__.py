"""Is the model stale, and why? One question per file, asked in a fixed order; all answers are kept."""

from datetime import datetime

from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodelstatus import Assessment
from model_operator.core.assessment import why_on_hold
from model_operator.core.decision import Verdict
from model_operator.core.evaluation import EvaluationState
from model_operator.core.observed import Observed
from model_operator.core.triggers.data_quality import data_quality_breached
from model_operator.core.triggers.drift import telemetry_drifted
from model_operator.core.triggers.initial import never_trained
from model_operator.core.triggers.manual import person_asked
from model_operator.core.triggers.performance import performance_degraded
from model_operator.core.triggers.schedule import schedule_due


def ask_triggers(
    observed: Observed,
    policy: RetrainingPolicySpec,
    assessment: Assessment | None,
    evaluation: EvaluationState,
    now: datetime,
) -> tuple[Verdict, ...]:
    """The verdict of every trigger. The first that fires, and that no gate stops, names the training."""
    triggers = policy.triggers
    on_hold = why_on_hold(assessment, triggers.data_quality) is not None
    return (
        person_asked(observed),  # annotation retrain-requested-at has a new value
        never_trained(observed),  # there is no version yet
        performance_degraded(observed, triggers.performance, assessment, evaluation),  # it does worse than it did
        telemetry_drifted(
            observed, triggers.drift, assessment, on_hold=on_hold
        ),  # two windows differ from the reference
        data_quality_breached(
            observed, triggers.data_quality, assessment
        ),  # the telemetry is bad and onBreach: Retrain
        schedule_due(observed, triggers.schedule, now),  # the newest version is old, or its hour has come
    )

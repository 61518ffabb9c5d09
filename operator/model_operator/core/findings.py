"""What each condition of a SensorModel says, from observations alone. One function per condition."""

from model_operator.api.retrainingpolicy import QualityBreach, RetrainingPolicySpec
from model_operator.api.sensormodelstatus import Assessment, DecisionRecord, TrainingRecord
from model_operator.api.stagestatus import Stages
from model_operator.api.vocabulary import ConditionType, Reason
from model_operator.core.assessment import breaches, describe_quality, why_on_hold
from model_operator.core.conditions import Finding, State
from model_operator.core.drift_limits import drift_exceeds_limit
from model_operator.core.gates import no_gain
from model_operator.core.observed import Observed
from model_operator.core.stages import what_became_of_production
from model_operator.core.training import FAILURES, FAILURES_BEFORE_STALLED
from model_operator.core.triggers.drift import describe as describe_drift
from model_operator.core.triggers.performance import describe as describe_performance
from model_operator.core.triggers.performance import why_undetermined

NEEDS_A_PERSON = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.POLICY_NOT_FOUND,
        Reason.REGISTERED_MODEL_OWNED,
        Reason.VERSION_NOT_FOUND,
        Reason.PRODUCTION_GONE,
        Reason.JOB_REFUSED,
        Reason.JOB_NAME_TAKEN,
    }
)
_REFUSED = frozenset(
    {
        Reason.WORSE_THAN_NAIVE,
        Reason.WORSE_THAN_BASELINE,
        Reason.METRIC_MISSING,
        Reason.DATA_LEAKAGE,
        Reason.NOT_COMPARED,
    }
)
_WAITS_FOR_A_PERSON = frozenset({Reason.AWAITING_APPROVAL, Reason.SUSPENDED, Reason.POLICY_SUSPENDED})


def ready(observed: Observed, stages: Stages, last: DecisionRecord) -> Finding:
    """True while a Production version serves, whatever else goes on."""
    if stages.production is not None:
        since = f" since {stages.production.since:%Y-%m-%dT%H:%M:%SZ}" if stages.production.since else ""
        message = f"version {stages.production.version} is Production{since}"
        return _finding(ConditionType.READY, "True", Reason.UP_TO_DATE, message)
    if last.reason not in NEEDS_A_PERSON and (gone := _gone(observed)):
        return _finding(ConditionType.READY, "False", Reason.PRODUCTION_GONE, gone)
    told = NEEDS_A_PERSON | _REFUSED | _WAITS_FOR_A_PERSON | {Reason.REGISTRY_UNAVAILABLE}
    reason = last.reason if last.reason in told else Reason.AWAITING_FIRST_VERSION
    return _finding(ConditionType.READY, "False", reason, f"no version is Production: {last.message}")


def stalled(observed: Observed, stages: Stages, training: TrainingRecord | None, last: DecisionRecord) -> Finding:
    """True while nothing moves until a person acts."""
    if last.reason in NEEDS_A_PERSON:
        return _finding(ConditionType.STALLED, "True", last.reason, last.message)
    runs = training is not None and training.outcome is Reason.TRAINING_STARTED
    if not runs and (gone := _gone(observed)):
        return _finding(ConditionType.STALLED, "True", Reason.PRODUCTION_GONE, gone)
    if stages.production is None and last.reason in _REFUSED:
        return _finding(ConditionType.STALLED, "True", last.reason, last.message)
    if training is not None and training.outcome in FAILURES:
        hopeless = training.outcome is Reason.TRAINING_CANNOT_WORK
        if hopeless or training.failed_attempts >= FAILURES_BEFORE_STALLED:
            message = f"{training.failed_attempts} failed in a row, the last: {training.message}"
            return _finding(ConditionType.STALLED, "True", training.outcome, message)
    if fruitless := no_gain(observed.registry):
        return _finding(ConditionType.STALLED, "True", fruitless.reason, fruitless.message)
    return _finding(ConditionType.STALLED, "False", Reason.UP_TO_DATE, "")


def _gone(observed: Observed) -> str | None:
    return what_became_of_production(observed.registry) if observed.registry else None


def reconciling(stages: Stages, last: DecisionRecord, stuck: Finding) -> Finding:
    """True while the operator works towards the first Production version and nobody has to act."""
    waits = last.reason in _WAITS_FOR_A_PERSON
    if stages.production is not None or stuck.state == "True" or waits:
        return _finding(ConditionType.RECONCILING, "False", Reason.UP_TO_DATE, "")
    return _finding(ConditionType.RECONCILING, "True", Reason.AWAITING_FIRST_VERSION, last.message)


def training_state(training: TrainingRecord | None) -> Finding:
    """True while a Job of the model may give a version."""
    if training is None:
        return _finding(ConditionType.TRAINING, "False", Reason.TRAINING_IDLE, "no training yet")
    live = training.outcome is Reason.TRAINING_STARTED
    words = f"Job {training.job_name}, trigger {training.trigger}, attempt {training.attempt}"
    message = f"{words}: {training.message}" if training.message else words
    return _finding(ConditionType.TRAINING, "True" if live else "False", training.problem or training.outcome, message)


def data_healthy(assessment: Assessment | None, policy: RetrainingPolicySpec | None) -> Finding:
    """Whether the newest telemetry could be read, is good, and holds enough rows for a verdict."""
    kind = ConditionType.DATA_HEALTHY
    if assessment is None or policy is None:
        return _finding(kind, "Unknown", Reason.NOT_ASSESSED, "the telemetry was not read yet")
    quality, trigger = assessment.data_quality, policy.triggers.data_quality
    if quality is not None and breaches(assessment, trigger):
        reason = Reason.DATA_ON_HOLD if trigger.on_breach is QualityBreach.HOLD else Reason.DATA_QUALITY_BREACHED
        return _finding(kind, "False", reason, describe_quality(quality, trigger))
    if assessment.problem is not None:
        return _finding(kind, "False", assessment.problem, assessment.message or "")
    if quality is not None and quality.faults:
        return _finding(kind, "True", Reason.DATA_FAULTY, describe_quality(quality, trigger))
    if quality is not None:
        return _finding(kind, "True", Reason.DATA_READ, describe_quality(quality, trigger))
    if assessment.drift is None:
        return _finding(kind, "Unknown", Reason.NOT_ASSESSED, "the telemetry was not read yet")
    return _finding(
        kind, "True", Reason.DATA_READ, f"telemetry read up to {assessment.drift.window_end_time:%Y-%m-%dT%H:%MZ}"
    )


def drift_detected(observed: Observed, assessment: Assessment | None, policy: RetrainingPolicySpec | None) -> Finding:
    """Whether drift from the Production version's profile is confirmed."""
    kind = ConditionType.DRIFT_DETECTED
    found = assessment.drift if assessment else None
    production = observed.registry.production if observed.registry else None
    if policy is not None and why_on_hold(assessment, policy.triggers.data_quality):
        return _finding(kind, "Unknown", Reason.DATA_ON_HOLD, "no verdict about drift while the telemetry is bad")
    if found is None or policy is None or (production is not None and found.reference_version != production):
        return _finding(kind, "Unknown", Reason.NOT_ASSESSED, "not compared with Production yet")
    drift = policy.triggers.drift
    if found.confirmed:
        return _finding(kind, "True", Reason.DRIFT_DETECTED, describe_drift(found, drift))
    exceeds = drift_exceeds_limit(found.severity, float(found.score), drift)
    reason = Reason.DRIFT_NOT_CONFIRMED if exceeds else Reason.NO_DRIFT
    return _finding(kind, "False", reason, describe_drift(found, drift))


def performance_degraded(
    observed: Observed, assessment: Assessment | None, policy: RetrainingPolicySpec | None
) -> Finding:
    """Whether the Production version does worse than the policy allows."""
    kind = ConditionType.PERFORMANCE_DEGRADED
    found = assessment.performance if assessment else None
    registry = observed.registry
    production = registry.version(registry.production) if registry else None
    if policy is not None and not policy.triggers.performance.enabled:
        return _finding(kind, "Unknown", Reason.TRIGGER_DISABLED, "triggers.performance.enabled is false")
    if found is None or policy is None or (production is not None and found.version != production.version):
        return _finding(kind, "Unknown", Reason.NOT_ASSESSED, "Production was not scored since it was registered")
    trigger = policy.triggers.performance
    if production is not None and (undetermined := why_undetermined(found, trigger, production)):
        message = f"{trigger.metric} cannot be determined: {undetermined}"
        return _finding(kind, "Unknown", Reason.CANNOT_DETERMINE, message)
    if found.degraded:
        return _finding(kind, "True", Reason.PERFORMANCE_DEGRADED, describe_performance(found, trigger))
    return _finding(kind, "False", Reason.PERFORMANCE_KEPT, describe_performance(found, trigger))


def registry_in_sync(observed: Observed, last: DecisionRecord) -> Finding:
    """Whether MLflow was read and holds what the operator put there."""
    if last.reason is Reason.REGISTRY_UNAVAILABLE:
        return _finding(ConditionType.REGISTRY_IN_SYNC, "False", last.reason, last.message)
    if observed.registry is None:
        message = observed.registry_problem or "the registry was not read yet"
        reason = Reason.REGISTRY_UNAVAILABLE if observed.registry_problem else Reason.REGISTRY_NOT_READ
        return _finding(
            ConditionType.REGISTRY_IN_SYNC, "False" if observed.registry_problem else "Unknown", reason, message
        )
    if last.reason is Reason.REGISTERED_MODEL_OWNED:
        return _finding(ConditionType.REGISTRY_IN_SYNC, "False", last.reason, last.message)
    return _finding(
        ConditionType.REGISTRY_IN_SYNC, "True", Reason.IN_SYNC, f"registered model {observed.registry.name}"
    )


def _finding(kind: ConditionType, state: State, reason: Reason, message: str) -> Finding:
    return Finding(type=kind, state=state, reason=reason, message=message)

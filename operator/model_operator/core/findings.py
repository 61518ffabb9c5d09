"""What each condition of a SensorModel says, from observations alone. One function per condition."""

from model_operator.api.retrainingpolicy import DriftTrigger
from model_operator.api.sensormodelstatus import Assessment, DecisionRecord, Stages, TrainingRecord
from model_operator.api.vocabulary import ConditionType, Reason
from model_operator.core.conditions import Finding, State
from model_operator.core.observed import Observed
from model_operator.core.training import FAILURES, FAILURES_BEFORE_STALLED
from model_operator.core.triggers.drift import describe, drift_exceeds_limit

NEEDS_A_PERSON = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.POLICY_NOT_FOUND,
        Reason.REGISTERED_MODEL_OWNED,
        Reason.VERSION_NOT_FOUND,
        Reason.JOB_REFUSED,
        Reason.JOB_NAME_TAKEN,
    }
)
_REFUSED = frozenset({Reason.WORSE_THAN_NAIVE, Reason.METRIC_MISSING})
_WAITS_FOR_A_PERSON = frozenset({Reason.AWAITING_APPROVAL, Reason.SUSPENDED, Reason.POLICY_SUSPENDED})


def ready(stages: Stages, last: DecisionRecord) -> Finding:
    """True while a Production version serves, whatever else goes on."""
    if stages.production is not None:
        since = f" since {stages.production.since:%Y-%m-%dT%H:%M:%SZ}" if stages.production.since else ""
        message = f"version {stages.production.version} is Production{since}"
        return _finding(ConditionType.READY, "True", Reason.UP_TO_DATE, message)
    told = NEEDS_A_PERSON | _REFUSED | _WAITS_FOR_A_PERSON | {Reason.REGISTRY_UNAVAILABLE}
    reason = last.reason if last.reason in told else Reason.AWAITING_FIRST_VERSION
    return _finding(ConditionType.READY, "False", reason, f"no version is Production: {last.message}")


def stalled(stages: Stages, training: TrainingRecord | None, last: DecisionRecord) -> Finding:
    """True while nothing moves until a person acts."""
    refused_first = stages.production is None and last.reason in _REFUSED
    if last.reason in NEEDS_A_PERSON or refused_first:
        return _finding(ConditionType.STALLED, "True", last.reason, last.message)
    if training is not None and training.outcome in FAILURES:
        hopeless = training.outcome is Reason.TRAINING_CANNOT_WORK
        if hopeless or training.failed_attempts >= FAILURES_BEFORE_STALLED:
            message = f"{training.failed_attempts} failed in a row, the last: {training.message}"
            return _finding(ConditionType.STALLED, "True", training.outcome, message)
    return _finding(ConditionType.STALLED, "False", Reason.UP_TO_DATE, "")


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


def data_healthy(assessment: Assessment | None) -> Finding:
    """Whether the newest telemetry could be read and holds enough rows for a verdict."""
    if assessment is None:
        return _finding(ConditionType.DATA_HEALTHY, "Unknown", Reason.NOT_ASSESSED, "the telemetry was not read yet")
    if assessment.problem is not None:
        return _finding(ConditionType.DATA_HEALTHY, "False", assessment.problem, assessment.message or "")
    found = assessment.drift
    until = f"read up to {found.window_end_time:%Y-%m-%dT%H:%MZ}" if found else "read"
    return _finding(ConditionType.DATA_HEALTHY, "True", Reason.DATA_READ, f"telemetry {until}")


def drift_detected(observed: Observed, assessment: Assessment | None, drift: DriftTrigger | None) -> Finding:
    """Whether drift from the Production version's profile is confirmed."""
    found = assessment.drift if assessment else None
    production = observed.registry.production if observed.registry else None
    if found is None or drift is None or (production is not None and found.reference_version != production):
        return _finding(
            ConditionType.DRIFT_DETECTED, "Unknown", Reason.NOT_ASSESSED, "not compared with Production yet"
        )
    if found.confirmed:
        return _finding(ConditionType.DRIFT_DETECTED, "True", Reason.DRIFT_DETECTED, describe(found, drift))
    exceeds = drift_exceeds_limit(found.severity, float(found.score), drift)
    reason = Reason.DRIFT_NOT_CONFIRMED if exceeds else Reason.NO_DRIFT
    return _finding(ConditionType.DRIFT_DETECTED, "False", reason, describe(found, drift))


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

"""The Production version does worse on new telemetry than it did when it was promoted."""

from datetime import datetime

from model_contract.keys import Subject
from model_contract.task import TriggerKind
from model_operator.api.base import format_window
from model_operator.api.retrainingpolicy import PerformanceTrigger
from model_operator.api.sensormodelstatus import Assessment, PerformanceAssessment
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.evaluation import EvaluationState
from model_operator.core.kpis import kpi_of
from model_operator.core.observed import Observed, Version
from model_operator.core.performance import OF_DETECTION, RISES_TO_ONE


def performance_degraded(
    observed: Observed, trigger: PerformanceTrigger, assessment: Assessment | None, evaluation: EvaluationState
) -> Verdict:
    """Fires when the newest evaluation is worse than the policy allows, on a window that no version has learnt.

    Args:
        observed: the snapshot.
        trigger: the policy's limits.
        assessment: with the newest evaluation of the Production version.
        evaluation: where evaluations stand.
    """
    if not trigger.enabled:
        return _verdict(Reason.TRIGGER_DISABLED, "triggers.performance.enabled is false")
    registry = observed.registry
    production = registry.version(registry.production) if registry else None
    if registry is None or production is None:
        return _verdict(Reason.NO_VERSION, "there is no Production version to score")
    found = assessment.performance if assessment else None
    until = evaluation.next_at
    if evaluation.failure:
        return _verdict(Reason.EVALUATION_FAILED, f"performance is not known: {evaluation.failure}", until=until)
    if found is None or found.version != production.version:
        return _verdict(Reason.NOT_ASSESSED, f"version {production.version} {_what_comes(evaluation)}", until=until)
    if undetermined := why_undetermined(found, trigger, production):
        return _verdict(Reason.CANNOT_DETERMINE, f"{trigger.metric} cannot be determined: {undetermined}", until=until)
    sentence = describe(found, trigger)
    if not found.degraded:
        return _verdict(Reason.PERFORMANCE_KEPT, sentence, until=until)
    if learnt := registry.version_that_learnt(found.window_end_time):
        message = f"{sentence}; version {learnt.version} was trained on this window"
        return _verdict(Reason.PERFORMANCE_ALREADY_HANDLED, message, until=until)
    identity = f"{found.version}/{found.window_end_time.isoformat()}/{trigger.metric}"
    return _verdict(Reason.PERFORMANCE_DEGRADED, sentence, identity, until=until)


def describe(found: PerformanceAssessment, trigger: PerformanceTrigger) -> str:
    """The sentence with all numbers that decide."""
    window = format_window(found.window_start_time, found.window_end_time)
    parts = [f"{found.metric} {found.value or 'unknown'} of version {found.version} on {window}"]
    if found.baseline is not None and found.degradation_percent is not None:
        loss = float(found.degradation_percent)
        change = f"{loss:.1f} % worse" if loss > 0 else f"{-loss:.1f} % better"
        limit = f"(at most {trigger.max_degradation_percent} % worse is allowed)"
        parts.append(f"{change} than {found.baseline} at promotion {limit}")
    if trigger.metric in RISES_TO_ONE:
        parts.append(f"at least {trigger.minimum_percent / 100:.2f} is required")
    return ", ".join(parts)


def _what_comes(evaluation: EvaluationState) -> str:
    if evaluation.in_flight:
        return f"is being scored by Job {evaluation.in_flight}"
    when = f", at the earliest at {evaluation.next_at:%Y-%m-%dT%H:%MZ}" if evaluation.next_at else ""
    return f"was not scored since it was registered; that needs telemetry that it has not learnt{when}"


def why_undetermined(found: PerformanceAssessment, trigger: PerformanceTrigger, production: Version) -> str | None:
    """Why the policy's metric has no verdict, and what would give one; None when it has."""
    if found.metric is not trigger.metric or found.value is None:
        labels = (
            " (give spec.telemetry.labels, or judge an error such as RMSE)" if trigger.metric in OF_DETECTION else ""
        )
        return (found.message or f"the evaluation of {found.evaluated_time:%Y-%m-%dT%H:%MZ} has no such value") + labels
    if kpi_of(production, Subject.CANDIDATE, trigger.metric) is None and trigger.metric not in RISES_TO_ONE:
        return f"run {production.run_id} holds no {trigger.metric} from before its promotion to compare with"
    return None


def _verdict(reason: Reason, message: str, identity: str = "", *, until: datetime | None = None) -> Verdict:
    return Verdict(
        check="performance",
        fires=bool(identity),
        reason=reason,
        message=message,
        trigger=TriggerKind.PERFORMANCE,
        identity=identity,
        until=until,
    )

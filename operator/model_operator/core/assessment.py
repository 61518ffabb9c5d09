"""The newest knowledge about a model's telemetry and performance, as the status tells it and triggers read it.

`core.reconcile` and `core.status` ask. What a worker process measured in this pass comes first, else the status still
holds; the performance comes from the records that evaluation Jobs left with the Production version.
"""

from datetime import datetime

from model_contract.quality.report import QualityReport
from model_operator.api.base import format_window
from model_operator.api.retrainingpolicy import DataQualityTrigger, QualityBreach, RetrainingPolicySpec
from model_operator.api.sensormodelstatus import (
    Assessment,
    DriftAssessment,
    QualityAssessment,
    QualityFaultRecord,
)
from model_operator.api.vocabulary import Reason
from model_operator.core.drift_limits import drift_is_confirmed
from model_operator.core.observed import Measurement, Observed
from model_operator.core.performance import assess_performance

_CANNOT_BE_READ = frozenset({Reason.TELEMETRY_UNAVAILABLE, Reason.TELEMETRY_UNREADABLE})
_MOST_FAULTS = 8
_FAULTS_TOLD = 3
_MOST_COLUMNS = 5


def newest_assessment(observed: Observed, policy: RetrainingPolicySpec, now: datetime) -> Assessment | None:
    """This pass's measurement, or the one in the status; its time moves only when something else does."""
    known = observed.model.previous.assessment
    fresh = _measured(observed.measurement, policy, now) if observed.measurement else known
    version = observed.registry.version(observed.registry.production) if observed.registry else None
    performance = assess_performance(version, policy.triggers.performance) if version else None
    if observed.registry is None and known:
        performance = known.performance
    if fresh is None:
        fresh = Assessment(time=now) if performance else None
    if fresh is None:
        return None
    fresh = fresh.model_copy(update={"performance": performance})
    return known if known and known.model_copy(update={"time": fresh.time}) == fresh else fresh


def why_on_hold(assessment: Assessment | None, data_quality: DataQualityTrigger) -> str | None:
    """Why nothing is trained or promoted; None when the telemetry is good enough, unknown, or nothing shall hold.

    Telemetry that was there and cannot be read any more holds like bad telemetry. What the operator may not read does
    not: the trainer may.
    """
    if not data_quality.enabled or data_quality.on_breach is not QualityBreach.HOLD or assessment is None:
        return None
    if bad := breaches(assessment, data_quality):
        return describe_quality(bad, data_quality)
    unread = assessment.data_quality is None and assessment.problem in _CANNOT_BE_READ
    return assessment.message or str(assessment.problem) if unread else None


def breaches(assessment: Assessment | None, data_quality: DataQualityTrigger) -> QualityAssessment | None:
    """The quality that is below the policy's minimum; None otherwise."""
    found = assessment.data_quality if assessment else None
    if not data_quality.enabled or found is None or found.score_percent >= data_quality.min_score_percent:
        return None
    return found


def describe_quality(found: QualityAssessment, trigger: DataQualityTrigger) -> str:
    """The sentence with all numbers that decide, and the costliest faults."""
    relation = "<" if found.score_percent < trigger.min_score_percent else ">="
    window = f"window {format_window(found.window_start_time, found.window_end_time)}"
    told = [f"{fault.message} (-{fault.points})" for fault in found.faults[:_FAULTS_TOLD]]
    more = len(found.faults) - len(told)
    faults = ": " + "; ".join([*told, *([f"{more} more"] if more > 0 else [])]) if told else ""
    return f"data quality {found.score_percent} % {relation} {trigger.min_score_percent} % in {window}{faults}"


def _measured(measurement: Measurement, policy: RetrainingPolicySpec, now: datetime) -> Assessment:
    return Assessment(
        time=now,
        drift=_drift(measurement, policy),
        data_quality=_quality(measurement.quality) if measurement.quality else None,
        newest_row_time=measurement.newest_row,
        labels_digest=measurement.labels_digest and measurement.labels_digest[:64],
        problem=measurement.problem,
        message=measurement.message[:1024] or None,
    )


def _drift(measurement: Measurement, policy: RetrainingPolicySpec) -> DriftAssessment | None:
    current, previous, drift = measurement.current, measurement.previous, policy.triggers.drift
    if current is None:
        return None
    smallest = current.smallest_detectable_shift
    return DriftAssessment(
        score=f"{current.score:.2f}",
        severity=current.severity,
        confirmed=drift_is_confirmed(current, previous, drift),
        statistic=current.statistic[:1024],
        window_start_time=current.start,
        window_end_time=current.end,
        previous_score=f"{previous.score:.2f}" if previous else None,
        previous_severity=previous.severity if previous else None,
        top_columns=tuple(column[:64] for column in current.top_columns[:_MOST_COLUMNS]),
        profile_digest=(measurement.profile_digest or "")[:64],
        reference_version=measurement.reference_version,
        smallest_detectable_shift=f"{smallest:.2f}" if smallest is not None else None,
        described=current.described,
    )


def _quality(report: QualityReport) -> QualityAssessment:
    return QualityAssessment(
        score_percent=report.score_percent,
        faults=tuple(
            QualityFaultRecord(
                check=fault.check,
                column=fault.column and fault.column[:128],
                points=round(fault.points),
                message=fault.message[:256],
            )
            for fault in report.faults[:_MOST_FAULTS]
        ),
        window_start_time=report.start,
        window_end_time=report.end,
    )

"""The telemetry differs from what the Production version was trained on, in two consecutive windows or beyond doubt.

The statistics come from a worker process (`model_contract.drift`); here they only meet the policy's limits.
"""

from datetime import datetime

from model_contract.task import TriggerKind
from model_operator.api.retrainingpolicy import DriftTrigger
from model_operator.api.sensormodelstatus import Assessment, DriftAssessment
from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.decision import Verdict
from model_operator.core.observed import Measurement, Observed, WindowDrift

_ORDER = list(Severity)


def drift_exceeds_limit(severity: Severity, score: float, drift: DriftTrigger) -> bool:
    """Whether one window counts: both the severity and the score reach their limit."""
    return (
        _ORDER.index(severity) >= _ORDER.index(drift.severity_threshold.severity) and score * 100 >= drift.score_percent
    )


def drift_is_confirmed(current: WindowDrift, previous: WindowDrift | None, drift: DriftTrigger) -> bool:
    """Two consecutive windows count, or the current one is Critical (measured on clean data: 0 of 955 windows)."""
    if not drift_exceeds_limit(current.severity, current.score, drift):
        return False
    if current.severity is Severity.CRITICAL:
        return True
    return previous is not None and drift_exceeds_limit(previous.severity, previous.score, drift)


def assess(measurement: Measurement, drift: DriftTrigger, now: datetime) -> Assessment:
    """A measurement as it is written into the status."""
    current, previous = measurement.current, measurement.previous
    if current is None:
        return Assessment(time=now, problem=measurement.problem, message=measurement.message[:1024] or None)
    return Assessment(
        time=now,
        drift=DriftAssessment(
            score=f"{current.score:.2f}",
            severity=current.severity,
            confirmed=drift_is_confirmed(current, previous, drift),
            statistic=current.statistic[:1024],
            window_start_time=current.start,
            window_end_time=current.end,
            previous_score=f"{previous.score:.2f}" if previous else None,
            previous_severity=previous.severity if previous else None,
            top_columns=tuple(column[:64] for column in current.top_columns[:5]),
            profile_digest=(measurement.profile_digest or "")[:64],
            reference_version=measurement.reference_version,
        ),
        message=measurement.message[:1024] or None,
    )


def newest_assessment(observed: Observed, drift: DriftTrigger, now: datetime) -> Assessment | None:
    """This pass's measurement, or the one in the status as long as it says the same or is about the same version."""
    known = observed.model.previous.assessment
    if observed.measurement is None:
        return known
    fresh = assess(observed.measurement, drift, now)
    return known if known and known.model_copy(update={"time": now}) == fresh else fresh


def telemetry_drifted(observed: Observed, drift: DriftTrigger, assessment: Assessment | None) -> Verdict:
    """Fires when drift from the Production version's profile is confirmed in windows that no version has learnt."""
    if not drift.enabled:
        return _verdict(Reason.TRIGGER_DISABLED, "triggers.drift.enabled is false")
    registry = observed.registry
    production = registry.version(registry.production) if registry else None
    if production is None:
        return _verdict(Reason.NO_VERSION, "there is no Production version to compare with")
    if production.drift_profile_digest is None:
        return _verdict(Reason.NO_DRIFT_PROFILE, f"version {production.version} was registered without a drift profile")
    if assessment and assessment.problem:
        return _verdict(assessment.problem, assessment.message or "the telemetry could not be judged")
    found = assessment.drift if assessment else None
    if found is None or found.reference_version != production.version:
        return _verdict(Reason.NOT_ASSESSED, f"not yet compared with version {production.version}")
    sentence = describe(found, drift)
    if not found.confirmed:
        exceeds = drift_exceeds_limit(found.severity, float(found.score), drift)
        return _verdict(Reason.DRIFT_NOT_CONFIRMED if exceeds else Reason.NO_DRIFT, sentence)
    versions = registry.versions if registry else ()
    learnt = next((v.version for v in versions if v.data_end and v.data_end >= found.window_end_time), None)
    if learnt:
        return _verdict(Reason.DRIFT_ALREADY_HANDLED, f"{sentence}; version {learnt} was trained on this window")
    return _verdict(Reason.DRIFT_DETECTED, sentence, f"{found.window_end_time.isoformat()}/{found.profile_digest[:12]}")


def describe(found: DriftAssessment, drift: DriftTrigger) -> str:
    """The sentence with all numbers that decide."""
    relation = ">=" if float(found.score) * 100 >= drift.score_percent else "<"
    window = f"window {found.window_start_time:%Y-%m-%dT%H:%M} to {found.window_end_time:%Y-%m-%dT%H:%MZ}"
    before = f", window before {found.previous_score} ({found.previous_severity})" if found.previous_score else ""
    limit = f"{drift.score_percent / 100:.2f} ({found.severity}, limit {drift.severity_threshold})"
    return f"drift {found.score} {relation} {limit} in {window}{before}: {found.statistic}"


def _verdict(reason: Reason, message: str, identity: str = "") -> Verdict:
    return Verdict(
        check="drift",
        fires=bool(identity),
        reason=reason,
        message=message,
        trigger=TriggerKind.DRIFT,
        identity=identity,
    )

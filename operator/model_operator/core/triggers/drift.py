"""The telemetry differs from what the Production version was trained on, in two consecutive windows or beyond doubt.

The statistics come from a worker process (`model_contract.drift`), the limits from the policy (`core.drift_limits`).
"""

from model_contract.task import TriggerKind
from model_operator.api.base import format_window
from model_operator.api.retrainingpolicy import DriftTrigger
from model_operator.api.sensormodelstatus import Assessment, DriftAssessment
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.drift_limits import drift_exceeds_limit
from model_operator.core.observed import Observed, RegisteredModel


def telemetry_drifted(
    observed: Observed, drift: DriftTrigger, assessment: Assessment | None, *, on_hold: bool = False
) -> Verdict:
    """Fires when drift from the Production version's profile is confirmed in windows that no version has learnt."""
    if not drift.enabled:
        return _verdict(Reason.TRIGGER_DISABLED, "triggers.drift.enabled is false")
    registry = observed.registry
    production = registry.version(registry.production) if registry else None
    if registry is None or production is None:
        return _verdict(Reason.NO_VERSION, "there is no Production version to compare with")
    if production.drift_profile_digest is None:
        return _verdict(Reason.NO_DRIFT_PROFILE, f"version {production.version} was registered without a drift profile")
    if on_hold:
        return _verdict(Reason.DATA_ON_HOLD, "no verdict about drift while the telemetry is bad")
    if assessment and assessment.problem:
        return _verdict(assessment.problem, assessment.message or "the telemetry could not be judged")
    found = assessment.drift if assessment else None
    if found is None or found.reference_version != production.version:
        return _verdict(Reason.NOT_ASSESSED, f"not yet compared with version {production.version}")
    return _judge(found, drift, registry)


def _judge(found: DriftAssessment, drift: DriftTrigger, registry: RegisteredModel) -> Verdict:
    sentence = describe(found, drift)
    if not found.confirmed:
        exceeds = drift_exceeds_limit(found.severity, float(found.score), drift)
        return _verdict(Reason.DRIFT_NOT_CONFIRMED if exceeds else Reason.NO_DRIFT, sentence)
    if learnt := registry.version_that_learnt(found.window_end_time):
        message = f"{sentence}; version {learnt.version} was trained on this window"
        return _verdict(Reason.DRIFT_ALREADY_HANDLED, message)
    return _verdict(Reason.DRIFT_DETECTED, sentence, f"{found.window_end_time.isoformat()}/{found.profile_digest[:12]}")


def describe(found: DriftAssessment, drift: DriftTrigger) -> str:
    """The sentence with all numbers that decide."""
    relation = ">=" if float(found.score) * 100 >= drift.score_percent else "<"
    window = f"window {format_window(found.window_start_time, found.window_end_time)}"
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

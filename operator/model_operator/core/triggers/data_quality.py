"""The telemetry is bad, and the policy wants a training for that (`onBreach: Retrain`).

With `onBreach: Hold` bad telemetry closes a gate instead (`core.gates.data_on_hold`), and this trigger never fires.
"""

from model_contract.task import TriggerKind
from model_operator.api.retrainingpolicy import DataQualityTrigger, QualityBreach
from model_operator.api.sensormodelstatus import Assessment
from model_operator.api.vocabulary import Reason
from model_operator.core.assessment import breaches, describe_quality
from model_operator.core.decision import Verdict
from model_operator.core.observed import Observed


def data_quality_breached(observed: Observed, trigger: DataQualityTrigger, assessment: Assessment | None) -> Verdict:
    """Fires once per window whose score is below the minimum, when the policy says Retrain."""
    if not trigger.enabled:
        return _verdict(Reason.TRIGGER_DISABLED, "triggers.dataQuality.enabled is false")
    found = assessment.data_quality if assessment else None
    if found is None:
        return _verdict(Reason.NOT_ASSESSED, "the quality of the telemetry was not judged yet")
    sentence = describe_quality(found, trigger)
    if breaches(assessment, trigger) is None:
        return _verdict(Reason.DATA_QUALITY_SUFFICIENT, sentence)
    if trigger.on_breach is QualityBreach.HOLD:
        return _verdict(Reason.DATA_ON_HOLD, f"{sentence}; onBreach is Hold")
    learnt = observed.registry.version_that_learnt(found.window_end_time) if observed.registry else None
    if learnt:
        message = f"{sentence}; version {learnt.version} was trained on this window"
        return _verdict(Reason.DATA_QUALITY_ALREADY_HANDLED, message)
    return _verdict(Reason.DATA_QUALITY_BREACHED, sentence, f"{found.window_end_time.isoformat()}/quality")


def _verdict(reason: Reason, message: str, identity: str = "") -> Verdict:
    return Verdict(
        check="data-quality",
        fires=bool(identity),
        reason=reason,
        message=message,
        trigger=TriggerKind.DATA_QUALITY,
        identity=identity,
    )

"""A person asks: the annotation `sensormodel.io/retrain-requested-at` has a value that was not acted on."""

from model_contract.task import TriggerKind
from model_operator.api.requests import RETRAIN_REQUEST, request_in
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.identity import decision_id
from model_operator.core.observed import Observed


def request_was_handled(observed: Observed, value: str) -> bool:
    """Whether the value was acted on: the status says so, or the Job or version that it led to is there."""
    wanted = decision_id(observed.model.uid, TriggerKind.MANUAL, value)
    versions = observed.registry.versions if observed.registry else ()
    return (
        observed.model.previous.last_handled_retrain_request == value
        or any(job.decision_id == wanted for job in observed.jobs)
        or any(version.decision_id == wanted for version in versions)
    )


def person_asked(observed: Observed) -> Verdict:
    """Fires once for each new value of the annotation."""
    value = request_in(observed.model.annotations, RETRAIN_REQUEST)
    if value is None:
        return _verdict(Reason.NOT_REQUESTED, f"no annotation {RETRAIN_REQUEST}")
    if request_was_handled(observed, value):
        return _verdict(Reason.REQUEST_HANDLED, f"request {value!r} was acted on already")
    return _verdict(Reason.RETRAIN_REQUESTED, f"a person asked: {RETRAIN_REQUEST}={value!r}", identity=value)


def _verdict(reason: Reason, message: str, identity: str = "") -> Verdict:
    return Verdict(
        check="manual",
        fires=bool(identity),
        reason=reason,
        message=message,
        trigger=TriggerKind.MANUAL,
        identity=identity,
    )

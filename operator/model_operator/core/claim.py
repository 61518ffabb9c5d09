"""Who comes first when more models want to train than there are places.

`shell.observe` makes the claim of a model before each decision, `shell.budget` keeps waiting models in this order. It
is the same after a restart, because all that it depends on stands in the status.
"""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from model_operator.api.requests import RETRAIN_REQUEST, request_in
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.observed import Measurement, SensorModelObject


class Urgency(IntEnum):
    """Why a model wants a place, most urgent first."""

    REQUEST = 0  # a person waits for it
    CRITICAL = 1
    HIGH = 2
    MODERATE = 3
    OTHER = 4  # a training without drift
    EVALUATION = 5  # nothing but the score of a version that serves already


class Claim(NamedTuple):
    """The place of a model in line: by urgency, then by the time for which it has been waiting."""

    urgency: Urgency
    since: datetime


PROMOTED_EVERY: Final = timedelta(hours=24)  # of waiting, by one step up to Critical: then nobody waits for ever
_BY_SEVERITY: Final = {
    Severity.CRITICAL: Urgency.CRITICAL,
    Severity.HIGH: Urgency.HIGH,
    Severity.MODERATE: Urgency.MODERATE,
}


def claim_of(model: SensorModelObject, measurement: Measurement | None, now: datetime) -> Claim:
    """The claim of a model to the next place for a training.

    Args:
        model: with the status that tells since when it waits.
        measurement: of this pass; None: the status still holds.
        now: since when it waits if it did not wait before.
    """
    return Claim(_urgency(model, measurement), waits_since(model.previous) or now)


def after_waiting(urgency: Urgency, waited: timedelta) -> Urgency:
    """The urgency of a model that has waited so long; only a person's request comes before all who waited for days."""
    steps = waited // PROMOTED_EVERY
    return urgency if steps <= 0 else Urgency(max(urgency - steps, min(urgency, Urgency.CRITICAL)))


def waits_since(status: SensorModelStatus) -> datetime | None:
    """Since when a model has been waiting for a place, as its status tells it; None: it does not wait."""
    last = status.last_decision
    return last.time if last is not None and last.reason is Reason.BUDGET_EXHAUSTED else None


def _urgency(model: SensorModelObject, measurement: Measurement | None) -> Urgency:
    request = request_in(model.annotations, RETRAIN_REQUEST)
    if request and request != model.previous.last_handled_retrain_request:
        return Urgency.REQUEST
    told = model.previous.assessment.drift if model.previous.assessment else None
    judged = measurement.current if measurement else told
    return _BY_SEVERITY.get(judged.severity, Urgency.OTHER) if judged else Urgency.OTHER

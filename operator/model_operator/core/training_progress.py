"""How far a training is, as the status shows it: while it runs what it says, afterwards how far it came."""

from datetime import timedelta
from typing import Any

from model_contract.progress import TrainingProgress
from model_operator.api.base import format_decimal
from model_operator.api.sensormodelstatus import TrainingRecord
from model_operator.api.vocabulary import Reason


def progress_fields(outcome: Reason, said: TrainingProgress | None, known: TrainingRecord | None) -> dict[str, Any]:
    """The fields of a `TrainingRecord` that tell its progress.

    Args:
        outcome: of the training.
        said: what it says now; None: nothing, or it is not known yet.
        known: the record of the same training in the status.
    """
    if outcome is not Reason.TRAINING_STARTED:
        return _at_the_end(outcome, known)
    if said is None:
        return _kept(known, "progress_percent", "step", "loss", "estimated_end_time")
    return {
        "progress_percent": said.percent,
        "step": said.step,
        "loss": None if said.loss is None else format_decimal(said.loss),
        "estimated_end_time": None
        if said.eta_seconds is None
        else said.time + timedelta(seconds=int(said.eta_seconds)),
    }


def describe_progress(training: TrainingRecord) -> str:
    """How far it is, such as `43 % (Fitting), loss 0.0123, done about 14:05:00Z`; empty where nothing is known."""
    if training.progress_percent is None:
        return ""
    step = f" ({training.step})" if training.step else ""
    loss = f", loss {training.loss}" if training.loss else ""
    end = training.estimated_end_time
    return f"{training.progress_percent} %{step}{loss}" + (f", done about {end:%H:%M:%SZ}" if end else "")


def _at_the_end(outcome: Reason, known: TrainingRecord | None) -> dict[str, Any]:
    """A training that succeeded is done; of one that failed, how far it came stays."""
    if outcome is Reason.TRAINING_SUCCEEDED:
        return _kept(known, "loss") | {"progress_percent": 100}
    return _kept(known, "progress_percent", "step", "loss")


def _kept(known: TrainingRecord | None, *fields: str) -> dict[str, Any]:
    return {field: getattr(known, field) for field in fields} if known else {}

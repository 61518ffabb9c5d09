"""Writes the last word of a Job where the kubelet picks it up: the container's termination message."""

import logging
import sys
from pathlib import Path

from model_contract.result import MAX_BYTES, JobOutcome, ReproductionSucceeded, TrainingFailed
from model_trainer.errors import TrainingEnded

logger = logging.getLogger(__name__)

_CUT = " … (cut)"
_LONGEST_MESSAGE = 2048


def failure(ended: TrainingEnded) -> TrainingFailed:
    """The outcome of a Job that ended without a version or a score, short enough for a termination message."""
    message = ended.message if len(ended.message) <= _LONGEST_MESSAGE else _shortened(ended.message, _LONGEST_MESSAGE)
    outcome = TrainingFailed(reason=ended.reason, message=message)
    while len(outcome.to_json().encode()) > MAX_BYTES:  # characters of several bytes, or escaped ones
        outcome = TrainingFailed(
            reason=ended.reason, message=_shortened(outcome.message, len(outcome.message) * 3 // 4)
        )
    return outcome


def write_outcome(outcome: JobOutcome, path: Path) -> None:
    """Write the outcome as JSON; where the file cannot be written, standard error has to do.

    Differences that do not fit stand in the tags and artifacts of the run.
    """
    while isinstance(outcome, ReproductionSucceeded) and len(outcome.to_json().encode()) > MAX_BYTES:
        outcome = outcome.model_copy(update={"differences": outcome.differences[:-1]})
    text = outcome.to_json()
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        logger.warning("the termination message cannot be written", extra={"path": str(path), "error": str(error)})
        sys.stderr.write(f"{text}\n")


def _shortened(message: str, length: int) -> str:
    return message.removesuffix(_CUT)[: length - len(_CUT)] + _CUT

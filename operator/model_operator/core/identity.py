"""Names that follow from what happened, so that doing a thing twice is seen as the same thing."""

from hashlib import sha256

from model_contract.task import TaskKind, TriggerKind

MAX_JOB_NAME = 63
_HASH_LENGTH = 10


def decision_id(uid: str, kind: TriggerKind | TaskKind, identity: str) -> str:
    """The id of the decision to train or to score a model for one cause; attempts share it.

    Args:
        uid: of the SensorModel.
        kind: of the trigger; `TaskKind.EVALUATE` for an evaluation.
        identity: data that survives a restart, such as a schedule tick or the end of a drift window; never the clock.
    """
    return sha256(f"{uid}\n{kind}\n{identity}".encode()).hexdigest()[:16]


def job_name(model_name: str, decision: str, attempt: int) -> str:
    """The Job of one attempt: creating it twice is a conflict that means success."""
    digest = sha256(f"{decision}\n{attempt}".encode()).hexdigest()[:_HASH_LENGTH]
    return f"{model_name[: MAX_JOB_NAME - _HASH_LENGTH - 1].rstrip('-.')}-{digest}"

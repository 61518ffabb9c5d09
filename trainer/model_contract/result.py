"""What the trainer says at its end, in at most 4,096 bytes of termination message.

The trainer writes it, the operator reads it to explain a failure and to find the version early. It is a hint, not
evidence: gates read the registry, because a pod's word could be forged or cut.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from model_contract.base import ContractModel
from model_contract.reproduction import Difference, ReproductionVerdict

MAX_BYTES = 4096


class FailureReason(StrEnum):
    """Why a training did not give a version. The first group can never work as asked; the second may work later."""

    INVALID_TASK = "InvalidTask"
    REGISTERED_MODEL_OWNED = "RegisteredModelOwned"
    INVALID_HYPERPARAMETER = "InvalidHyperparameter"
    TELEMETRY_NOT_FOUND = "TelemetryNotFound"
    TELEMETRY_NOT_ALLOWED = "TelemetryNotAllowed"
    TELEMETRY_UNREADABLE = "TelemetryUnreadable"
    COLUMN_NOT_FOUND = "ColumnNotFound"
    TOO_LITTLE_DATA = "TooLittleData"
    DATA_NOT_FINITE = "DataNotFinite"
    TRAINING_DIVERGED = "TrainingDiverged"
    OUT_OF_MEMORY = "OutOfMemory"  # as far as the process lived to tell; mostly the kernel kills it first
    VERSION_UNUSABLE = "VersionUnusable"  # to score or to rebuild: not loadable, columns gone, or no lineage

    TELEMETRY_UNAVAILABLE = "TelemetryUnavailable"
    REGISTRY_UNAVAILABLE = "RegistryUnavailable"
    DISK_FULL = "DiskFull"  # of the pod's scratch volume; another node may have more
    INTERRUPTED = "Interrupted"
    INTERNAL_ERROR = "InternalError"  # a defect of the trainer; its log holds the trace


class TrainingSucceeded(ContractModel):
    """A version is registered and complete."""

    outcome: Literal["Succeeded"] = "Succeeded"
    run_id: str
    registered_model: str
    version: int


class EvaluationSucceeded(ContractModel):
    """A version was scored, and the record stands in its tags."""

    outcome: Literal["Evaluated"] = "Evaluated"
    run_id: str
    registered_model: str
    version: int


class ReproductionSucceeded(ContractModel):
    """A version was trained again, and the run says how far the result is the same."""

    outcome: Literal["Reproduced"] = "Reproduced"
    run_id: str  # of the reproduction
    registered_model: str
    version: int  # that was reproduced
    verdict: ReproductionVerdict
    differences: tuple[Difference, ...] = ()  # causes first; as many as fit into a termination message


class TrainingFailed(ContractModel):
    """No version, no score, nothing to compare; the message says what was found, what was needed and how to mend it."""

    outcome: Literal["Failed"] = "Failed"
    reason: FailureReason
    message: Annotated[str, Field(max_length=2048)]


Succeeded = TrainingSucceeded | EvaluationSucceeded | ReproductionSucceeded
JobOutcome = Succeeded | TrainingFailed


class _Envelope(ContractModel):
    result: Annotated[JobOutcome, Field(discriminator="outcome")]


def read_outcome(termination_message: str | None) -> JobOutcome | None:
    """The outcome in a pod's termination message; None when the message is empty, cut, or not ours."""
    if not termination_message:
        return None
    try:
        return _Envelope.model_validate_json(f'{{"result": {termination_message}}}').result
    except ValidationError:
        return None

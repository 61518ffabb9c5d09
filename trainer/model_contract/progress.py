"""How far a training is, said while it runs: the value of the run tag `Tag.PROGRESS`, as JSON.

The trainer writes it every few seconds, the operator reads it for `status.training`. It is for people: no gate and no
decision rests on it, so it may be late or missing.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from model_contract.base import ContractModel, Instant


class TrainingStep(StrEnum):
    """What a training does, in this order."""

    READING = "Reading"  # telemetry is read, cleaned and split
    FITTING = "Fitting"
    JUDGING = "Judging"  # the fitted model is scored beside its rivals
    REGISTERING = "Registering"  # figures, model and version go to MLflow


class TrainingProgress(ContractModel):
    """How far a training was at a time."""

    step: TrainingStep
    percent: Annotated[int, Field(ge=0, le=100, description="Share of the expected time that has passed.")]
    time: Annotated[Instant, Field(description="When that was so.")]
    epoch: Annotated[int | None, Field(ge=0, description="Epochs that are done; None: nothing is fitted yet.")] = None
    epochs: Annotated[int | None, Field(ge=1, description="Most epochs; fitting may end earlier.")] = None
    loss: Annotated[
        float | None, Field(allow_inf_nan=False, description="Of scaled validation rows after the newest epoch.")
    ] = None
    eta_seconds: Annotated[
        float | None, Field(ge=0, allow_inf_nan=False, description="From then to the end; None: not known yet.")
    ] = None

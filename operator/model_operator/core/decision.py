"""What a pass decides: verdicts, actions and when to look again.

`core.reconcile` makes a `Decision`, `shell.act` carries its actions out, `core.status` writes it down.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from model_contract.evaluation import EvaluationTask
from model_contract.task import TaskKind, TrainingTask, TriggerKind
from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import Action, Reason, Stage
from model_operator.core.observed import GateRecord, Observation


class Verdict(Observation):
    """What one gate or trigger says, with the numbers that decided it."""

    check: str
    fires: bool  # a gate closes, a trigger asks for a training
    reason: Reason
    message: str
    trigger: TriggerKind | None = None  # set by triggers
    identity: str = ""  # of a trigger that fires: the same cause has the same identity
    until: datetime | None = None  # when the verdict may change by time alone; None: not by time


class LaunchJob(Observation):
    """Create the trainer Job; that it exists already is success."""

    kind: Literal["LaunchJob"] = "LaunchJob"
    task: TrainingTask | EvaluationTask
    manifest: dict[str, object]


class RecordMoves(Observation):
    """Write the moves of a version as its tag."""

    kind: Literal["RecordMoves"] = "RecordMoves"
    model: str
    version: int
    moves: tuple[StageMove, ...]


class SetAlias(Observation):
    """Point an alias at a version."""

    kind: Literal["SetAlias"] = "SetAlias"
    model: str
    alias: str
    version: int


class DeleteAlias(Observation):
    """Take an alias away."""

    kind: Literal["DeleteAlias"] = "DeleteAlias"
    model: str
    alias: str


class SetStageTag(Observation):
    """Write the stage of a version as its tag."""

    kind: Literal["SetStageTag"] = "SetStageTag"
    model: str
    version: int
    stage: Stage


class SetGate(Observation):
    """Write what the promotion gate said as the version's tag `Tag.GATE`."""

    kind: Literal["SetGate"] = "SetGate"
    model: str
    version: int
    gate: GateRecord


class SetOwner(Observation):
    """Claim a registered model that nobody owns."""

    kind: Literal["SetOwner"] = "SetOwner"
    model: str
    owner: str
    owner_uid: str
    owner_cluster: str | None = None  # None: not known


RegistryWrite = RecordMoves | SetAlias | DeleteAlias | SetStageTag | SetGate | SetOwner


class Failure(Observation):
    """Why an action of this pass could not be carried out."""

    reason: Reason
    message: str


class Decision(Observation):
    """The outcome of one pass."""

    action: Action
    reason: Reason
    message: str
    verdicts: tuple[Verdict, ...] = ()
    launch: LaunchJob | None = None
    registry_writes: tuple[RegistryWrite, ...] = ()  # in this order
    handled_retrain_request: str | None = None  # value of the annotation that counts as acted on
    handled_promote_request: str | None = None
    waits_for: TaskKind | None = None  # a Job of this kind would start if a budget had a place
    look_again_at: datetime | None = Field(default=None, description="None: only when something changes")

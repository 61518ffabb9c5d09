"""What a registry write does to a registered model, as a pure function.

`core.status` shows the registry as it is after the writes of a pass without reading it again.
"""

from collections.abc import Iterable
from typing import assert_never

from model_operator.core.decision import (
    DeleteAlias,
    RecordMoves,
    RegistryWrite,
    SetAlias,
    SetGate,
    SetOwner,
    SetStageTag,
)
from model_operator.core.observed import RegisteredModel


def after_writes(model: RegisteredModel, writes: Iterable[RegistryWrite]) -> RegisteredModel:
    """The registered model after all writes, in their order."""
    for write in writes:
        model = apply_write(model, write)
    return model


def apply_write(model: RegisteredModel, write: RegistryWrite) -> RegisteredModel:
    """The registered model after one write."""
    match write:
        case SetAlias(alias=alias, version=number):
            return model.model_copy(update={alias: number})
        case DeleteAlias(alias=alias):
            return model.model_copy(update={alias: None})
        case RecordMoves(version=number, moves=moves):
            return _update(model, number, moves=moves)
        case SetStageTag(version=number, stage=stage):
            return _update(model, number, stage_tag=stage)
        case SetGate(version=number, gate=gate):
            return _update(model, number, gate=gate)
        case SetOwner(owner=owner, owner_uid=uid, owner_cluster=cluster):
            return model.model_copy(update={"owner": owner, "owner_uid": uid, "owner_cluster": cluster})
        case _:
            assert_never(write)


def _update(model: RegisteredModel, number: int, **changes: object) -> RegisteredModel:
    versions = tuple(v.model_copy(update=changes) if v.version == number else v for v in model.versions)
    return model.model_copy(update={"versions": versions})

"""From a wanted assignment of stages to the registry writes that reach it.

The alias is the truth about who holds Production and Staging. Each version also carries its stage and its moves as
tags. A move is written in the order: record of the move, alias, stage tag, then the same for whoever is replaced; so a
move that was cut short can be told from one that a person made, and is completed with its own time and reason.
"""

from collections.abc import Mapping
from datetime import datetime

from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.decision import DeleteAlias, RecordMoves, RegistryWrite, SetAlias, SetStageTag
from model_operator.core.observed import Observation, RegisteredModel, Version

ALIAS = {Stage.PRODUCTION: "production", Stage.STAGING: "staging"}
MAX_MOVES = 20
_VERSIONS_TOLD = 5


class Wish(Observation):
    """Which version shall stand where, and why."""

    version: int
    stage: Stage
    by: MovedBy
    reason: Reason
    message: str
    request: str | None = None


class StagePlan(Observation):
    """Writes in their order, and the moves that they amount to."""

    writes: tuple[RegistryWrite, ...] = ()
    moves: tuple[StageMove, ...] = ()


def plan_stages(model: RegisteredModel, wishes: tuple[Wish, ...], now: datetime) -> StagePlan:
    """The writes that give each wished version its stage, archive whoever held it, and complete what was cut short.

    A registry that is as wished gives an empty plan.
    """
    by_version = {wish.version: wish for wish in wishes}
    wanted = _wanted_holders(model, by_version)
    writes: list[RegistryWrite] = []
    moves: list[StageMove] = []
    for stage in (Stage.PRODUCTION, Stage.STAGING):
        holder = model.version(wanted[stage])
        if holder is None:
            continue
        moves += _record(model, holder, stage, by_version.get(holder.version), now, writes)
        if _alias_holder(model, stage) != holder.version:
            writes.append(SetAlias(model=model.name, alias=ALIAS[stage], version=holder.version))
        _tag(model, holder, stage, writes)
    if wanted[Stage.STAGING] is None and model.staging is not None:
        writes.append(DeleteAlias(model=model.name, alias=ALIAS[Stage.STAGING]))
    for version in model.versions:
        if version.version in wanted.values() or stage_of(model, version) in {Stage.NONE, Stage.ARCHIVED}:
            continue
        wish = by_version.get(version.version) or _replacement(version, stage_of(model, version), wanted)
        moves += _record(model, version, Stage.ARCHIVED, wish, now, writes)
        _tag(model, version, Stage.ARCHIVED, writes)
    return StagePlan(writes=tuple(writes), moves=tuple(moves))


def stage_of(model: RegisteredModel, version: Version) -> Stage:
    """The stage of a version: the alias first, then its tag."""
    if version.version == model.production:
        return Stage.PRODUCTION
    if version.version == model.staging:
        return Stage.STAGING
    return version.stage_tag


def unfinished_wishes(model: RegisteredModel) -> tuple[Wish, ...]:
    """Moves that were recorded but whose stage tag was not yet written: the operator was interrupted."""
    return tuple(
        Wish(
            version=version.version,
            stage=last.to_stage,
            by=last.by,
            reason=last.reason,
            message=last.message,
            request=last.request,
        )
        for version in model.versions
        if version.moves and (last := version.moves[-1]).to_stage is not version.stage_tag
    )


def what_became_of_production(model: RegisteredModel) -> str | None:
    """What a person must know when versions have been Production and none is any more; None otherwise."""
    if model.version(model.production) is not None:
        return None
    served = [move for version in model.versions for move in version.moves if move.to_stage is Stage.PRODUCTION]
    if not served:
        return None
    last = max(served, key=lambda move: move.time)
    left = ", ".join(str(version.version) for version in model.versions[:_VERSIONS_TOLD] if version.is_complete)
    return (
        f"nothing serves: the alias {ALIAS[Stage.PRODUCTION]} of {model.name} is gone, somebody deleted it or its "
        f"version in MLflow; the newest that was Production and is still there is version {last.version}. "
        f"Promote one of the versions {left}, or request a training"
    )


class ForeignMove(Observation):
    """An alias that points elsewhere than the operator last put it."""

    stage: Stage
    ours: int | None  # whom our tags name; None: nobody
    theirs: int | None  # whom the alias names; None: it was taken away
    dangles: bool = False  # the alias names a version that does not exist: nobody can have wished that


def foreign_moves(model: RegisteredModel) -> tuple[ForeignMove, ...]:
    """The aliases that somebody else moved: their holder carries no record of ours, or they are gone."""
    found = []
    for stage in ALIAS:
        holder = model.version(_alias_holder(model, stage))
        ours = max((version.version for version in model.versions if version.stage_tag is stage), default=None)
        recorded = holder is not None and (
            holder.stage_tag is stage or bool(holder.moves and holder.moves[-1].to_stage is stage)
        )
        left_behind = stage is Stage.STAGING and holder is not None and holder.version == model.production
        if recorded or left_behind or (holder is None and ours is None):
            continue
        theirs, dangles = holder.version if holder else None, holder is None and _alias_holder(model, stage) is not None
        found.append(ForeignMove(stage=stage, ours=ours, theirs=theirs, dangles=dangles))
    return tuple(found)


def _wanted_holders(model: RegisteredModel, wishes: Mapping[int, Wish]) -> dict[Stage, int | None]:
    """Who shall hold Production and Staging; what nobody wishes stays as it is."""
    wanted: dict[Stage, int | None] = {Stage.PRODUCTION: model.production, Stage.STAGING: model.staging}
    for stage, holder in list(wanted.items()):
        if holder is not None and holder in wishes and wishes[holder].stage is not stage:
            wanted[stage] = None
    for wish in wishes.values():
        if wish.stage in wanted:
            wanted[wish.stage] = wish.version
    if wanted[Stage.STAGING] == wanted[Stage.PRODUCTION]:
        wanted[Stage.STAGING] = None
    return wanted


def _record(
    model: RegisteredModel,
    version: Version,
    stage: Stage,
    wish: Wish | None,
    now: datetime,
    writes: list[RegistryWrite],
) -> tuple[StageMove, ...]:
    """Append the move to the version's record, unless its last entry says so already."""
    last = version.moves[-1] if version.moves else None
    if last is not None and last.to_stage is stage:
        return () if last.to_stage is version.stage_tag else (last,)
    if wish is None:
        return ()
    before = version.stage_tag if last is None else last.to_stage
    move = StageMove(
        version=version.version,
        from_stage=before,
        to_stage=stage,
        time=now,
        by=wish.by,
        reason=wish.reason,
        message=wish.message[:1024],
        request=wish.request,
    )
    writes.append(RecordMoves(model=model.name, version=version.version, moves=(*version.moves, move)[-MAX_MOVES:]))
    return (move,)


def _tag(model: RegisteredModel, version: Version, stage: Stage, writes: list[RegistryWrite]) -> None:
    if version.stage_tag is not stage:
        writes.append(SetStageTag(model=model.name, version=version.version, stage=stage))


def _replacement(version: Version, left: Stage, wanted: Mapping[Stage, int | None]) -> Wish:
    """Why a version is archived that nobody speaks of: it failed its probation, or another one took its place."""
    successor = wanted.get(left)
    reason, message = (
        Reason.REPLACED,
        f"replaced in {left} by version {successor}" if successor else f"no longer in {left}",
    )
    if version.gate is not None and version.gate.reason is Reason.PROBATION_FAILED:
        reason, message = version.gate.reason, version.gate.message
    return Wish(version=version.version, stage=Stage.ARCHIVED, by=MovedBy.POLICY, reason=reason, message=message)


def _alias_holder(model: RegisteredModel, stage: Stage) -> int | None:
    return model.production if stage is Stage.PRODUCTION else model.staging

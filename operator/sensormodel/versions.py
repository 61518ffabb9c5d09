"""Versions of a registered model as people ask about them: stage, since when and why, KPIs, data, the gate's verdict.

Pure: `registry.py` fetches what MLflow holds, and `model_operator.gateways.registry_reading` reads it, as for the
operator; so both can only say the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from mlflow.entities.model_registry import ModelVersion
from pydantic import Field

from model_contract.keys import Subject, Tag
from model_operator.api.base import Instant, KubeModel
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Stage
from model_operator.core.observed import RegisteredModel, Version
from model_operator.core.stages import stage_of


class VersionRecord(KubeModel):
    """One version."""

    registered_model: str
    version: int
    run_id: str
    stage: Stage
    since: Annotated[Instant | None, Field(description="when it got its stage; none: nobody has moved it")]
    moved_by: Annotated[str | None, Field(description="Policy, Pin, Request or Person")]
    why: Annotated[str, Field(description="why it got its stage, with the numbers; empty: nobody has moved it")]
    create_time: Instant
    complete: Annotated[bool, Field(description="artifacts, evaluation and tags are all there")]
    kpis: Annotated[dict[str, float], Field(description="of the version itself on its held-out window")]
    data_start: Instant | None
    data_end: Instant | None
    trigger: str | None
    gate: Annotated[str | None, Field(description="what the promotion gate said; none: it has not judged")]
    gate_message: str


def records_of(model: RegisteredModel, entities: Iterable[ModelVersion]) -> tuple[VersionRecord, ...]:
    """All versions, newest first."""
    tags = {int(entity.version): entity.tags for entity in entities}
    return tuple(_record(model, version, tags.get(version.version, {})) for version in model.versions)


def _record(model: RegisteredModel, version: Version, tags: Mapping[str, str]) -> VersionRecord:
    move = version.moves[-1] if version.moves else None
    return VersionRecord(
        registered_model=model.name,
        version=version.version,
        run_id=version.run_id,
        stage=stage_of(model, version),
        since=move.time if move else None,
        moved_by=move.by.value if move else None,
        why=move.message if move else "",
        create_time=version.create_time,
        complete=version.is_complete,
        kpis={kpi.value: value for kpi, value in version.kpis.get(Subject.CANDIDATE, {}).items()},
        data_start=instant_in(tags.get(Tag.DATA_START)),
        data_end=version.data_end,
        trigger=version.trigger.value if version.trigger else None,
        gate=version.gate.reason.value if version.gate else None,
        gate_message=version.gate.message if version.gate else "",
    )


def previous_production(status: SensorModelStatus) -> int | None:
    """The version that a rollback returns to; None where there is none on record.

    Promotions pile up; a move back to an earlier holder takes away what came after it. So a version that was rolled
    back from is never the answer, and rolling back twice goes two versions back.
    """
    pile: list[int] = []
    for move in sorted(status.stage_history, key=lambda move: move.time):
        if move.to_stage is Stage.PRODUCTION:
            pile = [*pile[: pile.index(move.version)], move.version] if move.version in pile else [*pile, move.version]
    holder = status.stages.production
    if holder is not None and holder.version in pile:
        pile = pile[: pile.index(holder.version)]
    return pile[-1] if pile else None


def instant_in(text: str | None) -> datetime | None:
    """A time with an offset; None when the tag is absent or holds none."""
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None

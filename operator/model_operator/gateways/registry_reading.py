"""What MLflow's answers mean: registered models, versions, tags and metrics as the core knows them.

Pure; `registry_calls.py` calls it with what `MlflowClient` returned. Whoever has access to MLflow can write tags and
metrics, so each is believed only as far as it parses; what does not parse counts as absent, and the log says so.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeVar

from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.entities.model_registry import RegisteredModel as RegisteredModelEntity
from mlflow.entities.model_registry.model_version_status import ModelVersionStatus
from pydantic import TypeAdapter

from model_contract.evaluation import EVALUATIONS
from model_contract.keys import (
    METRIC_IMPROVEMENT_LOWER_PERCENT,
    METRIC_IMPROVEMENT_UPPER_PERCENT,
    ComparisonVerdict,
    Kpi,
    Subject,
    Tag,
    kpi_metric,
)
from model_contract.task import TriggerKind
from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import Stage
from model_operator.core.observed import GateRecord, RegisteredModel, Version
from model_operator.core.stages import ALIAS, MAX_MOVES

_JUDGED_VERSIONS: Final = 20  # newest complete versions that come with metrics, besides the holders of an alias
_INFINITY_IN_SQL: Final = 1e300  # MLflow stores infinity as the largest number that its database holds

_READY: Final = ModelVersionStatus.to_string(ModelVersionStatus.READY)
_MOVES: Final = TypeAdapter(tuple[StageMove, ...])
_log: Final = logging.getLogger(__name__)
_T = TypeVar("_T")


class RunMetrics(NamedTuple):
    """The metrics of a complete run. They never change."""

    kpis: dict[Subject, dict[Kpi, float]]
    improvement_interval: tuple[float, float] | None  # percent, 95 %


def read_registered_model(
    entity: RegisteredModelEntity, versions: Sequence[ModelVersion], metrics: Mapping[str, RunMetrics]
) -> RegisteredModel:
    """The model with its versions, newest first by number.

    Args:
        entity: with tags and aliases.
        versions: all of them, in any order.
        metrics: by run id; a version without an entry has no KPIs.
    """
    return RegisteredModel(
        name=entity.name,
        owner=entity.tags.get(Tag.OWNER),
        owner_uid=entity.tags.get(Tag.OWNER_UID),
        owner_cluster=entity.tags.get(Tag.OWNER_CLUSTER),
        production=_alias_holder(entity, Stage.PRODUCTION),
        staging=_alias_holder(entity, Stage.STAGING),
        versions=tuple(_read_version(version, metrics.get(version.run_id)) for version in newest_first(versions)),
    )


def newest_first(versions: Sequence[ModelVersion]) -> list[ModelVersion]:
    """By number: version 10 is newer than version 9."""
    return sorted(versions, key=lambda version: int(version.version), reverse=True)


def runs_to_read(entity: RegisteredModelEntity, versions: Sequence[ModelVersion]) -> list[str]:
    """Run ids of the versions that may be judged: complete, and either among the newest or holder of an alias."""
    holders = {str(number) for number in entity.aliases.values()}
    complete = [version for version in newest_first(versions) if _is_complete(version)]
    judged = complete[:_JUDGED_VERSIONS] + [v for v in complete[_JUDGED_VERSIONS:] if str(v.version) in holders]
    return list(dict.fromkeys(version.run_id for version in judged if version.run_id))


def read_run_metrics(run: Run) -> RunMetrics:
    """The KPIs of a run; NaN and infinity are no KPI."""
    finite = {name: value for name, value in run.data.metrics.items() if _is_finite(value)}
    kpis = {
        subject: {kpi: finite[name] for kpi in Kpi if (name := kpi_metric(subject, kpi)) in finite}
        for subject in Subject
    }
    lower, upper = finite.get(METRIC_IMPROVEMENT_LOWER_PERCENT), finite.get(METRIC_IMPROVEMENT_UPPER_PERCENT)
    return RunMetrics(
        kpis={subject: values for subject, values in kpis.items() if values},
        improvement_interval=None if lower is None or upper is None else (lower, upper),
    )


def moves_tag(moves: tuple[StageMove, ...]) -> str:
    """The newest moves as the value of `Tag.STAGE_MOVES`, oldest first."""
    return _MOVES.dump_json(moves[-MAX_MOVES:], by_alias=True, exclude_none=True).decode()


def _read_version(version: ModelVersion, metrics: RunMetrics | None) -> Version:
    return Version(
        version=int(version.version),
        run_id=version.run_id or "",
        create_time=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        job_uid=version.tags.get(Tag.JOB_UID),
        owner_uid=version.tags.get(Tag.SENSOR_MODEL_UID),
        decision_id=version.tags.get(Tag.DECISION_ID),
        is_complete=_is_complete(version),
        unready=_unready(version),
        stage_tag=_parsed(version, Tag.STAGE, Stage) or Stage.NONE,
        moves=_parsed(version, Tag.STAGE_MOVES, _MOVES.validate_json) or (),
        compared_with=_parsed(version, Tag.CHAMPION_VERSION, int),
        comparison=_parsed(version, Tag.COMPARISON, ComparisonVerdict),
        kpis=metrics.kpis if metrics else {},
        improvement_interval=metrics.improvement_interval if metrics else None,
        drift_profile_digest=version.tags.get(Tag.DRIFT_PROFILE_DIGEST),
        gate=_parsed(version, Tag.GATE, GateRecord.model_validate_json),
        data_end=_parsed(version, Tag.DATA_END, _instant),
        held_out_start=_parsed(version, Tag.HELD_OUT_START, _instant),
        trigger=_parsed(version, Tag.TRIGGER, TriggerKind),
        evaluations=_parsed(version, Tag.EVALUATIONS, EVALUATIONS.validate_json) or (),
    )


def _parsed(version: ModelVersion, tag: Tag, parse: Callable[[str], _T]) -> _T | None:
    """The parsed tag; None when it is absent or does not parse."""
    value = version.tags.get(tag)
    if not value:
        return None
    try:
        return parse(value)
    except ValueError as error:
        _log.warning(
            "registered model %s: version %s: tag %s is ignored: %r: %s",
            version.name,
            version.version,
            tag,
            value,
            error,
        )
        return None


def _instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("the time has no offset")
    return time


def _is_complete(version: ModelVersion) -> bool:
    return bool(version.tags.get(Tag.COMPLETE) == "true") and _unready(version) is None


def _unready(version: ModelVersion) -> str | None:
    """MLflow's word for a version that it has not registered; None for one that is READY."""
    return None if version.status == _READY else str(version.status)


def _is_finite(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value) and abs(value) < _INFINITY_IN_SQL


def _alias_holder(entity: RegisteredModelEntity, stage: Stage) -> int | None:
    number = entity.aliases.get(ALIAS[stage])
    return None if number is None else int(number)

"""Objects for tests, with good defaults and keyword overrides."""

from datetime import UTC, datetime, timedelta
from typing import Any

from model_contract.evaluation import EvaluatedWindow, EvaluationRecord
from model_contract.keys import ComparisonVerdict, Kpi, Subject
from model_contract.quality.report import QualityCheck, QualityFault, QualityReport
from model_contract.task import TriggerKind
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import SensorModelStatus, TrainingRecord
from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import MovedBy, Reason, Severity, Stage
from model_operator.core.identity import decision_id
from model_operator.core.job_manifest import TrainerDefaults
from model_operator.core.observed import (
    JobObservation,
    Measurement,
    Observed,
    PolicyObject,
    RegisteredModel,
    SensorModelObject,
    Version,
    WindowDrift,
)

T0 = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
UID = "6f1c2d3e-0000-4000-8000-000000000001"
TRAINER = TrainerDefaults(image="sensor-model-trainer:test", mlflow_tracking_uri="http://mlflow:5000")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def spec(**overrides: Any) -> SensorModelSpec:
    return SensorModelSpec.model_validate(
        {
            "sensorID": "P-1",
            "modelType": "Telemanom",
            "telemetry": {"uri": "file:///telemetry/P-1.parquet"},
            "policyRef": {"name": "default"},
            **overrides,
        }
    )


def model(
    *,
    status: SensorModelStatus | None = None,
    annotations: dict[str, str] | None = None,
    generation: int = 1,
    **overrides: Any,
) -> SensorModelObject:
    return SensorModelObject(
        namespace="plant",
        name="p-1",
        uid=UID,
        generation=generation,
        annotations=annotations or {},
        spec=spec(**overrides),
        previous=status or SensorModelStatus(),
    )


def policy(**overrides: Any) -> PolicyObject:
    """The default policy, but it scores versions only where a test asks for it, and its schedule has no jitter."""
    usual = {"performance": {"enabled": False}, "schedule": {"jitter": "0s"}}
    triggers = {**usual, **overrides.pop("triggers", {})}
    return PolicyObject(
        name="default",
        generation=1,
        spec=RetrainingPolicySpec.model_validate({"triggers": triggers, **overrides}),
    )


def job(number: int = 1, **overrides: Any) -> JobObservation:
    trigger = overrides.get("trigger", TriggerKind.INITIAL)
    identity = overrides.get("trigger_identity", "first-version")
    return JobObservation(
        **{
            "name": f"p-1-job{number}",
            "uid": f"job-uid-{number}",
            "decision_id": decision_id(UID, trigger, identity),
            "trigger": trigger,
            "trigger_identity": identity,
            "attempt": 1,
            "generation": 1,
            "create_time": T0,
            "start_time": T0,
            **overrides,
        }
    )


def told_of(started: JobObservation) -> SensorModelStatus:
    """The status that told of a Job's start."""
    record = TrainingRecord(
        job_name=started.name,
        job_uid=started.uid,
        trigger=started.trigger,
        trigger_identity=started.trigger_identity,
        attempt=started.attempt,
        outcome=Reason.TRAINING_STARTED,
        start_time=started.create_time,
    )
    return SensorModelStatus(training=record)


def kpis(
    candidate: float, *, champion: float | None = None, naive: float = 0.5, baseline: float | None = 0.4
) -> dict[Subject, dict[Kpi, float]]:
    measured = {
        Subject.CANDIDATE: candidate,
        Subject.CHAMPION: champion,
        Subject.NAIVE: naive,
        Subject.BASELINE: baseline,
    }
    return {subject: {Kpi.RMSE: value} for subject, value in measured.items() if value is not None}


def version(number: int, **overrides: Any) -> Version:
    create_time = overrides.get("create_time", T0 - hours(100) + hours(number))
    data_end = overrides.get("data_end", create_time)
    return Version(
        **{
            "version": number,
            "run_id": f"run-{number}",
            "create_time": create_time,
            "job_uid": f"job-uid-{number}",
            "owner_uid": UID,
            "is_complete": True,
            "kpis": kpis(0.1),
            "drift_profile_digest": f"profile-{number}",
            "data_end": data_end,
            "held_out_start": data_end and data_end - hours(25),
            **overrides,
        }
    )


def better(number: int, than: int, **overrides: Any) -> Version:
    """A version that was compared with another and is 20 % better."""
    compared = {
        "compared_with": than,
        "comparison": ComparisonVerdict.BETTER,
        "kpis": kpis(0.08, champion=0.1),
        "improvement_interval": (12.0, 27.0),
    }
    return version(number, **(compared | overrides))


def move(number: int, before: Stage, after: Stage, **overrides: Any) -> StageMove:
    return StageMove(
        **{
            "version": number,
            "from_stage": before,
            "to_stage": after,
            "time": T0 - hours(50) + hours(number),
            "by": MovedBy.POLICY,
            "reason": Reason.PROMOTED,
            "message": "for a test",
            **overrides,
        }
    )


def staged(number: int, **overrides: Any) -> Version:
    moves = (move(number, Stage.NONE, Stage.STAGING, reason=Reason.STAGED),)
    return version(number, **({"stage_tag": Stage.STAGING, "moves": moves} | overrides))


def serving(number: int, **overrides: Any) -> Version:
    moves = (
        move(number, Stage.NONE, Stage.STAGING, reason=Reason.STAGED),
        move(number, Stage.STAGING, Stage.PRODUCTION),
    )
    return version(number, **({"stage_tag": Stage.PRODUCTION, "moves": moves} | overrides))


def archived(number: int, **overrides: Any) -> Version:
    moves = (
        move(number, Stage.NONE, Stage.STAGING, reason=Reason.STAGED),
        move(number, Stage.STAGING, Stage.PRODUCTION),
        move(number, Stage.PRODUCTION, Stage.ARCHIVED, reason=Reason.REPLACED),
    )
    return version(number, **({"stage_tag": Stage.ARCHIVED, "moves": moves} | overrides))


def registry(
    *versions: Version, production: int | None = None, staging: int | None = None, **overrides: Any
) -> RegisteredModel:
    owned = {"owner": "plant/p-1", "owner_uid": UID} if versions else {}
    newest_first = tuple(sorted(versions, key=lambda v: v.version, reverse=True))
    return RegisteredModel(
        **{
            "name": "telemanom_P-1",
            "production": production,
            "staging": staging,
            "versions": newest_first,
            **owned,
            **overrides,
        }
    )


def window(severity: Severity = Severity.NONE, score: float = 0.1, *, end: datetime = T0) -> WindowDrift:
    return WindowDrift(
        start=end - hours(24),
        end=end,
        severity=severity,
        score=score,
        statistic="level: W1 0.10 sigma, reference 0.09 ± 0.03, at most 0.15",
        top_columns=("value",) if severity is not Severity.NONE else (),
    )


def drift(current: WindowDrift | None, previous: WindowDrift | None = None, **overrides: Any) -> Measurement:
    return Measurement(
        **{"reference_version": 1, "profile_digest": "profile-1", "current": current, "previous": previous, **overrides}
    )


def observed(**overrides: Any) -> Observed:
    """A healthy model whose version 1 serves, unless overridden; `drift` is the measurement."""
    if "drift" in overrides:
        overrides["measurement"] = overrides.pop("drift")
    return Observed(
        **{
            "model": model(),
            "policy": policy(),
            "registry": registry(serving(1), production=1),
            **overrides,
        }
    )


def quality(score: int = 100, *faults: tuple[QualityCheck, float, str], end: datetime = T0) -> QualityReport:
    """The quality of a window of 24 h."""
    return QualityReport(
        score_percent=score,
        faults=tuple(
            QualityFault(check=check, column="value", points=points, message=text) for check, points, text in faults
        ),
        start=end - hours(24),
        end=end,
        rows=1440,
        rows_expected=1440,
    )


def evaluation(number: int = 1, *, end: datetime = T0, **overrides: Any) -> EvaluationRecord:
    """A record of a week up to `end`, with a known anomaly and F1 0.8."""
    return EvaluationRecord(
        **{
            "time": end,
            "run_id": f"evaluation-{number}",
            "job_uid": f"evaluation-job-uid-{number}",
            "evaluation_id": f"evaluation-id-{number}",
            "window": EvaluatedWindow(start=end - hours(168), end=end),
            "rows": 10_080,
            "labels_digest": "labels-1",
            "anomalies": 3,
            "kpis": {Kpi.RMSE: 0.1, Kpi.F1: 0.8},
            **overrides,
        }
    )

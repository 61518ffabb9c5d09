"""What has to happen for each sensor, as data: a name, how it is seen, where to look when it is not.

A step is seen in what the API server or MLflow holds, never in what the demo has just asked for. Once seen it stays
seen: later statuses need not repeat it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from demo.record import SensorRecord
from demo.sensors import Sensor, time_of
from model_contract import keys
from model_operator.api.sensormodelstatus import DriftAssessment
from model_operator.api.vocabulary import Stage

Look = Callable[[SensorRecord, Sensor], str | None]


@dataclass(frozen=True)
class Step:
    """One thing that has to happen.

    Attributes:
        name: what happens.
        seen: the proof, as a sentence with its numbers; None while there is none.
        look_at: where to look when it does not happen.
    """

    name: str
    seen: Look
    look_at: str


@dataclass
class Progress:
    """The steps of one sensor and their proofs."""

    sensor: Sensor
    proofs: dict[str, str] = field(default_factory=dict)

    def update(self, record: SensorRecord) -> list[tuple[Step, str]]:
        """Look for the steps that were not seen yet; those that are seen now, with their proofs."""
        new = [(step, proof) for step in self.missing if (proof := step.seen(record, self.sensor)) is not None]
        self.proofs |= {step.name: proof for step, proof in new}
        return new

    def has(self, step: Step) -> bool:
        """Whether a step was seen."""
        return step.name in self.proofs

    @property
    def missing(self) -> list[Step]:
        """The steps that were not seen, in order."""
        return [step for step in STEPS if step.name not in self.proofs]


def _job(kind: str, *, complete: bool) -> Look:
    """A training Job that this trigger started, or one that is complete."""

    def look(record: SensorRecord, _sensor: Sensor) -> str | None:
        for name, job in record.jobs.items():
            if job["metadata"]["labels"].get(keys.LABEL_TRIGGER) == kind and (not complete or job_is_complete(job)):
                return f"Job {name} is complete" if complete else f"Job {name}"
        return None

    return look


def job_is_complete(job: dict[str, Any]) -> bool:
    """The Job controller says so."""
    conditions = job.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Complete" and condition["status"] == "True" for condition in conditions)


def _in_production(number: int) -> Look:
    """Status and MLflow agree about the Production version."""

    def look(record: SensorRecord, _sensor: Sensor) -> str | None:
        holder = record.status.stages.production
        if holder is None or holder.version != number or record.registry.production != number:
            return None
        return f"{holder.model_uri} is version {number}, in status and in MLflow"

    return look


def _no_drift(record: SensorRecord, sensor: Sensor) -> str | None:
    """A window that begins after the first training's rows was judged, and nothing was found."""
    for found in record.drift_assessments():
        is_new = found.window_start_time >= time_of(sensor.first_rows)
        if is_new and found.window_end_time <= sensor.shift_time and not found.confirmed:
            return _describe(found)
    return None


def _drift(record: SensorRecord, sensor: Sensor) -> str | None:
    """Drift from version 1 is confirmed in a window that holds shifted rows."""
    for found in record.drift_assessments():
        if found.confirmed and found.reference_version == 1 and found.window_end_time > sensor.shift_time:
            return _describe(found)
    return None


def _describe(found: DriftAssessment) -> str:
    window = f"{found.window_start_time:%d %b %H:%M} to {found.window_end_time:%H:%M}"
    return f"{found.score} ({found.severity}) in the window {window}"


def _compared(record: SensorRecord, _sensor: Sensor) -> str | None:
    """Version 2 was compared with version 1, and the verdict stands with it in MLflow."""
    version = record.registry.version(2)
    if version is None or version.tags.get(keys.Tag.CHAMPION_VERSION) != "1":
        return None
    verdict = version.tags.get(keys.Tag.COMPARISON)
    return f"version 2 against version 1 on the same window: {verdict}" if verdict else None


def _archived(record: SensorRecord, _sensor: Sensor) -> str | None:
    version = record.registry.version(1)
    if version is None or version.stage != Stage.ARCHIVED:
        return None
    return "stage of version 1 in MLflow is Archived"


_OPERATOR, _MLFLOW, _TRAINER = "the operator's log", "MLflow's log", "kubectl describe job, kubectl logs job/…"

FIRST_TRAINING = Step("first training starts", _job("Initial", complete=False), _OPERATOR)
FIRST_COMPLETE = Step("first training is complete", _job("Initial", complete=True), _TRAINER)
FIRST_PRODUCTION = Step("version 1 is Production", _in_production(1), f"{_OPERATOR}, {_MLFLOW}")
NO_DRIFT = Step("new telemetry is judged: no drift", _no_drift, f"{_OPERATOR}, the telemetry folder")
DRIFT = Step("drift is noticed", _drift, f"{_OPERATOR}, the telemetry folder")
RETRAINING = Step("drift starts a retraining", _job("Drift", complete=False), _OPERATOR)
RETRAINED = Step("retraining is complete", _job("Drift", complete=True), _TRAINER)
COMPARED = Step("challenger is compared with champion", _compared, _TRAINER)
PROMOTED = Step("version 2 is Production", _in_production(2), f"{_OPERATOR}, {_MLFLOW}")
ARCHIVED = Step("version 1 is Archived", _archived, f"{_OPERATOR}, {_MLFLOW}")

STEPS: Final = (
    FIRST_TRAINING,
    FIRST_COMPLETE,
    FIRST_PRODUCTION,
    NO_DRIFT,
    DRIFT,
    RETRAINING,
    RETRAINED,
    COMPARED,
    PROMOTED,
    ARCHIVED,
)

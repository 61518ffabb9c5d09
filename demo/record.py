"""What the demo has seen, kept for the steps, the last page of the view and the report.

Everything here was written by the operator, the Job controller or the trainer; nothing is computed anew. As JSON it is
the fixture that the tests of the report use.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from model_operator.api.sensormodelstatus import DriftAssessment, SensorModelStatus

Object = dict[str, Any]


class Stored(BaseModel):
    """A value that can be written as JSON and read again."""

    model_config = ConfigDict(extra="forbid")


class SeenStatus(Stored):
    """A status of a SensorModel and when it was seen."""

    time: datetime
    status: SensorModelStatus


class SeenVersion(Stored):
    """A version in MLflow."""

    version: int
    run_id: str
    stage: str
    created: datetime
    tags: dict[str, str] = Field(default_factory=dict)


class RegistryState(Stored):
    """A registered model in MLflow."""

    production: int | None = None
    versions: tuple[SeenVersion, ...] = ()

    def version(self, number: int) -> SeenVersion | None:
        """The version with that number, None where there is none."""
        return next((version for version in self.versions if version.version == number), None)


class SensorRecord(Stored):
    """All about one SensorModel."""

    statuses: list[SeenStatus] = Field(default_factory=list)
    jobs: dict[str, Object] = Field(default_factory=dict)
    events: list[Object] = Field(default_factory=list)
    registry: RegistryState = RegistryState()

    @property
    def status(self) -> SensorModelStatus:
        """The newest status; an empty one before the operator has written any."""
        return self.statuses[-1].status if self.statuses else SensorModelStatus()

    def add_status(self, seen: SeenStatus) -> bool:
        """Keep a status that differs from the newest; returns whether it did."""
        if seen.status == self.status:
            return False
        self.statuses.append(seen)
        return True

    def drift_assessments(self) -> list[DriftAssessment]:
        """Every different drift assessment that the operator wrote, in the order in which it was seen."""
        found: list[DriftAssessment] = []
        for seen in self.statuses:
            assessment = seen.status.assessment
            if assessment and assessment.drift and assessment.drift not in found:
                found.append(assessment.drift)
        return found


class Record(Stored):
    """All about the demo."""

    started: datetime
    ended: datetime | None = None
    drift_limit_percent: int
    sensors: dict[str, SensorRecord]

"""What a replay needs to know of the past: the models with what was recorded of them, and telemetry cut at an instant.

`core.replay` reads it; whoever has files and MLflow at hand provides it, such as the plan command and the tests.
"""

from datetime import datetime
from typing import Protocol

from model_contract.result import FailureReason
from model_contract.task import TrainingTask
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import JobObservation, Measurement, Observation, RegisteredModel


class RecordedModel(Observation):
    """A SensorModel with what is recorded of its trainings.

    Attributes:
        registry: all versions with all their moves, whenever they came; no versions where nothing is recorded.
        jobs: trainings whose Jobs are still known.
        joins_at: when it begins to take part; None: from the start.
        leaves_at: when its telemetry ends; None: not before the replay.
    """

    namespace: str
    name: str
    uid: str
    generation: int = 1
    spec: SensorModelSpec
    registry: RegisteredModel
    jobs: tuple[JobObservation, ...] = ()
    joins_at: datetime | None = None
    leaves_at: datetime | None = None

    @property
    def key(self) -> str:
        """namespace/name."""
        return f"{self.namespace}/{self.name}"


class Trained(Observation):
    """What a training on telemetry up to an instant gives."""

    data_end: datetime
    profile_digest: str | None  # None: the telemetry is too short for a drift profile


class Untrainable(Observation):
    """Why a training on telemetry up to an instant cannot work."""

    reason: FailureReason
    message: str


class History(Protocol):
    """Telemetry as it was at any instant: a row has come when its time stamp has passed."""

    def measure(self, plan: MeasurementPlan, now: datetime) -> Measurement:
        """What the operator's worker would have found at an instant."""

    def changes_at(self, plan: MeasurementPlan, now: datetime) -> datetime | None:
        """The next instant at which it may find something else; None: never."""

    def train(self, task: TrainingTask, now: datetime) -> Trained | Untrainable:
        """What the trainer would have made of the telemetry that had come at an instant."""

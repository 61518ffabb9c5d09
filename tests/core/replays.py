"""Made-up pasts and recorded models for the tests of replays."""

from datetime import UTC, datetime, timedelta
from typing import Any

from model_contract.result import FailureReason
from model_contract.task import TrainingTask, TriggerKind
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.vocabulary import Severity
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement, PolicyObject, RegisteredModel, WindowDrift
from model_operator.core.replay import (
    Assumptions,
    RecordedModel,
    Replayed,
    Trained,
    Untrainable,
    replay,
)
from tests.builders import UID, hours, serving, spec

T0 = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING_BUT_DRIFT = {
    "schedule": {"enabled": False},
    "performance": {"enabled": False},
    "dataQuality": {"enabled": False},
}


class Changes:
    """Telemetry that changes for good at given instants; a profile knows the telemetry up to its end.

    Windows are the days of the calendar. The telemetry begins at `begins`: a training before it cannot work.
    """

    def __init__(
        self, *changes: datetime, severity: Severity = Severity.HIGH, begins: datetime = T0 - 30 * DAY
    ) -> None:
        self.changes = changes
        self.severity = severity
        self.begins = begins
        self.measured_at: list[datetime] = []

    def measure(self, plan: MeasurementPlan, now: datetime) -> Measurement:
        self.measured_at.append(now)
        end = now.replace(hour=0, minute=0)
        return Measurement(
            reference_version=plan.version,
            profile_digest=plan.profile_digest,
            current=self._window(plan, end),
            previous=self._window(plan, end - DAY),
            newest_row=end,
        )

    def changes_at(self, plan: MeasurementPlan, now: datetime) -> datetime | None:  # noqa: ARG002
        return now.replace(hour=0, minute=0) + DAY

    def train(self, task: TrainingTask, now: datetime) -> Trained | Untrainable:  # noqa: ARG002
        if now - self.begins < DAY:
            return Untrainable(reason=FailureReason.TOO_LITTLE_DATA, message="the window holds 0 rows")
        return Trained(data_end=now, profile_digest=now.isoformat())

    def _window(self, plan: MeasurementPlan, end: datetime) -> WindowDrift:
        learnt = datetime.fromisoformat(plan.profile_digest or "")
        drifts = any(learnt <= change < end for change in self.changes)
        return WindowDrift(
            start=end - DAY,
            end=end,
            severity=self.severity if drifts else Severity.NONE,
            score=0.8 if drifts else 0.1,
            statistic="W1 0.90 sigma" if drifts else "W1 0.10 sigma",
        )


def served(name: str = "p-1", *, uid: str = UID, **overrides: Any) -> RecordedModel:
    """A model whose version 1 has been in Production since an hour before T0."""
    first = serving(1, create_time=T0 - hours(1), data_end=T0 - hours(1), owner_uid=uid, **overrides)
    moves = tuple(one.model_copy(update={"time": T0 - hours(1)}) for one in first.moves)
    first = first.model_copy(update={"moves": moves, "drift_profile_digest": (T0 - hours(1)).isoformat()})
    registry = RegisteredModel(
        name=f"telemanom_{name.upper()}", owner=f"plant/{name}", owner_uid=uid, production=1, versions=(first,)
    )
    return RecordedModel(namespace="plant", name=name, uid=uid, spec=spec(sensorID=name.upper()), registry=registry)


def unknown(name: str = "p-1") -> RecordedModel:
    """A model of which nothing is recorded."""
    return RecordedModel(
        namespace="plant", name=name, uid=UID, spec=spec(), registry=RegisteredModel(name="telemanom_P-1")
    )


def policy(**overrides: Any) -> PolicyObject:
    return PolicyObject(name="default", generation=1, spec=RetrainingPolicySpec.model_validate(overrides))


def replayed(
    *models: RecordedModel, on: Changes | None = None, days: int = 90, assume: Assumptions | None = None, **spec_: Any
) -> Replayed:
    history = on or Changes()
    assumed = assume or Assumptions()
    return replay(models, policy(**spec_), history, start=T0, end=T0 + days * DAY, assumptions=assumed)


def told(outcome: Replayed) -> list[tuple[str, TriggerKind, str]]:
    return [(one.model, one.trigger, f"{one.start:%m-%d %H:%M}") for one in outcome.trainings]

"""What came of a replay: every decision that says something new, and every training with its reasons."""

from datetime import datetime, timedelta

from model_contract.task import TriggerKind
from model_operator.api.vocabulary import Action, Reason
from model_operator.core.observed import Observation


class ReplayedDecision(Observation):
    """A decision that differs from the one before it, as `status.lastDecision` would have shown it."""

    time: datetime
    model: str  # namespace/name
    action: Action
    reason: Reason
    message: str
    identity: str = ""  # of the trigger of a training


class ReplayedTraining(Observation):
    """One trainer Job."""

    model: str  # namespace/name
    start: datetime
    end: datetime | None = None  # None: it runs beyond the replay
    trigger: TriggerKind
    identity: str
    reasons: tuple[Reason, ...]  # of every trigger that fired, the one that names the training first
    message: str
    attempt: int
    recorded: bool  # it stands for a training that is recorded
    version: int | None = None  # that came of it; None: none, or not within the replay
    failure: str | None = None  # why no version came of it


class ReplayedModel(Observation):
    """How one model fared."""

    key: str  # namespace/name
    joined_at: datetime
    left_at: datetime
    drifting: timedelta  # how long drift from the Production version was confirmed
    unhealthy: timedelta  # how long the telemetry was too bad or too little
    waiting: timedelta  # how long a training waited for a place in the budget
    scored_at: datetime | None = None  # when the Production version was scored last; None: no evaluation is recorded


class Replayed(Observation):
    """A policy on the history of its models."""

    start: datetime
    end: datetime
    models: tuple[ReplayedModel, ...]
    decisions: tuple[ReplayedDecision, ...]  # in the order of their times
    trainings: tuple[ReplayedTraining, ...]  # in the order of their starts

    @property
    def retrainings(self) -> tuple[ReplayedTraining, ...]:
        """The trainings that a policy decides: a model without any version is trained under every policy."""
        return tuple(training for training in self.trainings if training.trigger is not TriggerKind.INITIAL)

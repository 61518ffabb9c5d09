"""What a plan says: policies side by side, every training of the policy of the file, and what was assumed.

`-o json` prints it as it is; `page` and `figure` draw it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from model_contract.task import TriggerKind
from model_operator.api.base import KubeModel
from model_operator.api.retrainingpolicy import Triggers
from model_operator.api.vocabulary import Reason
from model_operator.core.observed import RegisteredModel
from model_operator.core.replay import Replayed, ReplayedModel, ReplayedTraining


class PlannedTraining(KubeModel):
    """One training that a policy would have started."""

    model: str
    start_time: datetime
    end_time: Annotated[datetime | None, Field(description="endTime; none: it runs beyond the end of the replay")] = (
        None
    )
    trigger: TriggerKind
    reasons: Annotated[tuple[Reason, ...], Field(description="reasons of all triggers that fired")]
    message: str
    version: Annotated[int | None, Field(description="version that would have come of it")] = None
    failure: Annotated[str | None, Field(description="failure: why none would have come of it")] = None


class PolicyOutcome(KubeModel):
    """What a policy would have done."""

    policy: str
    trainings: Annotated[int, Field(description="trainings that the policy decides, all attempts")]
    first_trainings: Annotated[int, Field(description="firstTrainings of models without a version")]
    failed: Annotated[int, Field(description="failed: of both")]
    by_trigger: dict[TriggerKind, int]
    job_seconds: Annotated[int, Field(description="jobSeconds of both")]
    drifting_percent: Annotated[
        float | None, Field(description="driftingPercent: share of time with confirmed drift; none: the trigger is off")
    ] = None
    bad_data_percent: Annotated[
        float | None, Field(description="badDataPercent: share of time with DataHealthy False; none: nothing is judged")
    ] = None
    longest_wait_seconds: Annotated[
        int, Field(description="longestWaitSeconds: the most that one model waited in all for a place in the budget")
    ]
    started: tuple[PlannedTraining, ...]


class PlannedModel(KubeModel):
    """One model of the plan."""

    model: str
    start_time: datetime
    end_time: datetime
    rows: int
    recorded_versions: Annotated[int, Field(description="recordedVersions when its replay begins")]


class Plan(KubeModel):
    """A policy beside others on the history of its models."""

    policy: str
    start_time: datetime
    end_time: datetime
    models: tuple[PlannedModel, ...]
    outcomes: tuple[PolicyOutcome, ...]
    assumptions: tuple[str, ...]


def outcome_of(policy: str, replayed: Replayed, triggers: Triggers, expected: timedelta) -> PolicyOutcome:
    """One policy's row.

    Args:
        policy: name under which it is shown.
        replayed: what came of it.
        triggers: of the policy.
        expected: how long a training takes that runs beyond the end.
    """
    first = [training for training in replayed.trainings if training.trigger is TriggerKind.INITIAL]
    lengths = [(training.end or training.start + expected) - training.start for training in replayed.trainings]
    measures = triggers.drift.enabled or triggers.data_quality.enabled
    return PolicyOutcome(
        policy=policy,
        trainings=len(replayed.retrainings),
        first_trainings=len(first),
        failed=sum(training.failure is not None for training in replayed.trainings),
        by_trigger=dict(Counter(training.trigger for training in replayed.retrainings)),
        job_seconds=round(sum(lengths, timedelta()).total_seconds()),
        drifting_percent=_share(replayed, lambda model: model.drifting) if triggers.drift.enabled else None,
        bad_data_percent=_share(replayed, lambda model: model.unhealthy) if measures else None,
        longest_wait_seconds=round(max(model.waiting for model in replayed.models).total_seconds()),
        started=tuple(map(_planned, replayed.trainings)),
    )


def recorded_outcome(
    models: Mapping[str, RegisteredModel], start: datetime, end: datetime, duration: timedelta
) -> PolicyOutcome | None:
    """What is recorded of the same time: versions that were registered; None when nothing is."""
    versions = [
        (key, version)
        for key, model in models.items()
        for version in model.versions
        if start < version.create_time <= end and version.job_uid is not None
    ]
    if not versions:
        return None
    retrained = [version for _, version in versions if version.trigger is not TriggerKind.INITIAL]
    return PolicyOutcome(
        policy="recorded",
        trainings=len(retrained),
        first_trainings=len(versions) - len(retrained),
        failed=0,
        by_trigger=dict(Counter(version.trigger for version in retrained if version.trigger)),
        job_seconds=round((len(versions) * duration).total_seconds()),
        longest_wait_seconds=0,
        started=tuple(
            PlannedTraining(
                model=key,
                start_time=version.create_time - duration,
                end_time=version.create_time,
                trigger=version.trigger or TriggerKind.MANUAL,
                reasons=(),
                message="recorded in MLflow",
                version=version.version,
            )
            for key, version in sorted(versions, key=lambda each: each[1].create_time)
        ),
    )


def _share(replayed: Replayed, part: Callable[[ReplayedModel], timedelta]) -> float:
    """A part of the time of all models, in percent."""
    whole = sum((model.left_at - model.joined_at for model in replayed.models), timedelta())
    return round(100 * (sum(map(part, replayed.models), timedelta()) / whole), 1) if whole else 0.0


def _planned(training: ReplayedTraining) -> PlannedTraining:
    return PlannedTraining(
        model=training.model,
        start_time=training.start,
        end_time=training.end,
        trigger=training.trigger,
        reasons=training.reasons,
        message=training.message,
        version=training.version,
        failure=training.failure,
    )

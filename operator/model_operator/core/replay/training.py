"""What a training of the replay gives: the version that is recorded for it, or one that might have come of it.

Whether a retrained model would have been better cannot be known without training it, so it is an assumption. The
promotion gate itself is the real one: an assumed version carries numbers that pass it, or numbers that do not.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any, Final

from model_contract.keys import ComparisonVerdict, Kpi, Subject
from model_contract.task import TrainingTask
from model_operator.api.vocabulary import Stage
from model_operator.core.jobs import observe_job
from model_operator.core.observed import JobObservation, Observation, Version
from model_operator.core.replay.history import RecordedModel, Trained

USUAL_DURATION: Final = timedelta(minutes=20)
_HELD_OUT: Final = timedelta(seconds=1)  # so short that no other version has learnt any of it
_HALF: Final = 0.5  # of the best value: twice as good passes every `minImprovementPercent`


class Mode(StrEnum):
    """Where the versions of a replay come from."""

    RECORDED = "Recorded"  # a training that is recorded gives the version that came of it
    WHAT_IF = "WhatIf"  # every training gives an assumed version


class Assumptions(Observation):
    """What a replay takes for granted."""

    mode: Mode = Mode.WHAT_IF
    duration: timedelta = USUAL_DURATION  # of a training that is not recorded
    better: bool = True  # whether a retrained model passes the promotion gate
    tolerance: timedelta = timedelta()  # by which a decision may come later than it is recorded: the check interval


class Ending(Observation):
    """How a training of the replay will end."""

    time: datetime
    job_uid: str
    version: Version | None = None  # None: none will come of it
    failure: JobObservation | None = None  # the Job as it will have failed
    recorded: bool = False


def expected_duration(known: Sequence[timedelta]) -> timedelta:
    """The median of the trainings that are known; 20 minutes where none is."""
    return timedelta(seconds=round(median(length.total_seconds() for length in known))) if known else USUAL_DURATION


def replayed_job(manifest: dict[str, Any], *, uid: str, now: datetime) -> JobObservation:
    """The Job that a manifest becomes, as the API server would show it."""
    created = {"uid": uid, "creationTimestamp": now.isoformat()}
    return observe_job({**manifest, "metadata": {**manifest["metadata"], **created}}, [])


def recorded_ending(model: RecordedModel, task: TrainingTask, started: datetime, tolerance: timedelta) -> Ending | None:
    """How the training of the same decision and attempt ended that is recorded; None without a record.

    A Job that failed and is forgotten leaves no trace in the registry: the version of a later attempt for the same
    decision then counts for the first one.
    """
    for job in model.jobs:
        if (job.decision_id, job.attempt) == (task.decision_id, task.attempt) and job.failed and job.end_time:
            return Ending(time=max(job.end_time, started), job_uid=job.uid, failure=job, recorded=True)
    for version in model.registry.versions:
        same = version.decision_id == task.decision_id and version.create_time >= started - tolerance
        if same and version.job_uid:
            time = max(version.create_time, started)
            return Ending(time=time, job_uid=version.job_uid, version=as_registered(version), recorded=True)
    return None


def as_registered(version: Version) -> Version:
    """A version as the trainer left it, before anybody judged or moved it."""
    return version.model_copy(update={"stage_tag": Stage.NONE, "moves": (), "gate": None, "evaluations": ()})


def assumed_version(
    task: TrainingTask, trained: Trained, *, number: int, job_uid: str, time: datetime, better: bool
) -> Version:
    """A complete version that passes the promotion gate or does not; the first one of a model always does."""
    champion = task.champion_version
    passes = better or champion is None
    best = {kpi: 1.0 if kpi.greater_is_better else 0.0 for kpi in Kpi}
    poor = dict.fromkeys(Kpi, _HALF)
    verdict = ComparisonVerdict.BETTER if passes else ComparisonVerdict.NOT_BETTER
    return Version(
        version=number,
        run_id=f"replayed-{task.decision_id}-{task.attempt}",
        create_time=time,
        job_uid=job_uid,
        owner_uid=task.sensor_model.uid,
        decision_id=task.decision_id,
        is_complete=True,
        compared_with=champion,
        comparison=None if champion is None else verdict,
        kpis={
            Subject.CANDIDATE: best if passes else poor,
            Subject.NAIVE: poor,
            Subject.BASELINE: poor,
            **({} if champion is None else {Subject.CHAMPION: poor}),
        },
        drift_profile_digest=trained.profile_digest,
        data_end=trained.data_end,
        held_out_start=trained.data_end - _HELD_OUT,
        trigger=task.trigger.kind,
    )

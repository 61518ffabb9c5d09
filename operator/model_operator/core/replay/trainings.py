"""The trainings of one model in virtual time, and what else reaches its registered model.

`core.replay.model` starts them and lets time pass. How a training ends is settled when it starts, by its record or by
assumption.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from model_contract.task import TrainingTask
from model_operator.core.decision import Decision
from model_operator.core.observed import JobObservation, RegisteredModel, Version
from model_operator.core.replay.history import History, RecordedModel, Untrainable
from model_operator.core.replay.outcome import ReplayedTraining
from model_operator.core.replay.record import moves_of_people
from model_operator.core.replay.training import (
    Assumptions,
    Ending,
    Mode,
    as_registered,
    assumed_version,
    recorded_ending,
    replayed_job,
)
from model_operator.core.stages import ALIAS

_FAILS_AFTER: Final = timedelta(minutes=1)  # a trainer that finds its task hopeless


class Trainings:
    """What was trained and what is being trained.

    Attributes:
        jobs: newest first.
        told: the same as people read it, oldest first.
    """

    def __init__(self, model: RecordedModel, history: History, assumptions: Assumptions, joined_at: datetime) -> None:
        self.jobs: tuple[JobObservation, ...] = ()
        self.told: list[ReplayedTraining] = []
        self._model = model
        self._history = history
        self._assumptions = assumptions
        self._follows_record = assumptions.mode is Mode.RECORDED
        self._ending: Ending | None = None  # of the newest Job; None: it has ended
        self._caught_up_at = joined_at

    def runs_at(self, now: datetime) -> bool:
        """Whether a Job may still give a version."""
        return self._ending is not None and self._ending.time > now

    def known_jobs(self, now: datetime, kept_for: timedelta) -> tuple[JobObservation, ...]:
        """The Jobs that the cluster would still hold, newest first."""
        return tuple(job for job in self.jobs if job.end_time is None or now < job.end_time + kept_for)

    def start(
        self, task: TrainingTask, manifest: dict[str, Any], decision: Decision, registry: RegisteredModel, now: datetime
    ) -> JobObservation:
        """The Job of a decision."""
        ending = self._recorded_ending(task, now)
        uid = ending.job_uid if ending else f"replayed-{task.decision_id}-{task.attempt}"
        job = replayed_job(manifest, uid=uid, now=now)
        self._ending = ending or self._assume(task, job, registry, now)
        self.jobs = (job, *self.jobs)
        fired = (verdict.reason for verdict in decision.verdicts if verdict.trigger is not None and verdict.fires)
        self.told.append(
            ReplayedTraining(
                model=self._model.key,
                start=now,
                trigger=task.trigger.kind,
                identity=task.trigger.identity,
                reasons=tuple(dict.fromkeys((decision.reason, *fired))),
                message=task.trigger.message,
                attempt=task.attempt,
                recorded=self._ending.recorded,
            )
        )
        return job

    def catch_up(self, registry: RegisteredModel, now: datetime) -> RegisteredModel:
        """The registered model with all that has reached it since the last call."""
        if self._ending is not None and self._ending.time <= now:
            registry = self._end(self._ending, registry)
        if self._follows_record:
            registry = self._follow_record(registry, now)
        self._caught_up_at = now
        return self._with_evaluations(registry, now)

    def next_event(self, registry: RegisteredModel, now: datetime) -> datetime | None:
        """When something reaches the registered model next; None: nothing is known to come."""
        times = [self._ending.time] if self._ending else []
        for version in self._model.registry.versions:
            if self._holds(registry, version):
                times += [record.time for record in version.evaluations]
            if self._follows_record:
                times += [self._arrival(version), *(move.time for move in moves_of_people(version))]
        return min((time for time in times if time > now), default=None)

    def _recorded_ending(self, task: TrainingTask, now: datetime) -> Ending | None:
        if not self._follows_record:
            return None
        return recorded_ending(self._model, task, now, self._assumptions.tolerance)

    def _assume(self, task: TrainingTask, job: JobObservation, registry: RegisteredModel, now: datetime) -> Ending:
        made = self._history.train(task, now)
        if isinstance(made, Untrainable):
            end = now + _FAILS_AFTER
            failed = {"failed": True, "end_time": end, "said": made.reason, "said_message": made.message}
            return Ending(time=end, job_uid=job.uid, failure=job.model_copy(update=failed))
        end = now + self._assumptions.duration
        taken = [version.version for version in registry.versions]
        if self._follows_record:
            taken += [version.version for version in self._model.registry.versions]
        version = assumed_version(
            task,
            made,
            number=max(taken, default=0) + 1,
            job_uid=job.uid,
            time=end,
            better=self._assumptions.better,
        )
        return Ending(time=end, job_uid=job.uid, version=version)

    def _end(self, ending: Ending, registry: RegisteredModel) -> RegisteredModel:
        self._ending = None
        newest, told = self.jobs[0], self.told[-1]
        if ending.version is None:
            job = ending.failure or newest
            said = {"said": job.said, "said_message": job.said_message, "pod_problem": job.pod_problem}
            failed = {"failed": True, "failure_reason": job.failure_reason, "failure_message": job.failure_message}
            self.jobs = (newest.model_copy(update=failed | said | {"end_time": ending.time}), *self.jobs[1:])
            why = job.said_message or job.failure_message or "the Job failed"
            self.told[-1] = told.model_copy(update={"end": ending.time, "failure": why})
            return registry
        self.jobs = (newest.model_copy(update={"succeeded": True, "end_time": ending.time}), *self.jobs[1:])
        self.told[-1] = told.model_copy(update={"end": ending.time, "version": ending.version.version})
        return self._with_version(registry, ending.version)

    def _follow_record(self, registry: RegisteredModel, now: datetime) -> RegisteredModel:
        """Versions whose training the replay did not decide, and what people did to stages."""
        recorded = sorted(self._model.registry.versions, key=lambda version: version.version)
        for version in recorded:
            if self._caught_up_at < self._arrival(version) <= now and registry.version(version.version) is None:
                registry = self._with_version(registry, as_registered(version))
        moves = (move for version in recorded for move in moves_of_people(version))
        for move in sorted(moves, key=lambda move: move.time):
            if self._caught_up_at < move.time <= now and registry.version(move.version) is not None:
                registry = registry.model_copy(update={ALIAS[move.to_stage]: move.version})
        return registry

    def _arrival(self, version: Version) -> datetime:
        """When a recorded version comes whose training the replay has not decided: by then it may still decide it."""
        return version.create_time + (self._assumptions.tolerance if version.decision_id else timedelta())

    def _with_version(self, registry: RegisteredModel, version: Version) -> RegisteredModel:
        """The trainer registers a version, and claims a registered model that nobody owns."""
        owner = {"owner": registry.owner or self._model.key, "owner_uid": registry.owner_uid or self._model.uid}
        newest_first = sorted((version, *registry.versions), key=lambda one: one.version, reverse=True)
        return registry.model_copy(update={"versions": tuple(newest_first), **owner})

    def _with_evaluations(self, registry: RegisteredModel, now: datetime) -> RegisteredModel:
        made = {
            version.version: tuple(record for record in version.evaluations if record.time <= now)
            for version in self._model.registry.versions
            if self._holds(registry, version)
        }
        versions = tuple(
            version
            if made.get(version.version, version.evaluations) == version.evaluations
            else version.model_copy(update={"evaluations": made[version.version]})
            for version in registry.versions
        )
        return registry.model_copy(update={"versions": versions})

    @staticmethod
    def _holds(registry: RegisteredModel, recorded: Version) -> bool:
        """Whether a recorded version is there, not an assumed one of the same number."""
        there = registry.version(recorded.version)
        return there is not None and there.run_id == recorded.run_id

"""Everything that one pass knows, gathered into one snapshot.

Reads the cache, the view of MLflow and the measurements; "not found" becomes None, never an error. After the last
await everything is read again in one go, so that no worker decides on what another has changed meanwhile.
"""

from datetime import datetime
from typing import NamedTuple

from pydantic_core import from_json

from model_contract.task import TaskKind
from model_operator.core.claim import Claim, claim_of
from model_operator.core.jobs import observe_job
from model_operator.core.measure import next_measurement_at, plan_measurement
from model_operator.core.observed import JobObservation, Measurement, Observed, Rival, SensorModelObject
from model_operator.core.training import REGISTRATION_GRACE
from model_operator.gateways.protocols import Clock
from model_operator.shell.budget import Budget
from model_operator.shell.cache import Cache
from model_operator.shell.kept import Kept, Key
from model_operator.shell.measure import Measurements
from model_operator.shell.parse import parse_model, parse_policy
from model_operator.shell.registry_view import Look, RegistryView
from model_operator.shell.training_view import TrainingView


class Snapshot(NamedTuple):
    """What was observed, and what the shell has to remember beside it."""

    kept: Kept
    observed: Observed
    now: datetime
    claim: Claim  # to a place in a budget
    measure_at: datetime | None  # when the next measurement is due; None: none can be made
    registry_fails_for_it: bool  # MLflow answers, but not for this model: try again with back-off


class Observer:
    """Makes snapshots."""

    def __init__(
        self,
        cache: Cache,
        registry: RegistryView,
        trainings: TrainingView,
        measurements: Measurements,
        budget: Budget,
        clock: Clock,
    ) -> None:
        self._cache = cache
        self._registry = registry
        self._trainings = trainings
        self._measurements = measurements
        self._budget = budget
        self._clock = clock
        self.cluster: str | None = None  # tells clusters apart that share an MLflow; None: not known

    async def observe(self, key: Key) -> Snapshot | None:
        """The snapshot of a SensorModel; None when it is gone or about to go. Asks for a measurement that is due.

        Raises:
            NotYet: its registered model cannot be read now.
        """
        kept = self._existing(key)
        if kept is None:
            return None
        model = parse_model(kept)
        look = await self._look(kept, model)
        latest = self._existing(key)
        if latest is None:
            return None
        if latest is not kept:
            model = parse_model(latest)
        return self._snapshot(latest, model, look)

    def forget(self, key: Key) -> None:
        """A SensorModel is gone."""
        self._registry.forget(key)
        self._measurements.forget(key)

    def _existing(self, key: Key) -> Kept | None:
        kept = self._cache.get(key)
        return None if kept is None or kept.being_deleted else kept

    async def _look(self, kept: Kept, model: SensorModelObject) -> Look:
        if model.spec is None:
            self._registry.forget(kept.key)
            return Look(None)
        ended = max((job for job in self._jobs(kept) if job.end_time), key=_end, default=None)
        return await self._registry.look(
            kept.key, model.spec.registered_model, ended_job=self._how_ended(ended) if ended else None
        )

    def _how_ended(self, job: JobObservation) -> str:
        """What changes with the end of a Job, and once more when its version must be there at the latest."""
        late = self._clock.now() >= _end(job) + REGISTRATION_GRACE
        return f"{job.uid} is late" if late else job.uid

    def _jobs(self, kept: Kept) -> tuple[JobObservation, ...]:
        """The trainer Jobs of a model, newest first."""
        jobs = (
            observe_job(from_json(job.body), [from_json(pod.body) for pod in self._cache.owned_by(job)])
            for job in self._cache.owned_by(kept)
        )
        return tuple(sorted(jobs, key=lambda job: (job.create_time, job.attempt), reverse=True))

    def _snapshot(self, kept: Kept, model: SensorModelObject, look: Look) -> Snapshot:
        now = self._clock.now()
        policy = self._cache.get(kept.policy) if kept.policy else None
        jobs = self._jobs(kept)
        trainings = tuple(job for job in jobs if job.task is TaskKind.TRAIN)
        observed = Observed(
            model=model,
            policy=parse_policy(policy) if policy else None,
            jobs=trainings,
            progress=self._trainings.progress(trainings[0].uid) if trainings else None,
            evaluations=tuple(job for job in jobs if job.task is TaskKind.EVALUATE),
            registry=look.model,
            registry_problem=look.problem,
            cluster=self.cluster,
            rivals=tuple(
                Rival(key=str(rival.key), uid=rival.uid, create_time=rival.create_time)
                for rival in self._cache.rivals_of(kept)
                if rival.create_time
            ),
        )
        measurement, due = self._measure(kept.key, observed, now)
        claim = claim_of(model, measurement, now)
        known = {"measurement": measurement, "budget": self._budget.use(kept, claim)}
        observed = observed.model_copy(update=known)
        return Snapshot(kept, observed, now, claim, due, look.concerns_only_this_model)

    def _measure(self, key: Key, observed: Observed, now: datetime) -> tuple[Measurement | None, datetime | None]:
        """The measurement that is there, and when the next is due; one that is due now is asked for."""
        plan = plan_measurement(observed)
        if plan is None:
            return None, None
        due = next_measurement_at(observed, self._measurements.measured_at(key, plan))
        if due is not None and due <= now:
            self._measurements.ask(key, plan)
            due = None  # its result wakes the model
        return self._measurements.result(key, plan), due


def _end(job: JobObservation) -> datetime:
    return job.end_time or job.create_time

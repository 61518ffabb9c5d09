"""One pass for one object: observe, decide, act, write the status, announce.

`shell.loop` runs them. A pass gets nothing but a key and trusts nothing but what it observes; killed at any line, the
next one finishes its work.
"""

from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel

from model_contract.task import TaskKind
from model_operator.api.requests import RELEASE_REQUEST, request_in
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason
from model_operator.core.announcements import Regarding
from model_operator.core.claim import Urgency
from model_operator.core.common_cause import is_active
from model_operator.core.decision import Decision
from model_operator.core.job_manifest import TrainerDefaults
from model_operator.core.policystatus import Member, policy_status_of
from model_operator.core.reconcile import decide
from model_operator.core.status import status_of
from model_operator.gateways.protocols import Clock, Cluster
from model_operator.metrics import Metrics
from model_operator.shell.act import Actor
from model_operator.shell.announce import Announcer
from model_operator.shell.budget import Budget, place_told_in
from model_operator.shell.cache import Cache
from model_operator.shell.intake import Intake
from model_operator.shell.kept import Kept, Key
from model_operator.shell.observe import Observer, Snapshot
from model_operator.shell.parse import parse_policy, parse_policy_status
from model_operator.shell.queue import WorkQueue
from model_operator.shell.registry_view import NotYet
from model_operator.shell.wake import POLICY_STATUS_DELAY


class Outcome(NamedTuple):
    """When to look again."""

    at: datetime | None = None  # None: when something changes
    retry: bool = False  # something refused that may not refuse for ever: look again with back-off


class StatusWriter:
    """Writes statuses and takes note of the answers, so that their echoes are no news."""

    def __init__(self, cluster: Cluster, intake: Intake, metrics: Metrics) -> None:
        self._cluster = cluster
        self._intake = intake
        self._metrics = metrics

    async def write(self, kept: Kept, status: BaseModel) -> None:
        """One server-side apply of the whole status.

        Raises:
            NotFound: the object is gone.
            Conflict: it is not as it was observed, or another object has taken its name.
        """
        key = kept.key
        whole: dict[str, Any] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        with self._metrics.call("cluster.apply_status"):
            answer = await self._cluster.apply_status(
                key.resource, key.namespace, key.name, whole, resource_version=str(kept.resource_version)
            )
        self._intake.learn(key.resource, answer)


class ModelPass:
    """The pass of a SensorModel."""

    def __init__(
        self,
        observer: Observer,
        actor: Actor,
        writer: StatusWriter,
        announcer: Announcer,
        *,
        budget: Budget,
        queue: WorkQueue[Key],
        trainer: TrainerDefaults,
    ) -> None:
        self._observer = observer
        self._actor = actor
        self._writer = writer
        self._announcer = announcer
        self._budget = budget
        self._queue = queue
        self._trainer = trainer

    async def run(self, key: Key) -> Outcome:
        """One pass; a model that is gone is forgotten, and one whose pass fails gives up its place in line."""
        try:
            with self._budget.turn(key):
                return await self._run(key)
        except NotYet:
            return Outcome()

    async def _run(self, key: Key) -> Outcome:
        snapshot = await self._observer.observe(key)
        if snapshot is None:
            self._observer.forget(key)
            self._budget.leave(key)
            return Outcome()
        kept, observed, now = snapshot.kept, snapshot.observed, snapshot.now
        decision = decide(observed, now, self._trainer)
        launched, failure = await self._actor.act(kept, decision)
        self._line_up(snapshot, decision)
        status = status_of(observed, decision, now, launched=launched, failure=failure)
        if status != observed.model.previous:
            await self._write(kept, status)
            await self._announcer.announce(observed.model, status, now)
        if failure or snapshot.registry_fails_for_it:
            return Outcome(snapshot.measure_at, retry=True)
        place_told_at = now + place_told_in(key) if decision.waits_for else None
        return Outcome(_earliest(decision.look_again_at, snapshot.measure_at, place_told_at))

    async def _write(self, kept: Kept, status: SensorModelStatus) -> None:
        await self._writer.write(kept, status)
        if kept.policy:
            self._queue.add_after(kept.policy, POLICY_STATUS_DELAY)

    def _line_up(self, snapshot: Snapshot, decision: Decision) -> None:
        """Stand in line, or leave it; while MLflow is away, whoever stands there keeps the place."""
        if decision.waits_for is TaskKind.EVALUATE:
            claim = snapshot.claim._replace(urgency=Urgency.EVALUATION)
            self._budget.wait(snapshot.kept, claim, snapshot.observed.budget)
        elif decision.waits_for:
            self._budget.wait(snapshot.kept, snapshot.claim, snapshot.observed.budget)
        elif decision.reason is not Reason.REGISTRY_UNAVAILABLE or snapshot.registry_fails_for_it:
            self._budget.leave(snapshot.kept.key)


class PolicyPass:
    """The pass of a RetrainingPolicy: its status adds up its models, and its hold keeps them from training."""

    def __init__(self, cache: Cache, writer: StatusWriter, announcer: Announcer, budget: Budget, clock: Clock) -> None:
        self._cache = cache
        self._writer = writer
        self._announcer = announcer
        self._budget = budget
        self._clock = clock

    async def run(self, key: Key) -> Outcome:
        """One pass; only the end of a hold is due by time alone."""
        kept = self._cache.get(key)
        if kept is None or kept.being_deleted:
            return Outcome()
        now, previous = self._clock.now(), parse_policy_status(kept)
        models = [model for name in self._cache.models_of(key) if (model := self._cache.get(name))]
        status = policy_status_of(
            parse_policy(kept),
            [Member(model.true_conditions, model.drifting_since) for model in models],
            previous,
            now,
            waiting=self._budget.waiting(key),
            release_request=request_in(kept.annotations, RELEASE_REQUEST),
        )
        if status != previous:
            await self._writer.write(kept, status)
            regarding = Regarding("RetrainingPolicy", key.namespace, key.name, kept.uid)
            await self._announcer.announce_policy(regarding, previous, status, now)
        return Outcome(status.hold.until_time if status.hold and is_active(status.hold, now) else None)


def _earliest(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)

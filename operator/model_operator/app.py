"""The composition root: the only place that knows all parts of the shell.

`App` is the operator without its watches, which `handlers` attach, and without its outside, which it is given: so it
runs on fakes as well.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from prometheus_client import generate_latest

from model_operator.api.base import parse_duration
from model_operator.gateways.protocols import Clock, Cluster, ModelRegistry, Telemetry, always
from model_operator.gateways.resources import Resource
from model_operator.metrics import Metrics
from model_operator.settings import Settings
from model_operator.shell.act import Actor
from model_operator.shell.announce import Announcer
from model_operator.shell.budget import Budget
from model_operator.shell.cache import Cache
from model_operator.shell.fleet_metrics import FleetCollector, PolicyCollector, QueueCollector
from model_operator.shell.intake import Intake
from model_operator.shell.kept import Key
from model_operator.shell.leadership import Leadership
from model_operator.shell.loop import Loop, Pass
from model_operator.shell.measure import Measurements
from model_operator.shell.observe import Observer
from model_operator.shell.parse import parse_policy
from model_operator.shell.passes import ModelPass, PolicyPass, StatusWriter
from model_operator.shell.queue import WorkQueue
from model_operator.shell.registry_view import RegistryView
from model_operator.shell.resync import Resync
from model_operator.shell.training_view import TrainingView

logger = logging.getLogger(__name__)

DRAIN_SECONDS: Final = 10.0
_STUCK_AFTER: Final = 600.0  # seconds that no object waits in a healthy operator


@dataclass(frozen=True)
class Outside:
    """All that the operator needs from outside."""

    cluster: Cluster
    registry: ModelRegistry
    telemetry: Telemetry
    clock: Clock
    jitter: Callable[[], float]  # a number from 0 to 1
    leadership: Leadership | None = None  # None: there is no other replica
    streams_lists: bool = False  # whether the API server can send a list as a watch, one object at a time


class App:
    """The operator without its watches.

    Attributes:
        intake: where watch events go.
        ended: set when nothing runs any more, whether it was stopped or failed.
        failed: whether the operator could not go on.
    """

    def __init__(self, settings: Settings, outside: Outside) -> None:
        cluster, clock = outside.cluster, outside.clock
        self._settings = settings
        self._cluster = cluster
        self._metrics = metrics = Metrics()
        self._cache = cache = Cache()
        self._queue = queue = WorkQueue[Key](jitter=outside.jitter)
        limit = settings.max_concurrent_trainings
        budget = Budget(cache, clock=clock, wake=queue.add, operator_limit=limit)
        self.intake = Intake(cache, queue, budget)
        self._view = view = RegistryView(
            outside.registry,
            wake=queue.add,
            interval=self._check_interval,
            metrics=metrics,
            jitter=outside.jitter,
            spacing=settings.registry_spacing.total_seconds(),
        )
        self._measurements = Measurements(outside.telemetry, view, clock=clock, wake=queue.add, metrics=metrics)
        self._trainings = trainings = TrainingView(view, cache, wake=queue.add)
        writer, announcer = StatusWriter(cluster, self.intake, metrics), Announcer(cluster, metrics)
        self._observer = Observer(cache, view, trainings, self._measurements, budget, clock)
        model_pass = ModelPass(
            self._observer,
            Actor(cluster, view, intake=self.intake, budget=budget, metrics=metrics),
            writer,
            announcer,
            budget=budget,
            queue=queue,
            trainer=settings.trainer_defaults(),
        )
        passes: dict[Resource, Pass] = {
            Resource.SENSOR_MODEL: model_pass,
            Resource.RETRAINING_POLICY: PolicyPass(cache, writer, announcer, budget, clock),
        }
        self._loop = Loop(queue, passes, clock=clock, metrics=metrics)
        period = settings.resync_period.total_seconds()
        self._resync = Resync(cluster, cache, self.intake, metrics, period=period)
        self._may_write = outside.leadership.may_write if outside.leadership else always
        metrics.report_leader(self._may_write)
        metrics.registry.register(FleetCollector(cache))
        metrics.registry.register(PolicyCollector(cache, budget))
        metrics.registry.register(QueueCollector(queue))
        self._workers: list[asyncio.Task[None]] = []
        self._running: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()
        self.failed = False

    def start(self) -> None:
        """Start everything in the background."""
        self._running = asyncio.create_task(self._run(), name="operator")
        self._running.add_done_callback(self._note_end)

    async def stop(self) -> None:
        """Take no more work, let running passes end, and stop everything."""
        self._queue.close()
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=DRAIN_SECONDS)
            if late:
                logger.warning("%d passes did not end within %g s", len(late), DRAIN_SECONDS)
        if self._running:
            self._running.cancel()
            with suppress(asyncio.CancelledError, BaseExceptionGroup):  # a failure is logged where it is noticed
                await self._running

    def render_metrics(self) -> bytes:
        """The answer to a scrape; may be called in a thread."""
        return generate_latest(self._metrics.registry)

    def what_is_dead(self) -> list[str]:
        """What only a restart would mend."""
        problems = [f"the watch of {plural} is deaf" for plural in self._resync.deaf_watches()]
        if (waited := self._queue.longest_wait) > _STUCK_AFTER:
            problems.append(f"an object has been waiting for {waited:.0f} s")
        return problems

    def what_is_missing(self) -> list[str]:
        """What is not there yet; a standby is as ready as it can be."""
        return [] if self._resync.has_listed or not self._may_write() else ["not everything is listed yet"]

    async def _run(self) -> None:
        """Workers start only when everything has been listed: before, a Job could be missing that exists."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._view.run(), name="registry")
            for _ in range(self._settings.measurement_processes):
                tasks.create_task(self._measurements.run(), name="measurements")
            await self._resync.start()
            self._observer.cluster = self._settings.cluster or await self._cluster.identify()
            logger.info("everything is listed: %d SensorModels", len(self._cache.all(Resource.SENSOR_MODEL)))
            tasks.create_task(self._resync.run(), name="resync")
            tasks.create_task(self._trainings.run(), name="trainings")
            self._workers = [tasks.create_task(self._loop.work(), name="worker") for _ in range(self._settings.workers)]

    def _note_end(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()):
            self.failed = True
            for cause in error.exceptions if isinstance(error, BaseExceptionGroup) else [error]:
                logger.critical("the operator cannot go on: %s", cause, exc_info=cause)
        self.ended.set()

    def _check_interval(self) -> float | None:
        """The shortest check interval among policies that models name, in seconds."""
        intervals = [
            parse_duration(spec.check_interval).total_seconds()
            for policy in self._cache.all(Resource.RETRAINING_POLICY)
            if self._cache.models_of(policy.key) and (spec := parse_policy(policy).spec)
        ]
        return min(intervals, default=None)

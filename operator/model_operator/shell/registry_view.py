"""MLflow as passes see it. MLflow cannot be watched, so one sweep per shortest check interval stands in for a watch.

A pass asks `look` and mostly gets what is known; only a model whose fingerprint changed, that we have just written,
whose Job has just ended, or that was not read for a day is read. Few passes call MLflow at the same time: a pass that
finds no place ends, and comes again when there is one, so a slow MLflow keeps no worker from models that do not need
it. When MLflow does not answer, known models stay in use, the others wait without holding up anybody, and the sweep
alone tries again.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

from model_contract.progress import TrainingProgress
from model_operator.core.decision import RegistryWrite
from model_operator.core.observed import RegisteredModel
from model_operator.gateways.errors import GatewayError, Transient
from model_operator.gateways.protocols import ModelRegistry
from model_operator.metrics import Metrics
from model_operator.shell.kept import Key
from model_operator.shell.registry_knowledge import Knowledge

logger = logging.getLogger(__name__)

LEAST_SPACING: Final = 10.0  # seconds between two sweeps, whatever the policies ask for
PLACES: Final = 4  # passes that call MLflow at the same time
_FIRST_BACK_OFF: Final = 1.0  # seconds after the first sweep that failed; they double with every further one
_LONGEST_BACK_OFF: Final = 60.0
_LONGEST_ASKED_PAUSE: Final = 900.0  # that a server's Retry-After may impose


class NotYet(Exception):  # noqa: N818 - no error: the pass ends here, and its key is woken when it can go on
    """MLflow was not asked yet, or enough other passes are calling it."""


class Look(NamedTuple):
    """What a pass is told."""

    model: RegisteredModel | None  # None: it could not be read
    problem: str | None = None
    concerns_only_this_model: bool = False  # MLflow answers, but not for this model


class RegistryView:
    """What is known of the registered models, and the only way to MLflow.

    Args:
        registry: MLflow.
        wake: called for every SensorModel whose registered model changed, or can be read again.
        interval: seconds between two sweeps as the policies ask for it now; None: nobody asks.
        metrics: counts the calls.
        jitter: gives a number from 0 to 1 for each pause; half of every back-off is left to it.
        spacing: least seconds between two sweeps that succeed.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        *,
        wake: Callable[[Key], None],
        interval: Callable[[], float | None],
        metrics: Metrics,
        jitter: Callable[[], float],
        spacing: float = LEAST_SPACING,
    ) -> None:
        self._registry = registry
        self._wake = wake
        self._interval = interval
        self._metrics = metrics
        self._jitter = jitter
        self._spacing = spacing
        self._known = Knowledge()
        self._waiting: dict[Key, None] = {}  # until a sweep has come back
        self._in_line: dict[Key, None] = {}  # for a place
        self._places = PLACES
        self._problem: str | None = None  # None: MLflow answers
        self._asked = False  # the first sweep has come back, one way or the other
        self._alarm = asyncio.Event()  # a call failed between two sweeps

    async def look(self, key: Key, name: str, *, ended_job: str | None) -> Look:
        """The registered model of a SensorModel.

        Args:
            key: of the SensorModel, to be woken when the model changes.
            name: of the registered model.
            ended_job: uid of its newest Job that has ended, because the trainer may have registered a version.

        Raises:
            NotYet: come again when woken.
        """
        self._known.follow(key, name)
        if not self._asked:
            self._waiting[key] = None
            raise NotYet
        if (model := self._known.current(name, ended_job, asyncio.get_running_loop().time())) is not None:
            self._call_next()
            return Look(model)
        if self._problem:
            self._waiting[key] = None
            return Look(None, self._problem)
        with self._place(key):
            return await self._read(key, name, ended_job)

    async def write(self, key: Key, writes: tuple[RegistryWrite, ...]) -> None:
        """Write for a SensorModel, in order. Its next look reads what came of it.

        Raises:
            NotYet: nothing was written; come again when woken.
            Transient: MLflow does not answer.
            GatewayError: MLflow refuses; it holds what was written before.
        """
        if self._problem:
            raise Transient(self._problem)
        with self._place(key):
            for write in writes:
                try:
                    with self._metrics.call("registry.write"):
                        await self._registry.write(write)
                except Transient as error:
                    self.lose(error)
                    raise
                finally:
                    self._known.outdate(write.model)

    async def read_profile(self, run_id: str) -> bytes:
        """The drift profile of a run.

        Raises:
            GatewayError: it cannot be read, or MLflow does not answer.
        """
        if self._problem:
            raise Transient(self._problem)
        try:
            with self._metrics.call("registry.read_profile"):
                return await self._registry.read_profile(run_id)
        except Transient as error:
            self.lose(error)
            raise

    async def read_progress(self, jobs: Mapping[str, str]) -> dict[str, TrainingProgress]:
        """What running trainings say of themselves, by uid of the Job.

        Passes come first: it is told to people only, so it waits for an answering MLflow and a free place, and what
        goes wrong in its search of many runs says nothing about the registered models.

        Args:
            jobs: uid → name of the experiment.

        Raises:
            NotYet: MLflow was not asked; look again later.
            GatewayError: it cannot be read.
        """
        if self._problem or not self._asked:
            raise NotYet
        with self._place(None), self._metrics.call("registry.read_progress"):
            return await self._registry.read_progress(jobs)

    def lose(self, error: GatewayError) -> None:
        """A call failed in a way that concerns all models: nobody calls until a sweep has come back."""
        if self._problem is None:
            logger.warning("MLflow does not answer: %s", error)
        self._problem = str(error)
        self._alarm.set()
        self._wake_all(self._in_line)

    def forget(self, key: Key) -> None:
        """A SensorModel is gone."""
        self._waiting.pop(key, None)
        self._in_line.pop(key, None)
        self._known.forget(key)
        self._call_next()

    async def run(self) -> None:
        """Sweep for ever."""
        back_off = _FIRST_BACK_OFF
        while True:
            self._alarm.clear()
            try:
                await self._sweep()
            except GatewayError as error:
                self.lose(error)
                self._wake_all_at_the_start()
                asked = error.retry_after_seconds if isinstance(error, Transient) else None
                pause = back_off * (0.5 + 0.5 * self._jitter())
                await asyncio.sleep(max(pause, min(asked or 0.0, _LONGEST_ASKED_PAUSE)))
                back_off = min(2.0 * back_off, _LONGEST_BACK_OFF)
            else:
                await self._rest()
                back_off = _FIRST_BACK_OFF

    async def _sweep(self) -> None:
        with self._metrics.call("registry.sweep"):
            fingerprints = await self._registry.sweep()
        if self._problem is not None:
            logger.info("MLflow answers again")
        self._problem, self._asked = None, True
        for key in self._known.learn(fingerprints, asyncio.get_running_loop().time()):
            self._waiting[key] = None
        self._wake_all(self._waiting)

    def _wake_all_at_the_start(self) -> None:
        """Until the first sweep has come back, nobody was told anything."""
        if not self._asked:
            self._asked = True
            self._wake_all(self._waiting)

    async def _rest(self) -> None:
        """Until the next sweep is due, or MLflow was found to be gone."""
        swept_at = asyncio.get_running_loop().time()
        while not self._alarm.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._alarm.wait(), self._spacing)
            interval = self._interval()
            if interval is not None and asyncio.get_running_loop().time() - swept_at >= interval:
                return

    async def _read(self, key: Key, name: str, ended_job: str | None) -> Look:
        fingerprint = self._known.fingerprint(name)
        try:
            with self._metrics.call("registry.read_model"):
                model = await self._registry.read_model(name)
        except Transient as error:
            self.lose(error)
            self._waiting[key] = None
            return Look(None, str(error))
        except GatewayError as error:
            return Look(None, str(error), concerns_only_this_model=True)
        self._known.keep(model, fingerprint, ended_job)
        return Look(model)

    @contextmanager
    def _place(self, key: Key | None) -> Iterator[None]:
        """One of the few places. A pass that finds none stands in line; None stands in none."""
        if not self._places:
            if key is not None:
                self._in_line[key] = None
            raise NotYet
        self._places -= 1
        try:
            yield
        finally:
            self._places += 1
            self._call_next()

    def _call_next(self) -> None:
        """If there is a place, whoever stands in line comes again; if it needs none then, it calls the next."""
        if self._places and self._in_line:
            key = next(iter(self._in_line))
            del self._in_line[key]
            self._wake(key)

    def _wake_all(self, keys: dict[Key, None]) -> None:
        woken = list(keys)
        keys.clear()
        for key in woken:
            self._wake(key)

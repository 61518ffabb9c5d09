"""MLflow as passes see it. MLflow cannot be watched, so one sweep per shortest check interval stands in for a watch.

A pass asks `look` and mostly gets what is known; only a model whose fingerprint changed, that we have just written,
or whose Job has just ended is read. When MLflow does not answer, known models stay in use, the others wait without
holding up anybody, and the sweep alone tries again.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from model_operator.core.observed import RegisteredModel
from model_operator.gateways.errors import GatewayError, Transient
from model_operator.gateways.protocols import ModelRegistry
from model_operator.metrics import Metrics
from model_operator.shell.kept import Key

logger = logging.getLogger(__name__)

LEAST_SPACING: Final = 10.0  # seconds between two sweeps, whatever the policies ask for
_FIRST_BACK_OFF: Final = 1.0
_LONGEST_BACK_OFF: Final = 60.0


class Look(NamedTuple):
    """What a pass is told."""

    model: RegisteredModel | None  # None: it could not be read
    problem: str | None = None
    concerns_only_this_model: bool = False  # MLflow answers, but not for this model


@dataclass(slots=True)
class _Known:
    model: bytes  # JSON: a tenth of the memory of the parsed model
    exists: bool
    fingerprint: str | None  # of the sweep before it was read; None: the sweep did not show it
    ended_job: str | None  # uid of the newest Job that had ended when it was read


class RegistryView:
    """What is known of the registered models.

    Args:
        registry: MLflow.
        wake: called for every SensorModel whose registered model changed, or can be read again.
        interval: seconds between two sweeps as the policies ask for it now; None: nobody asks.
        metrics: counts the calls.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        *,
        wake: Callable[[Key], None],
        interval: Callable[[], float | None],
        metrics: Metrics,
    ) -> None:
        self._registry = registry
        self._wake = wake
        self._interval = interval
        self._metrics = metrics
        self._fingerprints: dict[str, str] | None = None  # of the newest sweep; None: there was none
        self._known: dict[str, _Known] = {}
        self._names: dict[Key, str] = {}
        self._keys: dict[str, dict[Key, None]] = {}
        self._waiting: set[Key] = set()  # were told that MLflow does not answer
        self._problem: str | None = None  # None: MLflow answers
        self._asked = asyncio.Event()  # the first sweep has come back, one way or the other
        self._alarm = asyncio.Event()  # a call failed between two sweeps

    async def look(self, key: Key, name: str, *, ended_job: str | None) -> Look:
        """The registered model of a SensorModel.

        Args:
            key: of the SensorModel, to be woken when the model changes.
            name: of the registered model.
            ended_job: uid of its newest Job that has ended, because the trainer may have registered a version.
        """
        self._remember(key, name)
        await self._asked.wait()
        known = self._known.get(name)
        fingerprint = (self._fingerprints or {}).get(name)
        if known and (known.fingerprint, known.ended_job) == (fingerprint, ended_job):
            return Look(RegisteredModel.model_validate_json(known.model))
        if self._fingerprints is None or self._problem:
            self._waiting.add(key)
            return Look(None, self._problem)
        if known is None and fingerprint is None and ended_job is None:
            return Look(RegisteredModel(name=name))
        return await self._read(key, name, fingerprint, ended_job)

    def outdate(self, name: str) -> None:
        """The model was written: the next look reads it."""
        known = self._known.get(name)
        if known:
            known.fingerprint = ""  # that of no sweep

    def lose(self, error: GatewayError) -> None:
        """A call failed in a way that concerns all models: nobody calls until a sweep has come back."""
        if self._problem is None:
            logger.warning("MLflow does not answer: %s", error)
        self._problem = str(error)
        self._alarm.set()

    def forget(self, key: Key) -> None:
        """A SensorModel is gone."""
        self._waiting.discard(key)
        name = self._names.pop(key, None)
        if name is not None and (keys := self._keys.get(name)) is not None:
            keys.pop(key, None)
            if not keys:
                del self._keys[name]
                self._known.pop(name, None)

    async def run(self) -> None:
        """Sweep for ever."""
        back_off = _FIRST_BACK_OFF
        while True:
            self._alarm.clear()
            try:
                await self._sweep()
            except GatewayError as error:
                self.lose(error)
                self._asked.set()
                await asyncio.sleep(back_off)
                back_off = min(2.0 * back_off, _LONGEST_BACK_OFF)
            else:
                self._asked.set()
                await self._rest()
                back_off = _FIRST_BACK_OFF

    async def _sweep(self) -> None:
        with self._metrics.call("registry.sweep"):
            fingerprints = await self._registry.sweep()
        if self._problem is not None:
            logger.info("MLflow answers again")
        self._problem, self._fingerprints = None, fingerprints
        changed = [name for name in self._keys if self._has_changed(name, fingerprints.get(name))]
        woken = set(self._waiting).union(*(self._keys[name] for name in changed))
        self._waiting.clear()
        for key in woken:
            self._wake(key)

    def _has_changed(self, name: str, fingerprint: str | None) -> bool:
        """Whether the newest sweep says something else than what passes were told."""
        known = self._known.get(name)
        if known is None:
            return fingerprint is not None
        if fingerprint is None and known.exists:
            self.outdate(name)  # it was registered after the sweep before, and is gone already
        return known.fingerprint != fingerprint

    async def _rest(self) -> None:
        """Until the next sweep is due, or MLflow was found to be gone."""
        swept_at = asyncio.get_running_loop().time()
        while not self._alarm.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._alarm.wait(), LEAST_SPACING)
            interval = self._interval()
            if interval is not None and asyncio.get_running_loop().time() - swept_at >= interval:
                return

    async def _read(self, key: Key, name: str, fingerprint: str | None, ended_job: str | None) -> Look:
        try:
            with self._metrics.call("registry.read_model"):
                model = await self._registry.read_model(name)
        except Transient as error:
            self.lose(error)
            self._waiting.add(key)
            return Look(None, str(error))
        except GatewayError as error:
            return Look(None, str(error), concerns_only_this_model=True)
        exists = model.owner is not None or bool(model.versions)
        self._known[name] = _Known(model.model_dump_json().encode(), exists, fingerprint, ended_job)
        return Look(model)

    def _remember(self, key: Key, name: str) -> None:
        if self._names.get(key) != name:
            self.forget(key)
            self._names[key] = name
            self._keys.setdefault(name, {})[key] = None

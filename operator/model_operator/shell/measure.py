"""Drift measurements: a few at a time, beside the passes, never within one.

A pass that finds a measurement due asks for it and goes on; when the result is there, the model is woken and the next
pass observes it. So a fleet whose measurements fall due together holds up no new model. Every measurement ends in a
result, also one that could not be made: the status says so, and the next check interval tries again.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.gateways.errors import GatewayError
from model_operator.gateways.protocols import Clock, Telemetry
from model_operator.metrics import Metrics
from model_operator.shell.kept import Key

logger = logging.getLogger(__name__)

_PROFILES_KEPT: Final = 256


class Profiles(Protocol):
    """Drift profiles by run; `shell.registry_view` has them."""

    async def read_profile(self, run_id: str) -> bytes:
        """The drift profile among the artifacts of a run."""


class _Measured(NamedTuple):
    plan: MeasurementPlan
    at: datetime
    result: Measurement


class Measurements:
    """Measurements that wait, run, and have been made.

    Args:
        telemetry: makes them.
        profiles: where they are read from.
        clock: when they are made.
        wake: called for a model whose measurement has been made.
        metrics: counts the calls.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        profiles: Profiles,
        *,
        clock: Clock,
        wake: Callable[[Key], None],
        metrics: Metrics,
    ) -> None:
        self._telemetry = telemetry
        self._source = profiles
        self._clock = clock
        self._wake = wake
        self._metrics = metrics
        self._asked: dict[Key, MeasurementPlan] = {}
        self._order: asyncio.Queue[Key] = asyncio.Queue()
        self._measured: dict[Key, _Measured] = {}
        self._profiles: OrderedDict[str, bytes] = OrderedDict()  # by digest, least recently used first

    def ask(self, key: Key, plan: MeasurementPlan) -> None:
        """Measure soon; while a measurement waits or runs, asking again changes nothing."""
        if key not in self._asked:
            self._asked[key] = plan
            self._order.put_nowait(key)

    def measured_at(self, key: Key, plan: MeasurementPlan) -> datetime | None:
        """When this process last did just that; None when it did not."""
        measured = self._measured.get(key)
        return measured.at if measured and measured.plan == plan else None

    def result(self, key: Key, plan: MeasurementPlan) -> Measurement | None:
        """What it found; None when there is nothing."""
        measured = self._measured.get(key)
        return measured.result if measured and measured.plan == plan else None

    def forget(self, key: Key) -> None:
        """A SensorModel is gone."""
        self._asked.pop(key, None)
        self._measured.pop(key, None)

    async def run(self) -> None:
        """Make measurements for ever, one after the other; run as many as may be made at the same time."""
        while True:
            key = await self._order.get()
            plan = self._asked.get(key)
            if plan is None:
                continue  # forgotten meanwhile
            result = await self._measure(plan)
            if self._asked.pop(key, None) is not None:
                self._measured[key] = _Measured(plan, self._clock.now(), result)
                self._wake(key)

    async def _measure(self, plan: MeasurementPlan) -> Measurement:
        try:
            profile = await self._profile(plan)
        except GatewayError as error:
            message = f"drift profile of version {plan.version}: {error}"
            return _without_verdict(plan, Reason.REGISTRY_UNAVAILABLE, message)
        try:
            with self._metrics.call("telemetry.measure"):
                return await self._telemetry.measure(plan, profile, self._clock.now())
        except GatewayError as error:
            logger.warning("no measurement of %s: %s", plan.model, error)
            return _without_verdict(plan, Reason.TELEMETRY_UNAVAILABLE, str(error))

    async def _profile(self, plan: MeasurementPlan) -> bytes | None:
        """The profile of a version, read once and kept while it is in use; None when it has none."""
        if plan.profile_digest is None:
            return None
        profile = self._profiles.get(plan.profile_digest)
        if profile is None:
            profile = await self._source.read_profile(plan.run_id)
            self._profiles[plan.profile_digest] = profile
            if len(self._profiles) > _PROFILES_KEPT:
                self._profiles.popitem(last=False)
        self._profiles.move_to_end(plan.profile_digest)
        return profile


def _without_verdict(plan: MeasurementPlan, reason: Reason, message: str) -> Measurement:
    return Measurement(
        reference_version=plan.version,
        profile_digest=plan.profile_digest,
        current=None,
        problem=reason,
        message=message[:1024],
    )

"""Lists everything: once before the first pass, then every resync period, to repair what a watch gap has swallowed.

Kopf's watches re-list after a gap too, but never report what was deleted in it. Jobs come before SensorModels, so that
no status is known that names a Job which is not.
"""

import asyncio
import logging
from typing import Final

from model_operator.gateways.errors import GatewayError, NotFound
from model_operator.gateways.protocols import Cluster
from model_operator.gateways.resources import Resource
from model_operator.metrics import Metrics
from model_operator.shell.cache import Cache
from model_operator.shell.intake import Intake
from model_operator.shell.kept import key_of

logger = logging.getLogger(__name__)

_ORDER: Final = (Resource.POD, Resource.JOB, Resource.RETRAINING_POLICY, Resource.SENSOR_MODEL)
_AFTER_FAILURE: Final = 5.0  # seconds
_DEAF_AFTER: Final = 60.0  # seconds in which a watch that works tells what a re-list has found


class Resync:
    """Re-lists, and what they say about the watches."""

    def __init__(self, cluster: Cluster, cache: Cache, intake: Intake, metrics: Metrics, *, period: float) -> None:
        self._cluster = cluster
        self._cache = cache
        self._intake = intake
        self._metrics = metrics
        self._period = period
        self._repaired_at: dict[Resource, float] = {}
        self.has_listed = False  # everything, at least once

    async def start(self) -> None:
        """List everything for the first time; returns when that has succeeded.

        Raises:
            NotFound: the API server does not know our kinds.
        """
        while not self.has_listed:
            try:
                await self._list_all()
            except NotFound as error:
                hint = "the CRDs of sensormodel.io are not installed: kubectl apply -f crds/"
                raise NotFound(f"{hint} ({error})") from error
            except GatewayError as error:
                logger.warning("cannot list yet: %s", error)
                await asyncio.sleep(_AFTER_FAILURE)
            else:
                self.has_listed = True

    async def run(self) -> None:
        """List everything every period, for ever."""
        pause = self._period
        while True:
            await asyncio.sleep(pause)
            try:
                await self._list_all()
            except GatewayError as error:
                logger.warning("re-list failed: %s", error)
                pause = _AFTER_FAILURE
            else:
                pause = self._period

    def deaf_watches(self) -> list[str]:
        """The kinds of which a re-list found changes that the watch has not told since."""
        now = asyncio.get_running_loop().time()
        return [
            resource.value.plural
            for resource, at in self._repaired_at.items()
            if now - at > _DEAF_AFTER and self._intake.heard_at.get(resource, 0.0) < at
        ]

    async def _list_all(self) -> None:
        for resource in _ORDER:
            with self._metrics.call(f"cluster.list_{resource.value.plural}"):
                repairs = await self._list(resource)
            if self.has_listed and repairs:
                self._metrics.repairs.labels(resource.value.plural).inc(repairs)
                self._repaired_at[resource] = asyncio.get_running_loop().time()

    async def _list(self, resource: Resource) -> int:
        unlisted, repairs = self._cache.begin_listing(resource), 0
        async for obj in self._cluster.list_objects(resource):
            unlisted.pop(key_of(resource, obj), None)
            repairs += self._intake.learn(resource, obj)
        return repairs + self._intake.prune(unlisted)

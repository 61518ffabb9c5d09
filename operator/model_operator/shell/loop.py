"""The workers: each takes a key, runs the pass of its kind, and says when the key comes again.

The one place where any error ends: it is logged with its key, and the key comes again after its back-off. A pass
writes its status last, so a pass that failed has written none.
"""

import logging
import time
from collections.abc import Mapping
from typing import Final, Protocol

from model_operator.gateways.errors import Conflict, GatewayError, NotFound, Transient
from model_operator.gateways.protocols import Clock
from model_operator.gateways.resources import Resource
from model_operator.metrics import Metrics
from model_operator.shell.kept import Key
from model_operator.shell.passes import Outcome
from model_operator.shell.queue import WorkQueue

logger = logging.getLogger(__name__)

_AFTER_CONFLICT: Final = 0.2  # seconds in which the watch tells what has changed


class Pass(Protocol):
    """One pass for one object."""

    async def run(self, key: Key) -> Outcome:
        """Bring the object to where it should be, and say when to look again."""


class Loop:
    """What all workers share."""

    def __init__(
        self, queue: WorkQueue[Key], passes: Mapping[Resource, Pass], *, clock: Clock, metrics: Metrics
    ) -> None:
        self._queue = queue
        self._passes = passes
        self._clock = clock
        self._metrics = metrics

    async def work(self) -> None:
        """One worker, until the queue is closed."""
        while (key := await self._queue.get()) is not None:
            started = time.perf_counter()
            try:
                await self.run_pass(key)
            finally:
                self._metrics.pass_seconds.labels(key.resource.value.kind).observe(time.perf_counter() - started)
                self._queue.done(key)

    async def run_pass(self, key: Key) -> None:
        """One pass, and when its key comes again."""
        try:
            outcome = await self._passes[key.resource].run(key)
        except Conflict as error:
            self._note(key, error, logging.INFO)
            self._queue.add_after(key, _AFTER_CONFLICT)
        except NotFound as error:  # deleted under our hands; the watch is about to tell
            self._note(key, error, logging.INFO)
        except Transient as error:
            self._note(key, error, logging.WARNING)
            self._queue.retry(key, at_least=error.retry_after_seconds or 0.0)
        except Exception as error:  # noqa: BLE001 - the only one: a bug in one pass must not stop the others
            self._note(key, error, logging.ERROR)
            self._queue.retry(key)
        else:
            self._plan(key, outcome)

    def _plan(self, key: Key, outcome: Outcome) -> None:
        if outcome.retry:
            self._queue.retry(key)
        else:
            self._queue.succeed(key)
        if outcome.at is not None:
            self._queue.add_after(key, (outcome.at - self._clock.now()).total_seconds())

    def _note(self, key: Key, error: Exception, level: int) -> None:
        kind = key.resource.value.kind
        self._metrics.pass_failures.labels(kind, type(error).__name__).inc()
        bug = not isinstance(error, GatewayError)
        about = {"kind": kind, "namespace": key.namespace, "name": key.name}
        logger.log(level, "pass failed: %s", error, exc_info=error if bug else None, extra={"k8s_ref": about})

"""Holds the Lease of this installation, so that of several replicas one acts.

`__main__` waits for it before Kopf starts, keeps it while Kopf runs and releases it after. A leader that could not
renew for `RENEW_DEADLINE` ends its process at once, because a call to MLflow that runs in a thread cannot be taken back
in any other way. Writers ask `may_write` before each request: a process that was stopped and goes on after
somebody else has taken over writes nothing.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from model_operator.core.leadership import (
    RENEW_DEADLINE,
    RETRY_PERIOD,
    Lease,
    LeaseStep,
    next_lease_step,
    released,
    renewed,
    taken,
)
from model_operator.gateways.errors import Conflict, GatewayError, NotFound
from model_operator.gateways.protocols import Leases

logger = logging.getLogger(__name__)


class Leadership:
    """The claim of this process to be the one that acts.

    Args:
        leases: the Lease.
        identity: of this process, different in every one.
        monotonic: seconds of a clock that nobody sets.
        jitter: a number from 0 to 1, so that standbys do not all knock at once.
    """

    def __init__(
        self, leases: Leases, *, identity: str, monotonic: Callable[[], float], jitter: Callable[[], float]
    ) -> None:
        self._leases = leases
        self._identity = identity
        self._monotonic = monotonic
        self._jitter = jitter
        self._lease: Lease | None = None  # as it was last seen; None: there is none
        self._changed_at = -math.inf  # when that was first seen, by the monotonic clock
        self._until = -math.inf  # may write before that, by the same clock
        self._must_read = True  # a leader that renews in time knows the version that it wrote

    def may_write(self) -> bool:
        """Whether this process leads and has renewed in time; may be asked in any thread."""
        return self._monotonic() < self._until

    async def acquire(self) -> None:
        """Wait until this process leads."""
        logger.info("%s stands by", self._identity)
        leads = await self._attempt()
        while not leads:
            await asyncio.sleep(RETRY_PERIOD * (1.0 + 0.1 * self._jitter()))
            leads = await self._attempt()
        logger.info("%s leads", self._identity)

    async def keep(self) -> str:
        """Renew until leadership is lost; says how."""
        while (left := self._until - self._monotonic()) > 0.0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await asyncio.sleep(RETRY_PERIOD)
                    await self._attempt()
            if self._lease is not None and self._lease.holder != self._identity:
                self._until = -math.inf
                return f"the lease is held by {self._lease.holder or 'nobody'}"
        return f"the lease was not renewed for {RENEW_DEADLINE:g} s"

    async def release(self) -> None:
        """Let the next replica lead at once; if that fails, it leads when the Lease has expired."""
        lease, self._until = self._lease, -math.inf
        if lease is None or lease.holder != self._identity:
            return
        try:
            self._lease = await self._leases.write(released(lease, datetime.now(UTC)))
        except GatewayError as error:
            logger.warning("the lease could not be released: %s", error)
        else:
            logger.info("%s has released the lease", self._identity)

    async def _attempt(self) -> bool:
        """Take or renew the Lease if that is due; whether this process leads now."""
        asked_at = self._monotonic()
        try:
            if self._must_read:
                self._see(await self._leases.read())
            lease, now = self._lease, datetime.now(UTC)
            unchanged_for = self._monotonic() - self._changed_at
            step = next_lease_step(lease, self._identity, leads=self.may_write(), unchanged_for=unchanged_for)
            if step is LeaseStep.WAIT:
                return False
            wanted = renewed(lease, now) if lease and step is LeaseStep.RENEW else taken(lease, self._identity, now)
            self._see(await self._leases.write(wanted))
        except (Conflict, NotFound):  # somebody wrote or deleted it: look before the next step
            self._must_read = True
            return False
        except GatewayError as error:
            self._must_read = True
            logger.warning("the lease could not be read or written: %s", error)
            return False
        self._must_read, self._until = False, asked_at + RENEW_DEADLINE
        return True

    def _see(self, lease: Lease | None) -> None:
        if _what_a_holder_changes(lease) != _what_a_holder_changes(self._lease):
            self._changed_at = self._monotonic()
        self._lease = lease


def _what_a_holder_changes(lease: Lease | None) -> tuple[object, ...] | None:
    """Not the resource version: an annotation by somebody else keeps no dead leader in office."""
    return None if lease is None else (lease.holder, lease.renew_time, lease.transitions)

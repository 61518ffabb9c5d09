"""A process that leads for as long as it acts: waits for the Lease before, keeps it meanwhile, releases it after.

`__main__` runs Kopf inside; the rules are those of `core.leadership`. Losing the Lease ends the process here and now:
a call to MLflow that runs in a thread cannot be taken back in any other way, and a pod is started again.
"""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from model_operator.shell.leadership import Leadership

logger = logging.getLogger(__name__)

EX_LOST: Final = 75  # EX_TEMPFAIL


@asynccontextmanager
async def leading(leadership: Leadership) -> AsyncIterator[bool]:
    """Whether this process leads; False when it was told to end before that."""
    if not await _acquire(leadership):
        yield False
        return
    keeping = asyncio.create_task(_keep(leadership), name="leadership")
    try:
        yield True
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await leadership.release()


async def _acquire(leadership: Leadership) -> bool:
    """Wait to lead, or to be told to end. Kopf puts signal handlers of its own in the place of these."""
    told_to_end, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_end.set)
    acquiring = asyncio.create_task(leadership.acquire())
    ending = asyncio.create_task(told_to_end.wait())
    await asyncio.wait({acquiring, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if acquiring.done() and not told_to_end.is_set():
        await acquiring
        return True
    acquiring.cancel()
    with suppress(asyncio.CancelledError):
        await acquiring
    await leadership.release()  # a call in flight may have taken it
    return False


async def _keep(leadership: Leadership) -> None:
    reason = await leadership.keep()
    logger.critical("%s: this process ends, another replica leads", reason)
    logging.shutdown()
    os._exit(EX_LOST)

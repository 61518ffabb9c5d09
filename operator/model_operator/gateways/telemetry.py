"""Drift measurements in worker processes: whatever a file does to its reader, the operator goes on.

`app` builds one `WorkerTelemetry`, the shell calls it. A process that exceeds its time is killed, one that exceeds its
memory or dies ends its own measurement only; the next measurement finds a new process. Processes start with the first
measurement and end when there is none for a while.

Start the operator as `python -m model_operator`: a process that is spawned from another kind of main module imports
that module, and with it all of the operator.
"""

import asyncio
import multiprocessing
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from pathlib import Path
from typing import Final

from pebble import ProcessExpired, ProcessPool

from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.gateways import telemetry_worker

_TASKS_PER_PROCESS: Final = 200  # then it is replaced, and with it whatever a library leaked
_STARTED_WITHIN: Final = 30.0  # seconds until a process takes a measurement; beyond it the pool is stuck
_LOOK_EVERY: Final = 1.0  # seconds
_ATTEMPTS: Final = 2  # a broken pool is no fault of the telemetry


class WorkerTelemetry:
    """Implements `Telemetry`.

    Args:
        roots: folders, and buckets with the first segments of a key, below which telemetry may be read.
        processes: measurements at the same time.
        memory_bytes: that one measurement may allocate.
        timeout_seconds: that one measurement may take.
        idle_seconds: after which processes without work end.
    """

    def __init__(
        self,
        roots: tuple[Path | str, ...],
        *,
        processes: int,
        memory_bytes: int,
        timeout_seconds: float,
        idle_seconds: float = 60.0,
    ) -> None:
        self._roots = tuple(map(str, roots))
        self._processes = processes
        self._memory_bytes = memory_bytes
        self._timeout = timeout_seconds
        self._idle = idle_seconds
        self._pool: ProcessPool | None = None
        self._free = asyncio.Semaphore(processes)  # no measurement waits within the pool, where its time would count
        self._running = 0  # measurements
        self._idle_end: asyncio.TimerHandle | None = None

    async def close(self) -> None:
        """End all processes; running measurements end with a problem."""
        if self._idle_end is not None:
            self._idle_end.cancel()
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await asyncio.to_thread(_end, pool)

    async def measure(self, plan: MeasurementPlan, profile: bytes | None, now: datetime) -> Measurement:
        """Judge the newest complete windows; what is wrong with the data comes back as fault or problem."""
        self._running += 1
        try:
            async with self._free:
                return await self._measure(plan, profile, now)
        finally:
            self._running -= 1
            self._end_processes_later()

    async def _measure(self, plan: MeasurementPlan, profile: bytes | None, now: datetime) -> Measurement:
        for _ in range(_ATTEMPTS):
            try:
                return Measurement.model_validate_json(await self._answer(plan, profile, now))
            except TimeoutError:
                return _unreadable(plan, f"reading it takes longer than {self._timeout:g} s")
            except ProcessExpired as error:
                return _unreadable(plan, f"its reader died with exit code {error.exitcode}")
            except RuntimeError:  # BrokenProcessPool, or what Pebble raises when asked while it breaks
                continue
        return _unreadable(plan, "its reader did not start")

    async def _answer(self, plan: MeasurementPlan, profile: bytes | None, now: datetime) -> str:
        """What a process answers.

        Raises:
            TimeoutError: it took too long.
            ProcessExpired: it died.
            BrokenProcessPool: no process took the measurement, for example because they died while they were idle.
        """
        pool = self._running_pool()
        arguments = (plan.model_dump_json(), profile, now, self._roots)
        answer = asyncio.wrap_future(pool.schedule(telemetry_worker.measure, arguments, timeout=self._timeout))
        clock = asyncio.get_running_loop().time
        latest = clock() + self._timeout + _STARTED_WITHIN
        try:
            while not answer.done():  # Pebble forgets what was asked of it while it broke, so look at it too
                if not pool.active or clock() > latest:
                    self._let_go(pool)
                    raise BrokenProcessPool
                await asyncio.wait({answer}, timeout=_LOOK_EVERY)
            return str(answer.result())
        finally:
            answer.cancel()

    def _end_processes_later(self) -> None:
        """Idle processes keep 150 MiB each and the pool's threads wake ten times a second: end them after a while."""
        if self._idle_end is not None:
            self._idle_end.cancel()
        loop = asyncio.get_running_loop()
        self._idle_end = loop.call_later(self._idle, self._end_processes_if_idle)

    def _end_processes_if_idle(self) -> None:
        if self._pool is not None and not self._running:
            self._let_go(self._pool)

    def _running_pool(self) -> ProcessPool:
        """The pool; a new one at first, after a while without work, and after processes died while they were idle."""
        if self._pool is not None and not self._pool.active:
            self._let_go(self._pool)
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._processes,
                max_tasks=_TASKS_PER_PROCESS,
                initializer=telemetry_worker.prepare,
                initargs=(self._memory_bytes, self._roots),
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool

    def _let_go(self, pool: ProcessPool) -> None:
        """End a pool in the background, unless another measurement did so already."""
        if self._pool is pool:
            self._pool = None
            asyncio.get_running_loop().run_in_executor(None, _end, pool)


def _unreadable(plan: MeasurementPlan, what_happened: str) -> Measurement:
    return telemetry_worker.without_verdict(plan, Reason.TELEMETRY_UNREADABLE, f"{plan.telemetry.uri}: {what_happened}")


def _end(pool: ProcessPool) -> None:
    pool.stop()
    pool.join()

"""Which objects are due for a pass, with the guarantees of client-go's work queue.

A key waits once however often it is added, is never worked on twice at the same time, and comes again when it was
added while it was worked on. Keys that fail come back after an exponential back-off; keys that are due later lie in
one heap, so an idle fleet costs one timer. `shell.intake` adds keys, the workers of `shell.worker` take them. Nothing
here knows what a key means.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class WorkQueue(Generic[K]):
    """A queue of keys; to be used from one event loop, whose clock it follows.

    Args:
        jitter: gives a number from 0 to 1 for each retry; half of every back-off is left to it.
        first_back_off: seconds after the first failure; they double with every further one.
        longest_back_off: seconds.
    """

    def __init__(
        self, *, jitter: Callable[[], float], first_back_off: float = 0.5, longest_back_off: float = 300.0
    ) -> None:
        self._jitter = jitter
        self._first_back_off = first_back_off
        self._longest_back_off = longest_back_off
        self._order: asyncio.Queue[K | None] = asyncio.Queue()  # None: the queue is closed
        self._ready: dict[K, float] = {}  # since when a key waits for a worker
        self._running: dict[K, float] = {}  # since when a worker has a key
        self._again: set[K] = set()  # added while a worker has it
        self._due: dict[K, float] = {}  # when a key that waits for its time shall become ready
        self._heap: list[tuple[float, int, K]] = []  # what _due says, and entries that it has outdated
        self._sequence = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._failures: dict[K, int] = {}
        self._closed = False

    @property
    def depth(self) -> int:
        """Keys that wait for a worker."""
        return len(self._ready)

    @property
    def retrying(self) -> int:
        """Keys whose last pass failed."""
        return len(self._failures)

    @property
    def longest_wait(self) -> float:
        """Seconds that the oldest key has been waiting for a worker, or for its worker to end."""
        since = [next(iter(keys.values())) for keys in (self._ready, self._running) if keys]
        return self._now() - min(since) if since else 0.0

    def add(self, key: K) -> None:
        """The key is due now."""
        if self._closed or key in self._ready:
            return
        if key in self._running:
            self._again.add(key)
        else:
            self._ready[key] = self._now()
            self._order.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """The key is due in some time, unless it is due earlier already."""
        if seconds <= 0:
            self.add(key)
            return
        when = self._now() + seconds
        if not self._closed and when < self._due.get(key, float("inf")):
            self._due[key] = when
            heapq.heappush(self._heap, (when, next(self._sequence), key))
            self._set_timer()

    def retry(self, key: K, *, at_least: float = 0.0) -> None:
        """The key's pass failed: it is due again after its back-off."""
        failures = self._failures.get(key, 0)
        back_off = min(self._first_back_off * 2.0 ** min(failures, 60), self._longest_back_off)
        self._failures[key] = failures + 1
        self.add_after(key, max(at_least, back_off * (0.5 + 0.5 * self._jitter())))

    def succeed(self, key: K) -> None:
        """The key's pass succeeded: its next failure is a first one."""
        self._failures.pop(key, None)

    async def get(self) -> K | None:
        """The key that waits longest, for a worker that must call `done`; None when the queue is closed.

        What the key was due for later is forgotten: a pass says anew when to look again.
        """
        key = await self._order.get()
        if key is None or self._closed:
            self._order.put_nowait(None)
            return None
        del self._ready[key]
        self._due.pop(key, None)
        self._running[key] = self._now()
        return key

    def done(self, key: K) -> None:
        """A worker is through with the key."""
        del self._running[key]
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def close(self) -> None:
        """Give no more keys to workers and take no more."""
        self._closed = True
        self._order.put_nowait(None)
        if self._timer:
            self._timer.cancel()

    def _set_timer(self) -> None:
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._heap[0][0], self._ripen) if self._heap else None

    def _ripen(self) -> None:
        """Make ready what is due by now."""
        now = self._now()
        while self._heap and self._heap[0][0] <= now:
            when, _, key = heapq.heappop(self._heap)
            if self._due.get(key) == when:
                del self._due[key]
                self.add(key)
        self._set_timer()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

"""An asyncio server in a thread of its own, for tests that are not asynchronous themselves.

`http_proxy` and `wire` build on it.
"""

import asyncio
import threading
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Final, Self

_PATIENCE: Final = 30.0  # seconds


class BackgroundServer(ABC):
    """Serves while the context lasts; on entry it listens."""

    _loop: asyncio.AbstractEventLoop
    _stop: asyncio.Event

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(_PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_PATIENCE)

    @abstractmethod
    def _listening(self) -> AbstractAsyncContextManager[None]:
        """Listen while the context lasts; entered in the loop of the thread."""

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self._listening():
            self._ready.set()
            await self._stop.wait()

"""A TCP connection that a test can cut as a network does: nothing is refused and nothing is closed, nothing arrives."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from tests.proxies.background import BackgroundServer

_CHUNK: Final = 2**16


class Wire(BackgroundServer):
    """Passes bytes on to a server, both ways, except while it is cut.

    What was sent meanwhile, the end of a connection included, arrives when it is mended, even from a process that has
    ended since: kernels send it again and again.

    Args:
        upstream: `host:port` of the server.

    Attributes:
        port: where it listens, on 127.0.0.1.
        held: set once something has been sent that could not pass.
    """

    def __init__(self, upstream: str) -> None:
        self._host, port = upstream.rsplit(":", 1)
        self._port = int(port)
        self.port = 0
        self.held = threading.Event()

    def cut(self) -> None:
        """Let nothing pass any more."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """Let everything pass, what was held first."""
        self._loop.call_soon_threadsafe(self._whole.set)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        self._whole = asyncio.Event()
        self._whole.set()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._pass()
            onward, back = await asyncio.open_connection(self._host, self._port)
            await asyncio.gather(self._pump(reader, back), self._pump(onward, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(_CHUNK):
                await self._pass()
                writer.write(chunk)
                await writer.drain()
            await self._pass()
        except OSError:
            await self._pass()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _pass(self) -> None:
        if not self._whole.is_set():
            self.held.set()
        await self._whole.wait()

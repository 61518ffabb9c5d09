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
        is_cut: set once it is cut.
    """

    def __init__(self, upstream: str) -> None:
        self._host, port = upstream.rsplit(":", 1)
        self._port = int(port)
        self.port = 0
        self.is_cut = threading.Event()
        self._last_words: bytes | None = None

    def cut_at(self, words: bytes) -> None:
        """Let nothing pass any more once the client says these words; they are held, too."""
        self._last_words = words

    def mend(self) -> None:
        """Let everything pass, what was held first."""
        self._last_words = None
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
            await self._whole.wait()
            onward, back = await asyncio.open_connection(self._host, self._port)
            await asyncio.gather(self._pump(reader, back), self._pump(onward, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(_CHUNK):
                if self._last_words and self._last_words in chunk:
                    self._whole.clear()
                    self.is_cut.set()
                await self._whole.wait()
                writer.write(chunk)
                await writer.drain()
            await self._whole.wait()
        except OSError:
            await self._whole.wait()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

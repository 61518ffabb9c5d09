"""A proxy between the operator and a real server that can end the operator at any write.

It forwards everything, streams watches, and keeps the order of writes. What happens at a write is a function that the test
gives: it sees the write before it reaches the server, and again after the server has answered.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from aiohttp import ClientPayloadError, ClientSession, ClientTimeout, TCPConnector, web

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "host", "keep-alive", "content-encoding"})


@dataclass(frozen=True)
class Write:
    """One write on its way; `committed` once the server has answered it."""

    method: str
    path: str
    body: bytes
    committed: bool


class Killed(Exception):  # noqa: N818 - the caller is gone
    """The client was killed: it gets no answer."""


class FaultProxy:
    """Forwards plain HTTP to `upstream`; runs in a thread of its own while the context lasts.

    Args:
        upstream: base URL of the server.
        tls: for https, with the credentials of a client.
        at_write: called before and after each write; raises Killed when it has killed the client.
    """

    def __init__(self, upstream: str, at_write: Callable[[Write], None], tls: ssl.SSLContext | None = None) -> None:
        self._upstream = upstream.rstrip("/")
        self._at_write = at_write
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._loop.close()

    async def _serve(self) -> None:
        connector = TCPConnector(ssl=self._tls or True, limit=0)
        async with ClientSession(
            connector=connector, timeout=ClientTimeout(total=None), auto_decompress=False
        ) as self._session:
            app = web.Application(client_max_size=64 * 2**20)
            app.router.add_route("*", "/{path:.*}", self._forward)
            runner = web.AppRunner(app, shutdown_timeout=0.5, handler_cancellation=True)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            self._ready.set()
            await self._stop.wait()
            await runner.cleanup()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        is_write = request.method in WRITES
        try:
            if is_write:
                self._at_write(Write(request.method, request.path, body, committed=False))
            headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP}
            async with self._session.request(
                request.method,
                self._upstream + request.raw_path,
                headers=headers,
                data=body or None,
                allow_redirects=False,
                skip_auto_headers=("Content-Type", "User-Agent", "Accept", "Accept-Encoding"),
            ) as upstream:
                if is_write:
                    content = await upstream.read()
                    self._at_write(Write(request.method, request.path, body, committed=True))
                    return web.Response(status=upstream.status, body=content, headers=_kept(upstream.headers))
                answer = web.StreamResponse(status=upstream.status, headers=_kept(upstream.headers))
                await answer.prepare(request)
                async for chunk in upstream.content.iter_any():
                    await answer.write(chunk)
                return answer
        except (Killed, ClientPayloadError):  # a watch that the server cut is cut for the client too
            assert request.transport is not None
            request.transport.abort()
            return web.Response()


def _kept(headers: object) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key.lower() not in _HOP_BY_HOP}  # type: ignore[attr-defined]

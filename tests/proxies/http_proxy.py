"""A proxy in front of a real HTTP server that hands every request to a function of the test.

The function sees each request before it reaches the server, asks the server when and if it likes, and says what the
client gets. Watches are streamed and handed to nobody.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, Protocol

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector, web

from tests.proxies.background import BackgroundServer

_HOP_BY_HOP: Final = frozenset(
    {"connection", "transfer-encoding", "content-length", "host", "keep-alive", "content-encoding"}
)
_OWN_WORDS: Final = ("Content-Type", "User-Agent", "Accept", "Accept-Encoding")  # what aiohttp adds by itself


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str  # with its query
    content: bytes
    headers: Mapping[str, str]

    @property
    def body(self) -> str:
        """The content as text."""
        return self.content.decode(errors="replace")

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method in {"POST", "PUT", "PATCH", "DELETE"}

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body}"


class Answer(NamedTuple):
    """What the client gets; None in its place: the connection ends without a word."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {"Content-Type": "application/json"}


class Forward(Protocol):
    """Asks the server."""

    def __call__(self, path: str | None = None) -> Awaitable[Answer]:
        """The answer to the request, or to the same with another path."""


Treat = Callable[[Asked, Forward], Awaitable[Answer | None]]


class HttpProxy(BackgroundServer):
    """Forwards plain HTTP to `upstream` while the context lasts.

    Args:
        upstream: base URL of the server.
        treat: called for each request; what it returns is the answer.
        tls: for https, with the credentials of a client.

    Attributes:
        url: where it listens.
    """

    def __init__(self, upstream: str, treat: Treat, tls: ssl.SSLContext | None = None) -> None:
        self.upstream = upstream.rstrip("/")
        self.url = ""
        self._treat = treat
        self._tls = tls

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        # A server without TLS is one that tests restart: what was kept open would be closed at its other end.
        connector = TCPConnector(ssl=self._tls or True, limit=0, force_close=self._tls is None)
        async with ClientSession(connector=connector, timeout=ClientTimeout(total=None)) as self._session:
            app = web.Application(client_max_size=64 * 2**20)
            app.router.add_route("*", "/{path:.*}", self._answer)
            runner = web.AppRunner(app, shutdown_timeout=0.2, handler_cancellation=True)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            yield
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.raw_path, await request.read(), dict(request.headers))
        try:
            if "watch" in request.query:
                return await self._stream(request, asked)
            # A server works on after its client is gone, and so does this.
            said = await asyncio.shield(self._treat(asked, lambda path=None: self._forward(asked, path)))
        except (ClientError, OSError):  # the server is gone, or has cut a watch
            said = None
        if said is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(status=said.status, body=said.body, headers=said.headers)

    async def _forward(self, asked: Asked, path: str | None = None) -> Answer:
        async with self._ask(asked, path) as said:
            return Answer(said.status, await said.read(), _kept(said.headers))

    async def _stream(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        async with self._ask(asked) as said:
            answer = web.StreamResponse(status=said.status, headers=_kept(said.headers))
            await answer.prepare(request)
            async for chunk in said.content.iter_any():
                await answer.write(chunk)
            return answer

    @asynccontextmanager
    async def _ask(self, asked: Asked, path: str | None = None) -> AsyncIterator[ClientResponse]:
        async with self._session.request(
            asked.method,
            self.upstream + (path or asked.path),
            headers=_kept(asked.headers),
            data=asked.content or None,
            allow_redirects=False,
            skip_auto_headers=_OWN_WORDS,
        ) as said:
            try:
                yield said
            except BaseException:
                if said.connection and said.connection.transport:
                    said.connection.transport.abort()  # TLS would say goodbye for longer than this loop runs
                raise


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key.lower() not in _HOP_BY_HOP}

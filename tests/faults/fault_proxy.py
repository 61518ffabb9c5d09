"""A proxy in front of a real MLflow server that fails as a test asks it to, and remembers every request.

It forwards plain HTTP. A rule names the requests that it is for by a regular expression over "METHOD path?query body",
and what becomes of them: refused, never answered, answered by something else, answered and changed, or done by the
server without an answer. The newest rule that fits counts; without one the request passes.
"""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, Self

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "host", "keep-alive", "content-encoding"})


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str  # with its query
    body: str
    headers: Mapping[str, str]

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


Fault = Callable[[Forward], Awaitable[Answer | None]]


def refuse() -> Fault:
    """As if nobody listened."""

    async def fault(_: Forward) -> Answer | None:
        return None

    return fault


def lose_answer() -> Fault:
    """The server does its work, and nobody hears of it."""

    async def fault(forward: Forward) -> Answer | None:
        await forward()
        return None

    return fault


def hang(until: threading.Event) -> Fault:
    """Silence, and at last the end of the connection."""

    async def fault(_: Forward) -> Answer | None:
        while not until.is_set():  # noqa: ASYNC110 - the event is that of another thread
            await asyncio.sleep(0.02)
        return None

    return fault


def answer(status: int, body: str = "", **headers: str) -> Fault:
    """Something else answers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def fault(_: Forward) -> Answer | None:
        return Answer(status, body.encode(), {"Content-Type": "application/json"} | named)

    return fault


def edit(change: Callable[[bytes], bytes]) -> Fault:
    """The server's answer, changed."""

    async def fault(forward: Forward) -> Answer | None:
        said = await forward()
        return said._replace(body=change(said.body))

    return fault


@dataclass
class Rule:
    """What becomes of requests that fit; `used` counts them."""

    route: re.Pattern[str]
    fault: Fault
    times: float
    used: int = 0


@dataclass
class FaultProxy:
    """Runs in a thread of its own while the context lasts.

    Attributes:
        upstream: base URL of the server.
        asked: every request, in order.
    """

    upstream: str
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    _rules: list[Rule] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._loop.close()

    @contextmanager
    def rule(self, route: str, fault: Fault, times: float = float("inf")) -> Iterator[Rule]:
        """The fault befalls requests that fit, so many times, while the context lasts."""
        rule = Rule(re.compile(route), fault, times)
        self._rules.append(rule)
        try:
            yield rule
        finally:
            self._rules.remove(rule)

    def count(self, route: str, since: int = 0) -> int:
        """How many requests fit."""
        return sum(bool(re.search(route, str(asked))) for asked in self.asked[since:])

    async def _serve(self) -> None:
        async with ClientSession(
            connector=TCPConnector(limit=0, force_close=True),  # a restarted server has closed what was kept open
            timeout=ClientTimeout(total=None),
        ) as self._session:
            app = web.Application(client_max_size=64 * 2**20)
            app.router.add_route("*", "/{path:.*}", self._answer)
            runner = web.AppRunner(app, shutdown_timeout=0.2, handler_cancellation=True)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            self._ready.set()
            await self._stop.wait()
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        asked = Asked(request.method, request.raw_path, body.decode(errors="replace"), dict(request.headers))
        self.asked.append(asked)
        rule = next((r for r in reversed(self._rules) if r.used < r.times and r.route.search(str(asked))), None)

        async def forward(path: str | None = None) -> Answer:
            headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP}
            url = self.upstream + (path or request.raw_path)
            async with self._session.request(request.method, url, headers=headers, data=body or None) as said:
                kept = {key: value for key, value in said.headers.items() if key.lower() not in _HOP_BY_HOP}
                return Answer(said.status, await said.read(), kept)

        try:
            if rule:
                rule.used += 1
                said = await rule.fault(forward)
            else:
                said = await forward()
        except OSError:  # the server is gone
            said = None
        if said is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(status=said.status, body=said.body, headers=said.headers)

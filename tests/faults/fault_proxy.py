"""A proxy in front of a real MLflow server that fails as a test asks it to, and remembers every request.

A rule names the requests that it is for by a regular expression over "METHOD path?query body",
and what becomes of them: refused, never answered, answered by something else, answered and changed, or done by the
server without an answer. The newest rule that fits counts; without one the request passes.
"""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.proxies.http_proxy import Answer, Asked, Forward, HttpProxy

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


class FaultProxy(HttpProxy):
    """Without a rule it only remembers.

    Args:
        upstream: base URL of the server.

    Attributes:
        asked: every request, in order.
    """

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream, self._befall)
        self.asked: list[Asked] = []
        self._rules: list[Rule] = []

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

    async def _befall(self, asked: Asked, forward: Forward) -> Answer | None:
        self.asked.append(asked)
        rule = next((r for r in reversed(self._rules) if r.used < r.times and r.route.search(str(asked))), None)
        if rule is None:
            return await forward()
        rule.used += 1
        return await rule.fault(forward)

"""A proxy between the operator and a real server that can end the operator at any write.

What happens at a write is a function that the test gives: it sees the write before it reaches the server, and again
after the server has answered.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from tests.proxies.http_proxy import Answer, Asked, Forward, HttpProxy


@dataclass(frozen=True)
class Write:
    """One write on its way; `committed` once the server has answered it."""

    method: str
    path: str  # without its query
    body: bytes
    committed: bool


class Killed(Exception):  # noqa: N818 - the caller is gone
    """The client was killed: it gets no answer."""


class FaultProxy(HttpProxy):
    """Tells the test of every write.

    Args:
        upstream: base URL of the server.
        at_write: called before and after each write; raises Killed when it has killed the client.
        tls: for https, with the credentials of a client.
    """

    def __init__(self, upstream: str, at_write: Callable[[Write], None], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(upstream, self._tell, tls)
        self._at_write = at_write

    async def _tell(self, asked: Asked, forward: Forward) -> Answer | None:
        if not asked.is_write:
            return await forward()
        path = asked.path.partition("?")[0]
        try:
            self._at_write(Write(asked.method, path, asked.content, committed=False))
            answer = await forward()
            self._at_write(Write(asked.method, path, asked.content, committed=True))
        except Killed:
            return None
        return answer

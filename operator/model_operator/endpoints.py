"""What others may ask the operator over HTTP: /metrics on one port, /healthz and /readyz on another.

A blocked event loop answers neither, which is what a liveness probe is for.
"""

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

logger = logging.getLogger(__name__)

Check = Callable[[], list[str]]  # what is wrong; empty: nothing


class Endpoints:
    """Two HTTP servers.

    Args:
        metrics_port: 0 for any free one; the chosen port is logged.
        health_port: the same.
        render_metrics: the answer to /metrics; called in a thread.
        is_alive: what only a restart would mend.
        is_ready: what is not there yet.
    """

    def __init__(
        self,
        *,
        metrics_port: int,
        health_port: int,
        render_metrics: Callable[[], bytes],
        is_alive: Check,
        is_ready: Check,
    ) -> None:
        self._ports = {"metrics": metrics_port, "health": health_port}
        self._render_metrics = render_metrics
        self._is_alive = is_alive
        self._is_ready = is_ready
        self._runners: list[web.AppRunner] = []

    async def start(self) -> None:
        """Listen on all addresses.

        Raises:
            OSError: a port is taken.
        """
        metrics, health = web.Application(), web.Application()
        metrics.router.add_get("/metrics", self._metrics)
        health.router.add_get("/healthz", self._health)
        health.router.add_get("/readyz", self._readiness)
        for name, application in (("metrics", metrics), ("health", health)):
            runner = web.AppRunner(application, access_log=None, handle_signals=False)
            self._runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, port=self._ports[name]).start()
            logger.info("%s is served on port %d", name, runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        for runner in self._runners:
            await runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        text = await asyncio.get_running_loop().run_in_executor(None, self._render_metrics)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _health(self, _: web.Request) -> web.Response:
        return _answer(self._is_alive())

    async def _readiness(self, _: web.Request) -> web.Response:
        return _answer(self._is_ready())


def _answer(problems: list[str]) -> web.Response:
    return web.Response(text="\n".join(problems) or "ok", status=503 if problems else 200)

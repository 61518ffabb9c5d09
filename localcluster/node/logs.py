"""Serve container logs as a kubelet does, for `kubectl logs`; say clearly what else a kubelet could do and this cannot.

HTTPS with a certificate of the cluster's CA; answers only the API server, known by its client certificate.
"""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from localcluster.node.config import NODE_IP, AgentConfig
from localcluster.node.container import Container
from localcluster.node.states import Running

FindContainer = Callable[[str, str, str], Container | None]

_POLL = 0.1  # seconds
_CHUNK = 65536
_API_SERVER = "kube-apiserver"


class LogServer:
    """The node's HTTPS endpoint."""

    def __init__(self, config: AgentConfig, find_container: FindContainer) -> None:
        self._find = find_container
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=config.ca)
        self._tls.verify_mode = ssl.CERT_REQUIRED
        self._tls.load_cert_chain(config.serving_certificate, config.serving_key)

    async def start(self) -> int:
        """Listen on a free port and hand it back."""
        app = web.Application()
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._logs)
        app.router.add_route("*", "/{tail:.*}", _not_implemented)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, NODE_IP, 0, ssl_context=self._tls).start()
        port: int = runner.addresses[0][1]
        return port

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        _require_api_server(request)
        place = request.match_info
        container = self._find(place["namespace"], place["pod"], place["container"])
        if container is None:
            raise web.HTTPNotFound(text=f"container {place['container']} of pod {place['pod']} is not on this node")
        for option in ("timestamps", "sinceSeconds", "sinceTime"):
            if request.query.get(option, "false") != "false":
                raise web.HTTPBadRequest(text=f"{option}: this node records output as it is, without times")
        follow = request.query.get("follow") == "true"
        previous = request.query.get("previous") == "true"
        restarts = container.record.restarts
        log = container.log_of(restarts - 1 if previous else restarts)
        if not log.exists():
            raise web.HTTPBadRequest(text=f"container {place['container']} has no such log: it was not started")
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        tail = request.query.get("tailLines")
        offset = 0 if tail is None else tail_offset(log, int(tail))
        limit = request.query.get("limitBytes")
        is_running = (lambda: _writes(container, restarts)) if follow and not previous else (lambda: False)
        await _copy(log, offset, None if limit is None else int(limit), is_running, response)
        return response


def tail_offset(log: Path, lines: int) -> int:
    """Where the last `lines` lines of a file begin."""
    with log.open("rb") as file:
        end = file.seek(0, 2)
        position, found, is_last_byte = end, 0, True
        while position > 0:
            start = max(0, position - _CHUNK)
            file.seek(start)
            chunk = file.read(position - start)
            for index in range(len(chunk) - 1, -1, -1):
                if chunk[index] == ord("\n") and not is_last_byte:
                    found += 1
                    if found == lines:
                        return start + index + 1
                is_last_byte = False
            position = start
    return end if lines == 0 else 0


async def _copy(
    log: Path, offset: int, limit: int | None, is_running: Callable[[], bool], response: web.StreamResponse
) -> None:
    """Copy from `offset` to the end, and on for as long as the process writes."""
    with log.open("rb") as file:
        file.seek(offset)
        while limit is None or limit > 0:
            was_running = is_running()  # asked before reading: what is written last must be copied, too
            chunk = file.read(_CHUNK if limit is None else min(_CHUNK, limit))
            if chunk:
                limit = None if limit is None else limit - len(chunk)
                await response.write(chunk)
            elif was_running:
                await asyncio.sleep(_POLL)
            else:
                return


def _writes(container: Container, restarts: int) -> bool:
    return container.record.restarts == restarts and isinstance(container.record.state, Running)


def _require_api_server(request: web.Request) -> None:
    transport = request.transport
    certificate = transport.get_extra_info("peercert") if transport else None
    subject = dict(pair for group in (certificate or {}).get("subject", ()) for pair in group)
    if subject.get("commonName") != _API_SERVER:
        raise web.HTTPForbidden(text="only the API server may ask")


async def _not_implemented(request: web.Request) -> web.Response:
    _require_api_server(request)
    raise web.HTTPNotImplemented(
        text="this node runs pods as local processes; it serves logs, not exec, attach or ports"
    )

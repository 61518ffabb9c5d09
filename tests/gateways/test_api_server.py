"""Connections that fail, on real sockets."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from localcluster import Cluster
from model_operator.gateways.api_server import ApiServer
from model_operator.gateways.errors import Transient

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def close_at_once(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    pass


async def stay_silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def cut_the_json(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"items": ')
    await writer.drain()


@asynccontextmanager
async def served(serve: Serve, folder: Path) -> AsyncIterator[ApiServer]:
    """A session to a server that misbehaves."""
    connections: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(
        lambda *streams: connections.append(asyncio.create_task(handle(*streams))), "127.0.0.1", 0
    )
    async with server:
        opened = await session(server.sockets[0].getsockname()[1], folder)
        try:
            yield opened
        finally:
            await opened.close()
            await asyncio.gather(*connections)


async def session(port: int, folder: Path) -> ApiServer:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(config), encoding="utf-8")
    return await ApiServer.connect(kubeconfig=str(kubeconfig), context=None, connections=2, timeout_seconds=0.3)


@pytest.mark.parametrize(
    ("serve", "message"),
    [
        pytest.param(close_at_once, "GET /api/v1/pods: http:", id="a server that hangs up"),
        pytest.param(stay_silent, "no answer within 0.3 s", id="a server that never answers"),
        pytest.param(cut_the_json, "the answer is no JSON", id="an answer that ends early"),
    ],
)
async def test_a_misbehaving_server_is_tried_again_later(serve: Serve, message: str, tmp_path: Path) -> None:
    async with served(serve, tmp_path) as api_server:
        with pytest.raises(Transient, match=message):
            await api_server.get("/api/v1/pods")


async def test_a_refused_connection_is_tried_again_later(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    api_server = await session(port, tmp_path)
    with pytest.raises(Transient, match=r"GET /api/v1/pods: http://127\.0\.0\.1"):
        await api_server.get("/api/v1/pods")
    await api_server.close()


async def test_a_process_that_does_not_lead_reads_and_writes_nothing(api_server: Cluster, namespace: str) -> None:
    standby = await ApiServer.connect(
        kubeconfig=str(api_server.kubeconfig),
        context=None,
        connections=1,
        timeout_seconds=10.0,
        may_write=lambda: False,
    )
    place = f"/api/v1/namespaces/{namespace}/configmaps"
    with pytest.raises(Transient, match=r"POST /api/v1/.*: not sent, because this process does not lead"):
        await standby.post(place, {"metadata": {"name": "written"}})
    found = await standby.get(place)
    await standby.close()
    assert "written" not in [item["metadata"]["name"] for item in found["items"]]

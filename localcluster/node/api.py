"""The agent's client of the API server: five verbs over JSON, errors sorted by what the caller can do about them.

A client library would bring some hundred megabytes of generated types; the agent handles plain dicts.
"""

import base64
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml

Object = dict[str, Any]

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_WATCH_SECONDS = 300
# An API server that starts refuses everybody until it has read its rules, and one learns a little late which Secrets a
# node's pods need. The rights of a node never change, so a refusal passes.
_PASSING = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}


class ApiError(Exception):
    """The API server said no; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Unavailable(Exception):  # noqa: N818 - a state of the server, not a mistake
    """No answer, or one that says "later": trying again is right."""


class Expired(Exception):  # noqa: N818
    """The watch cannot go on from this version: list again."""


@dataclass(frozen=True)
class WatchEvent:
    """One line of a watch: `type` is ADDED, MODIFIED, DELETED or BOOKMARK."""

    type: str
    object: Object


class Api:
    """A session with the API server of a kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        self.server, self._tls = _read_kubeconfig(kubeconfig)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        self._session = aiohttp.ClientSession(self.server, connector=connector, timeout=_TIMEOUT)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str, **query: str) -> Object:
        """Read an object or a list."""
        return await self._request("GET", path, query=query)

    async def create(self, path: str, body: Object) -> Object:
        """Create an object in the collection at `path`."""
        return await self._request("POST", path, body=body)

    async def patch(self, path: str, body: Object, kind: str = MERGE_PATCH) -> Object:
        """Change an object."""
        return await self._request("PATCH", path, body=body, content_type=kind)

    async def delete(self, path: str, body: Object) -> Object:
        """Delete an object; `body` holds DeleteOptions."""
        return await self._request("DELETE", path, body=body)

    async def watch(self, path: str, resource_version: str, **query: str) -> AsyncIterator[WatchEvent]:
        """What happens in a collection after `resource_version`, until the server ends the watch.

        Raises:
            Expired: the version is too old.
            Unavailable: the connection broke.
        """
        query |= {"watch": "true", "resourceVersion": resource_version, "allowWatchBookmarks": "true"}
        query |= {"timeoutSeconds": str(_WATCH_SECONDS)}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_WATCH_SECONDS + 30)
        try:
            async with self._session.get(path, params=query, timeout=timeout) as response:
                _raise_for(response.status, "" if response.ok else await response.text())
                buffer = b""
                async for chunk in response.content.iter_any():
                    *lines, buffer = (buffer + chunk).split(b"\n")
                    for line in lines:
                        event = json.loads(line)
                        if event["type"] == "ERROR":
                            _raise_for(event["object"].get("code", 500), event["object"].get("message", ""))
                        yield WatchEvent(event["type"], event["object"])
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(str(error)) from error

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Object:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        try:
            async with self._session.request(method, path, params=query, data=data, headers=headers) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(str(error)) from error
        _raise_for(response.status, text)
        answer: Object = json.loads(text)
        return answer


def _raise_for(status: int, text: str) -> None:
    if status < HTTPStatus.BAD_REQUEST:
        return
    try:
        message = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        message = text
    if status == HTTPStatus.GONE:
        raise Expired(message)
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"{status}: {message}")
    raise ApiError(status, message)


def _read_kubeconfig(path: Path) -> tuple[str, ssl.SSLContext]:
    """Server and credentials of a kubeconfig of this package: one cluster, one user, everything embedded."""
    config = yaml.safe_load(path.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.TemporaryDirectory() as folder:  # the ssl module reads client certificates from files only
        certificate, key = Path(folder) / "crt", Path(folder) / "key"
        certificate.write_bytes(base64.b64decode(user["client-certificate-data"]))
        key.write_bytes(base64.b64decode(user["client-key-data"]))
        context.load_cert_chain(certificate, key)
    return cluster["server"], context

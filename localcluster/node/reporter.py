"""Write one pod's status whenever it differs from what was written last; several changes at once become one write."""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from localcluster.node.api import STRATEGIC_PATCH, Api, ApiError, Unavailable

Object = dict[str, Any]

_LOG = logging.getLogger(__name__)
_RETRY = 0.5  # seconds


class StatusReporter:
    """The status of one pod; `render` computes it from what was written before."""

    def __init__(self, api: Api, pod: Object, render: Callable[[Object], Object]) -> None:
        metadata = pod["metadata"]
        self._api = api
        self._path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
        self._uid = metadata["uid"]
        self._render = render
        self._written: Object = {"conditions": pod.get("status", {}).get("conditions", [])}
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()

    def changed(self) -> None:
        """Something may be different now."""
        self._changed.set()

    async def run(self) -> None:
        """Write after every change, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write what is true now and return when it is written."""
        async with self._writing:
            while (status := self._render(self._written)) != self._written:
                await self.write(status)
                self._written = status

    async def write(self, status: Object) -> None:
        """Write a status, however long the API server is away; a pod that is gone needs none."""
        body = {"metadata": {"uid": self._uid}, "status": status}
        while True:
            try:
                await self._api.patch(self._path, body, STRATEGIC_PATCH)
            except Unavailable as error:
                _LOG.info("status of %s not written, trying again: %s", self._path, error)
                await asyncio.sleep(_RETRY)
            except ApiError as error:
                if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                    raise
                return
            else:
                return

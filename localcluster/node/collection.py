"""Follow a collection: every object there is, then every change, for ever; outages of the API server included."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from localcluster.node.api import Api, Expired, Unavailable

Object = dict[str, Any]

_LOG = logging.getLogger(__name__)
_PAUSE = 0.2  # seconds between attempts while the API server is away


async def ignore(_object: Object) -> None:
    """For those whom removals do not concern."""


async def follow(
    api: Api,
    path: str,
    changed: Callable[[Object], Awaitable[None]],
    removed: Callable[[Object], Awaitable[None]] = ignore,
    **query: str,
) -> None:
    """Call `changed` for every object now and after each change, and `removed` for one that is gone.

    What is removed while the watch is broken is noticed by the next list.
    """
    known: dict[str, Object] = {}
    while True:
        try:
            version = await _list(api, path, query, known, changed, removed)
            while True:
                async for event in api.watch(path, version, **query):
                    version = event.object["metadata"]["resourceVersion"]
                    uid = event.object["metadata"].get("uid", "")
                    if event.type in {"ADDED", "MODIFIED"}:
                        known[uid] = event.object
                        await changed(event.object)
                    elif event.type == "DELETED":
                        known.pop(uid, None)
                        await removed(event.object)
        except (Unavailable, Expired) as error:
            _LOG.info("watch of %s starts again: %s", path, error)
            await asyncio.sleep(_PAUSE)


async def _list(
    api: Api,
    path: str,
    query: dict[str, str],
    known: dict[str, Object],
    changed: Callable[[Object], Awaitable[None]],
    removed: Callable[[Object], Awaitable[None]],
) -> str:
    listing = await api.get(path, **query)
    kind = listing["kind"].removesuffix("List")
    current = {item["metadata"]["uid"]: item | {"kind": kind} for item in listing["items"]}
    for uid in known.keys() - current.keys():
        await removed(known[uid])
    known.clear()
    known.update(current)
    for item in current.values():
        await changed(item)
    version: str = listing["metadata"]["resourceVersion"]
    return version

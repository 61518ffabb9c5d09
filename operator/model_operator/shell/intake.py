"""The one way into the cache: what becomes known is stored, and whom it concerns is woken.

Called by the handlers with watch events, by `shell.resync` with lists, and by `shell.passes` with the answers to
its own writes, so that their echoes are no news.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from model_operator.gateways.resources import Resource
from model_operator.shell.budget import Budget
from model_operator.shell.cache import Cache, Change
from model_operator.shell.kept import Key
from model_operator.shell.queue import WorkQueue
from model_operator.shell.wake import wakes


class Intake:
    """Feeds the cache and the queue."""

    def __init__(self, cache: Cache, queue: WorkQueue[Key], budget: Budget) -> None:
        self._cache = cache
        self._queue = queue
        self._budget = budget
        self.heard_at: dict[Resource, float] = {}  # loop time of the newest watch event

    def hear(self, resource: Resource, event: Mapping[str, Any]) -> None:
        """A watch event as the API server sends it, of type None for an object that was listed."""
        self.heard_at[resource] = asyncio.get_running_loop().time()
        if event["type"] == "DELETED":
            self._wake(self._cache.drop(resource, event["object"]))
        else:
            self.learn(resource, event["object"])

    def learn(self, resource: Resource, obj: Mapping[str, Any]) -> bool:
        """An object as it is now; returns whether it was news."""
        change = self._cache.put(resource, obj)
        self._wake(change)
        return change is not None

    def created(self, job: Mapping[str, Any]) -> None:
        """The Job that a pass was given for its manifest: no news to that pass, unless it is an old one that ended."""
        change = self._cache.put(Resource.JOB, job)
        if change and not change.subject.is_live:
            self._wake(change)

    def prune(self, unlisted: Mapping[Key, int]) -> int:
        """Objects that a re-list did not show; returns how many are gone."""
        gone = self._cache.prune(unlisted)
        for change in gone:
            self._wake(change)
        return len(gone)

    def _wake(self, change: Change | None) -> None:
        if change is None:
            return
        for key, after in wakes(change, self._cache):
            self._queue.add_after(key, after)
        self._budget.notice(change)

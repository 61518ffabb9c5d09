"""Storages that store nothing: Kopf would otherwise keep its memory in annotations of users' objects.

Only `on.event` handlers exist, which need neither; the diff base would copy every object once per event.
"""

from typing import Any

import kopf


class NoDiffBase(kopf.DiffBaseStorage):
    """Remembers no earlier version of an object."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Nothing of an object matters for a difference."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        """There is never an earlier version."""

    def store(self, **_: Any) -> None:
        """Nothing is written."""


class NoProgress(kopf.ProgressStorage):
    """Remembers no handler's progress."""

    def fetch(self, **_: Any) -> None:
        """No handler has progress."""

    def store(self, **_: Any) -> None:
        """Nothing is written."""

    def purge(self, **_: Any) -> None:
        """There is nothing to purge."""

    def touch(self, **_: Any) -> None:
        """Nothing is written."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """There is nothing to clear."""
        return essence

"""Models in the order in which they get places; `shell.budget` has one line for each policy."""

from bisect import bisect_left, insort
from typing import NamedTuple

from model_operator.core.claim import Claim
from model_operator.shell.kept import Key


class Entry(NamedTuple):
    """One model in line. Entries of equal claims are in the order of their names, so a restart finds the same order."""

    claim: Claim
    key: Key


class Line:
    """A sorted list: looking a place up takes O(log n), joining and leaving move at most n pointers."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def ahead(self, entry: Entry) -> int:
        """How many stand before an entry, whether it stands in line or would join."""
        return bisect_left(self._entries, entry)

    def first(self, count: int) -> list[Entry]:
        """The entries that come next."""
        return self._entries[: max(count, 0)]

    def join(self, entry: Entry) -> None:
        """Stand where the claim belongs."""
        insort(self._entries, entry)

    def leave(self, entry: Entry) -> None:
        """Make room for the next."""
        del self._entries[bisect_left(self._entries, entry)]

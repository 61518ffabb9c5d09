"""Models in the order in which they get places; part of `shell.budget`."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple

from model_operator.core.claim import Claim
from model_operator.shell.kept import Key


class Entry(NamedTuple):
    """One model in line. Entries of equal claims are in the order of their names, so a restart finds the same order."""

    claim: Claim
    key: Key


class Lines:
    """A sorted list for each policy: looking a place up takes O(log n), joining and leaving move at most n pointers."""

    def __init__(self) -> None:
        self._lines: dict[Key, list[Entry]] = {}  # by policy; none is empty

    def __iter__(self) -> Iterator[Key]:
        """The policies in which somebody waits."""
        return iter(self._lines)

    def length(self, policy: Key) -> int:
        """How many wait."""
        return len(self._lines.get(policy, ()))

    def ahead(self, policy: Key, entry: Entry) -> int:
        """How many of a policy stand before an entry, whether it stands in line, would join, or waits elsewhere."""
        return bisect_left(self._lines.get(policy, ()), entry)

    def first(self, policy: Key, count: int) -> list[Entry]:
        """The entries of a policy that come next."""
        return self._lines.get(policy, [])[:count]

    def join(self, policy: Key, entry: Entry) -> None:
        """Stand where the claim belongs."""
        insort(self._lines.setdefault(policy, []), entry)

    def leave(self, policy: Key, entry: Entry) -> None:
        """Make room for the next."""
        line = self._lines[policy]
        del line[bisect_left(line, entry)]
        if not line:
            del self._lines[policy]

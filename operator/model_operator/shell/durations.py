"""How long Jobs take, from creation to end: what the expected wait of models in line is computed from."""

from bisect import insort
from datetime import datetime, timedelta
from typing import Final

from model_operator.shell.kept import Key, Ran

_NEWEST: Final = 20


class Durations:
    """The newest ended Jobs of each policy and of all, in whatever order they become known."""

    def __init__(self) -> None:
        self._newest: dict[Key | None, list[tuple[datetime, timedelta]]] = {}

    def add(self, policy: Key, ran: Ran) -> None:
        """A Job of a model of the policy ended."""
        for whose in (policy, None):
            newest = self._newest.setdefault(whose, [])
            insort(newest, (ran.until, max(ran.until - ran.since, timedelta())))
            del newest[:-_NEWEST]

    def mean(self, policy: Key | None) -> timedelta | None:
        """The mean over the newest Jobs of a policy, or of all; None while no Job has ended."""
        newest = self._newest.get(policy)
        return sum((took for _, took in newest), timedelta()) / len(newest) if newest else None

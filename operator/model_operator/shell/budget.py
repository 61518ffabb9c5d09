"""Who gets the places for Jobs: models wait in line, and whoever comes first is woken when a place frees.

Two budgets hold at once, that of a model's policy and that of the whole operator. `shell.observe` asks before each
decision, `shell.passes` reports how the pass ended, `shell.intake` tells of Jobs that ended and models that went. A
free place is promised to whoever comes first in line: it is woken, and a model behind it finds the place taken. So the
end of a Job wakes one model instead of all, and a model that comes by chance does not overtake a more urgent one.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from math import ceil
from typing import Final, NamedTuple
from zlib import crc32

from model_operator.core.claim import Claim, Urgency, after_waiting, claim_of
from model_operator.core.observed import BudgetUse
from model_operator.gateways.protocols import Clock
from model_operator.gateways.resources import Resource
from model_operator.shell.cache import Cache, Change
from model_operator.shell.durations import Durations
from model_operator.shell.kept import Kept, Key
from model_operator.shell.line import Entry, Lines
from model_operator.shell.parse import parse_model
from model_operator.shell.places import Places

PLACE_TOLD_EVERY: Final = timedelta(minutes=5)  # a line that moves must not make all who wait write their status


def place_told_in(model: Key) -> timedelta:
    """When a waiting model looks at its place again: not all of a line at the same moment."""
    return PLACE_TOLD_EVERY * (1 + crc32(str(model).encode()) / 2**32)


class _Told(NamedTuple):
    """What the status of a waiting model says of its place."""

    place: int | None
    waiting: int
    expected_wait: timedelta | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A model in line."""

    policy: Key
    urgency: Urgency  # of what it wants, before the time of waiting counts
    entry: Entry
    told: _Told | None  # None: by an earlier process


class Budget:
    """The lines of all policies.

    Args:
        cache: counts the live Jobs.
        clock: tells for how long a model has been waiting.
        wake: called for each model that is offered a place.
        operator_limit: Jobs at the same time over all policies; None: no limit.
    """

    def __init__(
        self, cache: Cache, *, clock: Clock, wake: Callable[[Key], None], operator_limit: int | None = None
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._wake = wake
        self._places = Places(cache, freed=self._offer, operator_limit=operator_limit)
        self._durations = Durations()
        self._lines = Lines()
        self._waiting: dict[Key, _Waiting] = {}  # by model
        self._offered: set[Key] = set()  # models in line that were woken for a place

    def waiting(self, policy: Key) -> int:
        """How many models of a policy wait for a place."""
        return self._lines.length(policy)

    def running(self, policy: Key) -> int:
        """How many places of a policy are taken."""
        return self._places.running(policy)

    def use(self, model: Kept, claim: Claim) -> BudgetUse:
        """What a pass of the model must know to decide whether it may start a Job."""
        policy, places, limit = model.policy, self._places, self._places.operator_limit
        if policy is None:
            return BudgetUse(operator_limit=limit)
        known = self._waiting.get(model.key)
        if known and known.urgency is Urgency.EVALUATION and claim.urgency is Urgency.OTHER:
            claim = claim._replace(urgency=Urgency.EVALUATION)  # it only wanted to be scored, and probably still does
        entry, holds = self._entry(model.key, claim), places.holds(model.key)
        use = BudgetUse(
            policy_running=places.running(policy) - int(holds),
            policy_ahead=0 if holds else self._lines.ahead(policy, entry),
            operator_running=places.running_in_all() - int(holds) if limit is not None else 0,
            operator_ahead=self._promised(entry) if limit is not None and not holds else 0,
            operator_limit=limit,
        )
        told = self._told_lately(model.key) or self._tell(policy, entry, use)
        return use.model_copy(
            update={"place": told.place, "waiting": told.waiting, "expected_wait": told.expected_wait}
        )

    @contextmanager
    def turn(self, model: Key) -> Iterator[None]:
        """A pass of the model: if it fails, others must not wait until it succeeds."""
        try:
            yield
        except BaseException:
            self.leave(model)
            raise

    def launching(self, model: Kept) -> AbstractContextManager[None]:
        """Hold a place while the API server is asked to create the Job."""
        return self._places.launching(model)

    def wait(self, model: Kept, claim: Claim, use: BudgetUse) -> None:
        """A pass of the model ended without a place, and its status says so: it stands in line."""
        told = self._told_lately(model.key)
        self._stand(model, claim, told or _Told(use.place, use.waiting, use.expected_wait, self._clock.now()))

    def leave(self, model: Key) -> None:
        """The model does not wait, or waits no longer: a place that it was offered goes to the next in line."""
        if known := self._remove(model):
            self._offer(known.policy)

    def notice(self, change: Change) -> None:
        """A Job, a model or a policy changed in the cluster."""
        match change.subject.key.resource:
            case Resource.SENSOR_MODEL:
                self._notice_model(change)
            case Resource.JOB:
                self._notice_job(change.old, change.new)
            case Resource.RETRAINING_POLICY:
                self._offer(change.subject.key)  # it may allow more

    def _notice_model(self, change: Change) -> None:
        old, new, key = change.old, change.new, change.subject.key
        known = self._waiting.get(key)
        if known and (new is None or new.being_deleted or new.policy != known.policy):
            self.leave(key)
        elif old is None and new:
            self._take_up(new)

    def _take_up(self, model: Kept) -> None:
        """A model is seen for the first time, perhaps after its Jobs; perhaps it waited when the operator was ended."""
        for job in self._cache.owned_by(model):
            if job.ran and model.policy:
                self._durations.add(model.policy, job.ran)
        if model.waits:
            self._stand(model, claim_of(parse_model(model), None, self._clock.now()), None)

    def _notice_job(self, old: Kept | None, new: Kept | None) -> None:
        known = new or old
        policy = self._cache.policy_of_owner(known) if known else None
        if policy is None:
            return
        if new and new.ran and not (old and old.ran):
            self._durations.add(policy, new.ran)
        if old and old.is_live and not (new and new.is_live):
            self._offer(policy)

    def _stand(self, model: Kept, claim: Claim, told: _Told | None) -> None:
        if model.policy is None:
            return
        entry = self._entry(model.key, claim)
        self._remove(model.key)
        self._lines.join(model.policy, entry)
        self._waiting[model.key] = _Waiting(model.policy, claim.urgency, entry, told)
        self._offer(model.policy)

    def _remove(self, model: Key) -> _Waiting | None:
        known = self._waiting.pop(model, None)
        if known:
            self._offered.discard(model)
            self._lines.leave(known.policy, known.entry)
        return known

    def _offer(self, policy: Key) -> None:
        """Wake those who come first, one for each free place, unless they have been woken already."""
        firsts: Iterable[Entry]
        if self._places.operator_limit is None:
            firsts = self._firsts(policy)
        else:  # a place that this policy does not take may be taken by another
            free = self._places.free_in_all(self._places.operator_limit)
            firsts = islice(merge(*map(self._firsts, self._lines)), free)
        for entry in firsts:
            if entry.key not in self._offered:
                self._offered.add(entry.key)
                self._wake(entry.key)

    def _firsts(self, policy: Key) -> list[Entry]:
        """Those of a policy for whom it has places."""
        return self._lines.first(policy, self._places.free(policy))

    def _entry(self, model: Key, claim: Claim) -> Entry:
        """Where a model stands, or would stand, in line."""
        known = self._waiting.get(model)
        since = min(claim.since, known.entry.claim.since) if known else claim.since
        return Entry(Claim(after_waiting(claim.urgency, self._clock.now() - since), since), model)

    def _promised(self, entry: Entry) -> int:
        """Free places that models before an entry take, each within the budget of its own policy."""
        return sum(min(self._places.free(policy), self._lines.ahead(policy, entry)) for policy in self._lines)

    def _told_lately(self, model: Key) -> _Told | None:
        known = self._waiting.get(model)
        told = known.told if known else None
        return told if told and self._clock.now() < told.at + PLACE_TOLD_EVERY else None

    def _tell(self, policy: Key, entry: Entry, use: BudgetUse) -> _Told:
        """Place in line, length of the line and expected wait; no place while nothing keeps the model waiting."""
        limit, newcomer, now = self._places.limit(policy), int(entry.key not in self._waiting), self._clock.now()
        if use.policy_running + use.policy_ahead >= limit:
            place, waiting = use.policy_ahead + 1, self.waiting(policy) + newcomer
            typical = self._durations.mean(policy)
        elif use.operator_limit is not None and use.operator_running + use.operator_ahead >= use.operator_limit:
            limit = use.operator_limit
            place = sum(self._lines.ahead(each, entry) for each in self._lines) + 1
            waiting = len(self._waiting) + newcomer
            typical = self._durations.mean(None)
        else:
            return _Told(None, 0, None, now)
        return _Told(place, waiting, typical * ceil(place / limit) if typical and limit else None, now)

"""The places for Jobs: how many are taken, who waits for one, and who is woken when one frees.

Two budgets hold at once, that of a model's policy and that of the whole operator. `shell.observe` asks before each
decision, `shell.passes` reports how the pass ended, `shell.intake` tells of Jobs that ended and models that went. A
free place is promised to whoever comes first in line: it is woken, and a model behind it finds the place taken. So the
end of a Job wakes one model instead of all, and a model that comes by chance does not overtake a more urgent one.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from math import ceil
from typing import Final

from model_operator.core.claim import Claim, Urgency, claim_of, waits_since
from model_operator.core.observed import BudgetUse
from model_operator.gateways.errors import Transient
from model_operator.gateways.resources import Resource
from model_operator.shell.cache import Cache, Change
from model_operator.shell.durations import Durations
from model_operator.shell.kept import Kept, Key
from model_operator.shell.line import Entry, Line
from model_operator.shell.parse import parse_model, parse_policy

PLACE_TOLD_EVERY: Final = timedelta(minutes=5)  # a line that moves must not make all who wait write their status
_ANSWER_LOST: Final = 5.0  # seconds in which the watch tells of a Job whose creation was not answered


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A model in line."""

    policy: Key
    entry: Entry
    told: BudgetUse  # what its status says of its place
    told_at: datetime


class Budget:
    """Places in the budgets of all policies and of the operator.

    Args:
        cache: counts the live Jobs.
        wake: called for each model that is offered a place.
        operator_limit: Jobs at the same time over all policies; None: no limit.
    """

    def __init__(self, cache: Cache, *, wake: Callable[[Key], None], operator_limit: int | None = None) -> None:
        self._cache = cache
        self._wake = wake
        self._operator_limit = operator_limit
        self._durations = Durations()
        self._lines: dict[Key, Line] = {}  # by policy; none is empty
        self._waiting: dict[Key, _Waiting] = {}  # by model
        self._offered: set[Key] = set()  # models in line that were woken for a place
        self._starting: dict[Key, Key] = {}  # by model that holds a place for a Job not known yet: its policy
        self._unanswered: dict[Key, asyncio.TimerHandle] = {}  # of these, models whose call got no answer

    def waiting(self, policy: Key) -> int:
        """How many models of a policy wait for a place."""
        return len(self._lines.get(policy, ()))

    def use(self, model: Kept, claim: Claim, now: datetime) -> BudgetUse:
        """What a pass of the model must know to decide whether it may start a Job."""
        policy = model.policy
        if policy is None:
            return BudgetUse(operator_limit=self._operator_limit)
        entry, limited = self._guess(model.key, claim), self._operator_limit is not None
        holds = model.key in self._starting  # a place for the Job that its last pass may have created
        use = BudgetUse(
            policy_running=self._running(policy) - holds,
            policy_ahead=0 if holds else self._ahead(policy, entry),
            operator_running=self._running_in_all() - holds if limited else 0,
            operator_ahead=self._promised(entry) if limited and not holds else 0,
            operator_limit=self._operator_limit,
        )
        known = self._waiting.get(model.key)
        if known and known.policy == policy and now < known.told_at + PLACE_TOLD_EVERY:
            place, waiting, expected = known.told.place, known.told.waiting, known.told.expected_wait
        else:
            place, waiting, expected = self._place(policy, entry, use)
        return use.model_copy(update={"place": place, "waiting": waiting, "expected_wait": expected})

    @contextmanager
    def turn(self, model: Key) -> Iterator[None]:
        """A pass of the model: if it fails, others must not wait until it succeeds."""
        try:
            yield
        except BaseException:
            self.leave(model)
            raise

    @contextmanager
    def launching(self, model: Kept) -> Iterator[None]:
        """Hold a place until the Job is known, or until it is certain that there is none."""
        if model.policy is None:
            yield
            return
        if timer := self._unanswered.pop(model.key, None):
            timer.cancel()
        self._starting[model.key] = model.policy
        try:
            yield
        except Transient:  # the Job may exist although nobody has said so
            loop = asyncio.get_running_loop()
            self._unanswered[model.key] = loop.call_later(_ANSWER_LOST, self._release, model.key)
            raise
        finally:
            if model.key not in self._unanswered:
                self._release(model.key)

    def wait(self, model: Kept, claim: Claim, told: BudgetUse, now: datetime) -> None:
        """A pass of the model ended without a place: it stands in line, and what it was told is remembered."""
        if model.policy is None:
            return
        known = self._waiting.get(model.key)
        since = min(claim.since, known.entry.claim.since) if known else claim.since
        entry = Entry(Claim(claim.urgency, since), model.key)
        told_at = known.told_at if known and _place_of(known.told) == _place_of(told) else now
        self._remove(known)
        self._lines.setdefault(model.policy, Line()).join(entry)
        self._waiting[model.key] = _Waiting(model.policy, entry, told, told_at)
        self._offer(model.policy)

    def leave(self, model: Key) -> None:
        """The model does not wait, or waits no longer: a place that it was offered goes to the next in line."""
        known = self._waiting.pop(model, None)
        if known:
            self._remove(known)
            self._offer(known.policy)

    def notice(self, change: Change) -> None:
        """A Job or model changed in the cluster."""
        old, new = change.old, change.new
        if change.subject.key.resource is Resource.SENSOR_MODEL:
            known = self._waiting.get(change.subject.key)
            if known and (new is None or new.being_deleted or new.policy != known.policy):
                self.leave(change.subject.key)
            elif old is None and new and new.waits:
                self._take_up(new)
        elif change.subject.key.resource is Resource.JOB:
            policy = self._cache.policy_of_owner(change.subject)
            if policy and new and new.ran and not (old and old.ran):
                self._durations.add(policy, new.ran)
            if policy and old and old.is_live and not (new and new.is_live):
                self._offer(policy)

    def _take_up(self, model: Kept) -> None:
        """A model that has been waiting since before the operator was started."""
        told = parse_model(model)
        since = waits_since(told.previous)
        if since is not None:
            self.wait(model, claim_of(told, None, since), BudgetUse(), since - PLACE_TOLD_EVERY)

    def _remove(self, known: _Waiting | None) -> None:
        if known is None:
            return
        self._offered.discard(known.entry.key)
        self._lines[known.policy].leave(known.entry)
        if not self._lines[known.policy]:
            del self._lines[known.policy]

    def _release(self, model: Key) -> None:
        self._unanswered.pop(model, None)
        if policy := self._starting.pop(model, None):
            self._offer(policy)

    def _offer(self, policy: Key) -> None:
        """Wake those who come first, one for each free place, unless they have been woken already."""
        firsts: Iterable[Entry]
        if self._operator_limit is None:
            line = self._lines.get(policy)
            firsts = line.first(self._free(policy)) if line else ()
        else:  # a place that this policy does not take may be taken by another
            free = self._operator_limit - self._running_in_all()
            firsts = islice(merge(*(line.first(self._free(each)) for each, line in self._lines.items())), max(free, 0))
        for entry in firsts:
            if entry.key not in self._offered:
                self._offered.add(entry.key)
                self._wake(entry.key)

    def _guess(self, model: Key, claim: Claim) -> Entry:
        """Where a model stands, or would stand, before its pass has decided what it wants."""
        known = self._waiting.get(model)
        if known is None:
            return Entry(claim, model)
        only_scores = known.entry.claim.urgency is Urgency.EVALUATION and claim.urgency is Urgency.OTHER
        urgency = Urgency.EVALUATION if only_scores else claim.urgency
        return Entry(Claim(urgency, min(claim.since, known.entry.claim.since)), model)

    def _place(self, policy: Key, entry: Entry, use: BudgetUse) -> tuple[int | None, int, timedelta | None]:
        """Place in line, length of the line and expected wait; no place while nothing keeps the model waiting."""
        limit, newcomer = self._limit(policy), int(entry.key not in self._waiting)
        if use.policy_running + use.policy_ahead >= limit:
            place, waiting = use.policy_ahead + 1, self.waiting(policy) + newcomer
            typical = self._durations.mean(policy)
        elif self._operator_limit is not None and use.operator_running + use.operator_ahead >= self._operator_limit:
            limit = self._operator_limit
            place = sum(line.ahead(entry) for line in self._lines.values()) + 1
            waiting = len(self._waiting) + newcomer
            typical = self._durations.mean(None)
        else:
            return None, 0, None
        return place, waiting, typical * ceil(place / limit) if typical and limit else None

    def _ahead(self, policy: Key, entry: Entry) -> int:
        line = self._lines.get(policy)
        return line.ahead(entry) if line else 0

    def _promised(self, entry: Entry) -> int:
        """Free places that models before an entry take, each within the budget of its own policy."""
        return sum(max(0, min(self._free(policy), line.ahead(entry))) for policy, line in self._lines.items())

    def _free(self, policy: Key) -> int:
        return self._limit(policy) - self._running(policy)

    def _running(self, policy: Key) -> int:
        return self._cache.live_jobs(policy) + sum(each == policy for each in self._starting.values())

    def _running_in_all(self) -> int:
        return self._cache.all_live_jobs() + len(self._starting)

    def _limit(self, policy: Key) -> int:
        """`budget.maxConcurrent`; 0 while there is no policy that can be used."""
        kept = self._cache.get(policy)
        spec = parse_policy(kept).spec if kept else None
        return spec.budget.max_concurrent if spec else 0


def _place_of(use: BudgetUse) -> tuple[int | None, int, timedelta | None]:
    return use.place, use.waiting, use.expected_wait

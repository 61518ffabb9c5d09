"""Who trains under a policy, who is about to, and who waits for a place.

`shell.passes` asks before each decision and reports after it. Without the line, every end of a training would have
to wake every model of the policy; without the reservations, workers that decide at the same time would take the same
place twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from model_operator.shell.cache import Cache, Change
from model_operator.shell.kept import Kept, Key


class Budget:
    """Places in the budgets of all policies, first come, first served."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._launching: dict[Key, int] = {}  # by policy: Jobs whose creation has not been answered yet
        self._waiting: dict[Key, dict[Key, None]] = {}  # by policy: models in the order in which they came
        self._called: dict[Key, Key] = {}  # by model: the policy in which a place was offered to it

    def used_by_others(self, model: Kept) -> int:
        """Trainings of the other models that name the same policy."""
        if model.policy is None:
            return 0
        live = self._cache.live_jobs(model.policy) - self._cache.live_jobs_of(model)
        return live + self._launching.get(model.policy, 0)

    @contextmanager
    def launching(self, model: Kept) -> Iterator[None]:
        """Hold a place while the API server is asked to create the Job."""
        if model.policy is None:
            yield
            return
        self._launching[model.policy] = self._launching.get(model.policy, 0) + 1
        try:
            yield
        finally:
            self._launching[model.policy] -= 1
            if not self._launching[model.policy]:
                del self._launching[model.policy]

    def settle(self, model: Key, policy: Key | None, *, waits: bool, launched: bool) -> Key | None:
        """Take note of how a pass ended; the model to wake when a place that was offered is not taken, or None.

        A model that left without a word, because it was deleted or changed its policy, keeps its place in line until
        it is called; then it passes the offer on.
        """
        offered = self._called.pop(model, None)
        if waits and policy:
            self._waiting.setdefault(policy, {})[model] = None
        elif policy in self._waiting:
            self._waiting[policy].pop(model, None)
        return self._call(offered) if offered and not (waits or launched) else None

    def freed(self, change: Change) -> Key | None:
        """The model to wake because a Job ended, or None."""
        was_live = change.old is not None and change.old.is_live
        is_live = change.new is not None and change.new.is_live
        if not was_live or is_live:
            return None
        owner = self._cache.by_uid(change.subject.controller_uid)
        return self._call(owner.policy) if owner and owner.policy else None

    def _call(self, policy: Key) -> Key | None:
        """Offer a place to the first in line."""
        line = self._waiting.get(policy)
        if not line:
            return None
        model = next(iter(line))
        del line[model]
        if not line:
            del self._waiting[policy]
        self._called[model] = policy
        return model

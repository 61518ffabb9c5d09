"""How many places for Jobs there are, and how many are taken: by live Jobs, and by Jobs that are just being created.

Part of `shell.budget`, which adds the line of those who wait. Without the Jobs that are being created, workers that
decide at the same time would take the same place twice.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from model_operator.gateways.errors import Transient
from model_operator.shell.cache import Cache
from model_operator.shell.kept import Kept, Key
from model_operator.shell.parse import parse_policy

_ANSWER_LOST: Final = 5.0  # seconds in which the watch tells of a Job whose creation was not answered


class Places:
    """The places of all policies and of the operator.

    Args:
        cache: counts the live Jobs.
        freed: called with the policy of a Job that was to be created and may not be there.
        operator_limit: Jobs at the same time over all policies; None: no limit.
    """

    def __init__(self, cache: Cache, *, freed: Callable[[Key], None], operator_limit: int | None) -> None:
        self._cache = cache
        self._freed = freed
        self.operator_limit = operator_limit
        self._starting: dict[Key, Key] = {}  # by model whose Job is being created: its policy
        self._unanswered: dict[Key, asyncio.TimerHandle] = {}  # of these, models whose call got no answer

    def limit(self, policy: Key) -> int:
        """`budget.maxConcurrent`; 0 while there is no policy that can be used."""
        kept = self._cache.get(policy)
        spec = parse_policy(kept).spec if kept else None
        return spec.budget.max_concurrent if spec else 0

    def running(self, policy: Key) -> int:
        """Places of a policy that are taken."""
        return self._cache.live_jobs(policy) + list(self._starting.values()).count(policy)

    def running_in_all(self) -> int:
        """Places of the operator that are taken."""
        return self._cache.all_live_jobs() + len(self._starting)

    def free(self, policy: Key) -> int:
        """Places that the policy alone would still give."""
        return max(0, self.limit(policy) - self.running(policy))

    def free_in_all(self, operator_limit: int) -> int:
        """Places that the operator alone would still give."""
        return max(0, operator_limit - self.running_in_all())

    def holds(self, model: Key) -> bool:
        """Whether the model has a place because its last pass may have created a Job."""
        return model in self._starting

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

    def _release(self, model: Key) -> None:
        self._unanswered.pop(model, None)
        self._freed(self._starting.pop(model))

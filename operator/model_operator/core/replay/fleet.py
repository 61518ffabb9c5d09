"""The models of one policy in virtual time: they share its budget and its hold for a common cause.

`core.replay.loop` says whose turn it is. When a training ends, those that wait for its place come in the order of
`core.claim`, as in `shell.budget`.
"""

from collections.abc import Sequence
from datetime import datetime

from model_operator.api.retrainingpolicy import RetrainingPolicyStatus
from model_operator.core.observed import BudgetUse, PolicyObject
from model_operator.core.policystatus import Member, policy_status_of
from model_operator.core.replay.model import ModelInTime


class Fleet:
    """Who trains, who waits, and whether all are held.

    Args:
        models: in the order in which they run at one instant.
        policy: that they name.
    """

    def __init__(self, models: Sequence[ModelInTime], policy: PolicyObject) -> None:
        self._models = models
        self._policy = policy
        self._status = RetrainingPolicyStatus()

    def run(self, model: ModelInTime, now: datetime) -> list[ModelInTime]:
        """One model at one instant, then those that waited for the place that it leaves; all that ran."""
        had_place = model.has_place
        self._run(model, now)
        ran = [model]
        for waiting in self._line(now) if had_place and not model.has_place else []:
            if not self._has_free_place(now):
                break
            self._run(waiting, now)
            ran.append(waiting)
        return ran

    def _run(self, model: ModelInTime, now: datetime) -> None:
        model.run(now, self._policy.model_copy(update={"hold": self._status.hold}), self._budget(model, now))
        if self._policy.spec is not None and self._policy.spec.common_cause is not None:
            members = [Member(one.true_conditions, one.drifting_since) for one in self._models]
            self._status = policy_status_of(self._policy, members, self._status, now)

    def _budget(self, model: ModelInTime, now: datetime) -> BudgetUse:
        running = self._running(now)
        waiting = [other for other in self._models if other is not model and other.waits_at(now)]
        if not waiting:
            return BudgetUse(policy_running=running)
        claim = model.claim(now)
        return BudgetUse(policy_running=running, policy_ahead=sum(other.claim(now) < claim for other in waiting))

    def _running(self, now: datetime) -> int:
        return sum(model.trainings.runs_at(now) for model in self._models)

    def _has_free_place(self, now: datetime) -> bool:
        return self._policy.spec is not None and self._running(now) < self._policy.spec.budget.max_concurrent

    def _line(self, now: datetime) -> list[ModelInTime]:
        waiting = [model for model in self._models if model.waits_at(now)]
        return sorted(waiting, key=lambda model: model.claim(now))

"""Time jumps from one due pass to the next; models of one policy share its budget.

At one instant, models run in the order in which they were given; when a training ends, those that wait for its place
come in the order of their drift, then of their waiting.
"""

import heapq
from datetime import datetime

from model_operator.core.observed import BudgetUse, PolicyObject
from model_operator.core.replay.history import History, RecordedModel
from model_operator.core.replay.model import ModelInTime
from model_operator.core.replay.outcome import Replayed
from model_operator.core.replay.training import Assumptions


def replay(
    models: tuple[RecordedModel, ...],
    policy: PolicyObject,
    history: History,
    *,
    start: datetime,
    end: datetime,
    assumptions: Assumptions = Assumptions(),  # noqa: B008 - frozen
) -> Replayed:
    """What a policy would have decided for its models in start <= time <= end.

    Args:
        models: that share the policy.
        policy: to try.
        history: of their telemetry.
        start: of the replay; a model may join later.
        end: of the replay.
        assumptions: about trainings.
    """
    fleet = [ModelInTime(model, history, assumptions, max(start, model.joins_at or start)) for model in models]
    agenda = [(model.due, number) for number, model in enumerate(fleet) if model.due]
    heapq.heapify(agenda)
    while agenda:
        now, number = heapq.heappop(agenda)
        if now > end:
            break
        if fleet[number].due != now:
            continue  # it has run meanwhile, and stands elsewhere in the agenda
        for moved in _run(fleet, number, policy, now):
            if moved.due:
                heapq.heappush(agenda, (moved.due, fleet.index(moved)))
    return _outcome(fleet, start, end)


def _run(fleet: list[ModelInTime], number: int, policy: PolicyObject, now: datetime) -> list[ModelInTime]:
    """One model at one instant, then those that waited for the place that it leaves."""
    model = fleet[number]
    was_running = model.trainings.running
    model.run(now, policy, _budget(fleet, model))
    if model.trainings.running >= was_running:
        return [model]
    line = [other for other in fleet if other is not model and other.waits_since]
    line.sort(key=lambda other: (-other.drift_score, other.waits_since))
    for other in line:
        other.run(now, policy, _budget(fleet, other))
    return [model, *line]


def _budget(fleet: list[ModelInTime], model: ModelInTime) -> BudgetUse:
    return BudgetUse(policy_running=sum(other.trainings.running for other in fleet if other is not model))


def _outcome(fleet: list[ModelInTime], start: datetime, end: datetime) -> Replayed:
    for model in fleet:
        model.pass_time(end)
    decisions = [decision for model in fleet for decision in model.decisions]
    trainings = [training for model in fleet for training in model.trainings.told]
    return Replayed(
        start=start,
        end=end,
        models=tuple(model.outcome() for model in fleet),
        decisions=tuple(sorted(decisions, key=lambda decision: decision.time)),
        trainings=tuple(sorted(trainings, key=lambda training: training.start)),
    )

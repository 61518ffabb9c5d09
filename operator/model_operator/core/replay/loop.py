"""Time jumps from one due pass to the next."""

import heapq
from datetime import datetime

from model_operator.core.observed import PolicyObject
from model_operator.core.replay.fleet import Fleet
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
        models: that share the policy; at one instant they run in this order.
        policy: to try.
        history: of their telemetry.
        start: of the replay; a model may join later.
        end: of the replay; a model may leave earlier.
        assumptions: about trainings.
    """
    in_time = [
        ModelInTime(
            model,
            history,
            assumptions,
            joins_at=max(start, model.joins_at or start),
            leaves_at=min(end, model.leaves_at or end),
        )
        for model in models
    ]
    fleet = Fleet(in_time, policy)
    agenda = [(model.due, number) for number, model in enumerate(in_time) if model.due]
    heapq.heapify(agenda)
    while agenda:
        now, number = heapq.heappop(agenda)
        if in_time[number].due != now:
            continue  # it has run meanwhile, and stands elsewhere in the agenda
        for moved in fleet.run(in_time[number], now):
            if moved.due:
                heapq.heappush(agenda, (moved.due, in_time.index(moved)))
    decisions = [decision for model in in_time for decision in model.decisions]
    trainings = [training for model in in_time for training in model.trainings.told]
    return Replayed(
        start=start,
        end=end,
        models=tuple(model.outcome() for model in in_time),
        decisions=tuple(sorted(decisions, key=lambda decision: decision.time)),
        trainings=tuple(sorted(trainings, key=lambda training: training.start)),
    )

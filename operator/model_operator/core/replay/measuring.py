"""Measurements of one model in virtual time, on the grid of the policy's check interval.

`core.replay.model` asks in every pass. Between two instants at which a measurement could find something else it is not
made but counted, so that a long quiet time costs nothing and the grid stays what it would have been.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from model_operator.core.measure import MeasurementPlan, next_measurement_at, plan_measurement
from model_operator.core.observed import Measurement, Observed
from model_operator.core.replay.history import History


class _Measured(NamedTuple):
    plan: MeasurementPlan
    at: datetime
    result: Measurement


class Measuring:
    """What was measured last, and when to measure again.

    Attributes:
        next_at: when the next measurement is due that could find something else; None: never.
    """

    def __init__(self, history: History) -> None:
        self.next_at: datetime | None = None
        self._history = history
        self._newest: _Measured | None = None

    @property
    def newest(self) -> Measurement | None:
        """What was found last; None before the first measurement."""
        return self._newest.result if self._newest else None

    def measure(self, observed: Observed, now: datetime) -> Observed:
        """The snapshot with its measurement, made anew when one is due; in virtual time that takes no time."""
        self.next_at = None
        plan = plan_measurement(observed)
        if plan is None:
            return observed
        measured = self._newest if self._newest and self._newest.plan == plan else None
        due = next_measurement_at(observed, measured.at if measured else None)
        if due is not None and due <= now:
            at = now if measured is None else _last_on_grid(measured.at, due - measured.at, now)
            self._newest = measured = _Measured(plan, at, self._history.measure(plan, at))
            due = next_measurement_at(observed, at)
        if measured is None:
            self.next_at = due
            return observed
        changes_at = self._history.changes_at(plan, measured.at)
        if due is not None and changes_at is not None:
            self.next_at = _first_on_grid(measured.at, due - measured.at, changes_at)
        return observed.model_copy(update={"measurement": measured.result})


def _last_on_grid(origin: datetime, step: timedelta, now: datetime) -> datetime:
    return origin + (now - origin) // step * step


def _first_on_grid(origin: datetime, step: timedelta, instant: datetime) -> datetime:
    """The first origin + n steps, n at least 1, that is not before the instant."""
    return origin + max(1, -((origin - instant) // step)) * step

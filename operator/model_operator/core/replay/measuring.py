"""Measurements of one model in virtual time, on the grid of the policy's check interval.

`core.replay.model` asks in every pass; as in `shell.observe`, a pass that finds a measurement due goes on without it.
Between two instants at which a measurement could find something else it is not made but counted, so that a long quiet
time costs nothing and the grid stays what it would have been.
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


class _Asked(NamedTuple):
    plan: MeasurementPlan
    at: datetime


class Measuring:
    """What was measured last, and when to measure again.

    Attributes:
        next_at: when the next measurement is due that could find something else; None: never.
    """

    def __init__(self, history: History) -> None:
        self.next_at: datetime | None = None
        self._history = history
        self._asked: _Asked | None = None
        self._newest: _Measured | None = None

    @property
    def newest(self) -> Measurement | None:
        """What was found last; None before the first measurement."""
        return self._newest.result if self._newest else None

    def observe(self, observed: Observed, now: datetime) -> Observed:
        """The snapshot with the newest measurement; one that is due is asked for and comes with a later pass."""
        self.next_at = self._asked = None
        plan = plan_measurement(observed)
        if plan is None:
            return observed
        measured = self._newest if self._newest and self._newest.plan == plan else None
        due = next_measurement_at(observed, measured.at if measured else None)
        if due is not None and due <= now:
            at = now if measured is None else _last_on_grid(measured.at, due - measured.at, now)
            self._asked = _Asked(plan, at)
        elif due is not None:
            self.next_at = self._next_that_matters(due, measured)
        return observed if measured is None else observed.model_copy(update={"measurement": measured.result})

    def make(self) -> bool:
        """Make the measurement that was asked for; whether there was one. In virtual time it takes none."""
        if self._asked is None:
            return False
        plan, at = self._asked
        self._newest = _Measured(plan, at, self._history.measure(plan, at))
        return True

    def _next_that_matters(self, due: datetime, measured: _Measured | None) -> datetime | None:
        if measured is None:
            return due
        changes_at = self._history.changes_at(measured.plan, measured.at)
        return None if changes_at is None else _first_on_grid(measured.at, due - measured.at, changes_at)


def _last_on_grid(origin: datetime, step: timedelta, now: datetime) -> datetime:
    return origin + (now - origin) // step * step


def _first_on_grid(origin: datetime, step: timedelta, instant: datetime) -> datetime:
    """The first origin + n steps, n at least 1, that is not before the instant."""
    return origin + max(1, -((origin - instant) // step)) * step

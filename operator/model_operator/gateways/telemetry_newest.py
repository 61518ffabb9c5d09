"""Reads the newest complete window of telemetry, and the one before it where drift asks for it.

Used in worker processes by `telemetry_measuring`, and where recorded telemetry is replayed.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple, Protocol

import numpy as np

from model_contract.drift import DriftProfile
from model_operator.api.base import format_duration, parse_duration
from model_operator.api.sensormodel import TelemetrySpec
from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.gateways.telemetry_files import TelemetryProblem
from model_operator.gateways.telemetry_rows import Rows
from model_operator.gateways.telemetry_windows import LARGEST_TIME, SMALLEST_TIME, Window, nanoseconds

_SECOND: Final = 1_000_000_000


class Table(Protocol):
    """Telemetry of which parts can be read; see `TelemetryTable`."""

    def newest_time(self) -> int | None:
        """The newest time stamp, nanoseconds since the Unix epoch; None when there is no row."""

    def inputs(self, telemetry: TelemetrySpec) -> tuple[str, ...]:
        """The columns that a model of this telemetry reads, the signal first."""

    def read(self, columns: Iterable[str], start: int, end: int) -> Rows:
        """Rows with start <= time < end, in the order of the files."""


class NewestWindow(NamedTuple):
    """The newest complete window, with the rows that were read of it and before it."""

    newest: int  # time of the newest row, which may have come after the window
    window: Window
    sampling_seconds: float
    columns: tuple[str, ...]
    rows: Rows


def newest_time(table: Table, plan: MeasurementPlan, profile: DriftProfile | None) -> int:
    """The newest time stamp, nanoseconds since the Unix epoch.

    Raises:
        TelemetryProblem: there is none, or it does not fit into 64 bits with two windows before and one after it.
    """
    newest = table.newest_time()
    if newest is None:
        raise TelemetryProblem(Reason.INSUFFICIENT_DATA, f"{plan.telemetry.uri}: there are no rows")
    length = nanoseconds(profile.window_rows * profile.sampling_seconds if profile else plan.window_seconds)
    if not SMALLEST_TIME + 3 * length <= newest <= LARGEST_TIME - length:
        message = f"{plan.telemetry.uri}: the newest row or the windows before it lie outside the years 1678 to 2261"
        raise TelemetryProblem(Reason.TELEMETRY_UNREADABLE, message)
    return newest


def read_newest(table: Table, plan: MeasurementPlan, profile: DriftProfile | None, newest: int) -> NewestWindow:
    """One read of all that a measurement looks at.

    Raises:
        TelemetryProblem: a column is missing or of the wrong type, or there are too many rows or too few.
    """
    return _read_with_profile(table, plan, profile, newest) if profile else _read_without(table, plan, newest)


def _read_with_profile(table: Table, plan: MeasurementPlan, profile: DriftProfile, newest: int) -> NewestWindow:
    """The windows that the profile was calibrated for; the one before the newest only where drift asks for it."""
    sampling = profile.sampling_seconds
    window = Window.newest_complete(newest, profile.window_rows * sampling, sampling)
    start = window.before().start if plan.judges_drift else window.start
    return NewestWindow(newest, window, sampling, profile.channels, table.read(profile.channels, start, window.end))


def _read_without(table: Table, plan: MeasurementPlan, newest: int) -> NewestWindow:
    """The newest window of the policy's length, which may begin almost twice its length before the newest row."""
    telemetry = plan.telemetry
    columns = table.inputs(telemetry)
    rows = table.read(columns, newest - 2 * nanoseconds(plan.window_seconds), newest + 1)
    if telemetry.sampling_interval is not None:
        sampling = parse_duration(telemetry.sampling_interval).total_seconds()
    else:
        distances = np.diff(np.unique(rows.times))
        if not distances.size:
            length = format_duration(timedelta(seconds=2 * plan.window_seconds))
            message = f"{telemetry.uri}: one row in {length} does not tell how often rows come; give samplingInterval"
            raise TelemetryProblem(Reason.INSUFFICIENT_DATA, message)
        sampling = float(np.median(distances)) / _SECOND
    return NewestWindow(newest, Window.newest_complete(newest, plan.window_seconds, sampling), sampling, columns, rows)

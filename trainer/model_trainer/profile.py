"""The drift profile of a version: the newest part of its telemetry, which the operator compares new telemetry with."""

import logging

import numpy as np

from model_contract.drift import DriftProfile, ReferenceTooShort, build_profile
from model_contract.task import DriftWindows
from model_trainer.data.telemetry import Floats, Integers, Telemetry, Times, instant, interval

logger = logging.getLogger(__name__)


def reference_rows(telemetry: Telemetry, windows: DriftWindows) -> range:
    """The newest rows, that make up the reference."""
    since = telemetry.times[-1] + interval(telemetry.sampling_seconds - windows.reference_seconds)
    return range(int(np.searchsorted(telemetry.times, since)), telemetry.rows)


def drift_profile(telemetry: Telemetry, windows: DriftWindows, errors: Floats, fitted_rows: int) -> DriftProfile | None:
    """The profile of the signal and the numeric inputs; None where the reference is too short for one.

    Commands (booleans) are left out: how often they are sent is the mission's choice, not the sensor's state.

    Args:
        telemetry: that the version was trained and judged on.
        windows: how long the reference and the windows are that will be compared with it.
        errors: (rows,) observed minus predicted signal, NaN where there is none.
        fitted_rows: how many of the first rows of the telemetry the model was fitted on.
    """
    channels = [index for index, boolean in enumerate(telemetry.boolean) if index == 0 or not boolean]
    rows = reference_rows(telemetry, windows)
    newest = slice(rows.start, rows.stop)
    times = telemetry.times[newest]
    slots = grid_slots(times, telemetry.sampling_seconds)
    fitted = fitted_rows - rows.start
    try:
        return build_profile(
            _on_grid(slots, telemetry.values[newest][:, channels]),
            channels=tuple(telemetry.columns[index] for index in channels),
            window_rows=round(windows.current_seconds / telemetry.sampling_seconds),
            sampling_seconds=telemetry.sampling_seconds,
            start=instant(times[0]),
            end=telemetry.end,
            data_digest=telemetry.digest,
            minimum_rows=windows.min_samples,
            model_errors=_on_grid(slots, errors[newest]),
            fitted_rows=int(slots[fitted - 1]) + 1 if fitted > 0 else 0,
        )
    except ReferenceTooShort as short:
        logger.warning(
            "no drift profile", extra={"reason": str(short), "rows": short.rows, "needed": short.rows_needed}
        )
        return None


def grid_slots(times: Times, sampling_seconds: float) -> Integers:
    """The row of a regular grid, which begins with the first time, that each time is nearest to, (rows,)."""
    slots: Integers = np.rint((times - times[0]) / interval(sampling_seconds)).astype(np.int64)
    return slots


def _on_grid(slots: Integers, values: Floats) -> Floats:
    """Values (rows, ...) in their slots of the grid, NaN where there is none."""
    grid = np.full((int(slots[-1]) + 1, *values.shape[1:]), np.nan)
    grid[slots] = values
    return grid

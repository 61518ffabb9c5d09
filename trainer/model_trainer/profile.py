"""The drift profile of a version: the newest part of its telemetry, which the operator compares new telemetry with."""

import logging

import numpy as np

from model_contract.drift import DriftProfile, ReferenceTooShort, build_profile
from model_contract.task import DriftWindows
from model_trainer.data.telemetry import Floats, Telemetry, Times, instant, interval

logger = logging.getLogger(__name__)


def drift_profile(telemetry: Telemetry, windows: DriftWindows) -> DriftProfile | None:
    """The profile of the signal and the numeric inputs; None where the reference is too short for one.

    Commands (booleans) are left out: how often they are sent is the mission's choice, not the sensor's state.
    """
    channels = [index for index, boolean in enumerate(telemetry.boolean) if index == 0 or not boolean]
    since = max(
        telemetry.times[-1] + interval(telemetry.sampling_seconds - windows.reference_seconds), telemetry.times[0]
    )
    newest = telemetry.times >= since
    values = on_grid(telemetry.times[newest], telemetry.values[newest][:, channels], telemetry.sampling_seconds)
    try:
        return build_profile(
            values,
            channels=tuple(telemetry.columns[index] for index in channels),
            window_rows=round(windows.current_seconds / telemetry.sampling_seconds),
            sampling_seconds=telemetry.sampling_seconds,
            start=instant(telemetry.times[newest][0]),
            end=telemetry.end,
            data_digest=telemetry.digest,
            minimum_rows=windows.min_samples,
        )
    except ReferenceTooShort as short:
        logger.warning(
            "no drift profile", extra={"reason": str(short), "rows": short.rows, "needed": short.rows_needed}
        )
        return None


def on_grid(times: Times, values: Floats, sampling_seconds: float) -> Floats:
    """One row per sampling interval from the first time on, NaN where no row lies near; (rows, channels)."""
    slots = np.rint((times - times[0]) / interval(sampling_seconds)).astype(np.int64)
    grid = np.full((int(slots[-1]) + 1, values.shape[1]), np.nan)
    grid[slots] = values
    return grid

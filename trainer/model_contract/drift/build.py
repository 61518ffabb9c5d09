"""Builds the drift profile of a model version from its training window; the trainer calls it once per run.

A few milliseconds per channel. Everything costly happens here, so that a check costs microseconds.
"""

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.channel import channel_columns
from model_contract.drift.errors import ReferenceTooShort, WindowMismatch
from model_contract.drift.model_errors import calibrate
from model_contract.drift.profile import DriftProfile
from model_contract.drift.series import fill_short_gaps, readings

MINIMUM_ROWS: Final = 240  # of a window; with 126 rows the false alarms at p <= .01 are 4.7 % instead of 2.4 %
FEWEST_ROWS: Final = 64  # whatever the caller accepts: the lags of the views need that many
WINDOWS_PER_REFERENCE: Final = 4  # with 3 the views find 27 instead of 46 % of the drifts


def build_profile(  # noqa: PLR0913  what identifies a reference, and its two optional parts
    values: NDArray[np.floating],
    *,
    channels: tuple[str, ...],
    window_rows: int,
    sampling_seconds: float,
    start: datetime,
    end: datetime,
    data_digest: str,
    minimum_rows: int = MINIMUM_ROWS,
    model_errors: NDArray[np.floating] | None = None,
    fitted_rows: int = 0,
) -> DriftProfile:
    """The profile of a reference.

    Args:
        values: (rows, channels) on a regular grid, NaN where a reading is missing, any unit per channel.
        channels: their names, the predicted signal first.
        window_rows: m, the rows of the windows that will be checked; a multiple of the sensor's season (a day).
        sampling_seconds: distance of the rows.
        start: time of the first row.
        end: time of the last row plus one sampling period.
        data_digest: sha256 of the telemetry, lower-case hexadecimal.
        minimum_rows: the least m that is accepted; below 240 more false alarms than stated must be expected.
        model_errors: (rows,) the model's one-step errors, observed minus predicted in the unit of the first channel,
            NaN where there is none; those of the rows that it was fitted on, and of at least a window after them. With
            them, the model's errors can replace those of the linear predictor (`model_errors.py`).
        fitted_rows: how many of the first rows the model was fitted on.

    Raises:
        ReferenceTooShort: m is below `minimum_rows` (or 64), or the reference holds fewer than 4 m rows.
        WindowMismatch: `values` is not (rows, len(channels)), or `model_errors` not (rows,).
    """
    if values.ndim != 2 or values.shape[1] != len(channels):  # noqa: PLR2004  rows and channels
        raise WindowMismatch(f"reference: values have shape {values.shape}, expected (rows, {len(channels)})")
    rows = len(values)
    if model_errors is not None and model_errors.shape != (rows,):
        raise WindowMismatch(f"reference: model errors have shape {model_errors.shape}, expected ({rows},)")
    _require_length(rows, window_rows, max(minimum_rows, FEWEST_ROWS))
    raw = readings(values)
    filled = fill_short_gaps(raw)
    columns = [channel_columns(raw[channel], filled[channel], window_rows) for channel in range(len(channels))]
    return DriftProfile(
        data_digest=data_digest,
        start=start,
        end=end,
        sampling_seconds=sampling_seconds,
        rows=rows,
        window_rows=window_rows,
        channels=channels,
        model_errors=None if model_errors is None else calibrate(model_errors, window_rows, fitted_rows),
        **{name: np.stack([column[name] for column in columns]) for name in columns[0]},
    )


def _require_length(rows: int, window_rows: int, minimum_rows: int) -> None:
    if window_rows < minimum_rows:
        raise ReferenceTooShort(
            f"the current window holds {window_rows} rows, at least {minimum_rows} are needed",
            rows=window_rows,
            rows_needed=minimum_rows,
        )
    needed = WINDOWS_PER_REFERENCE * window_rows
    if rows < needed:
        raise ReferenceTooShort(
            f"the reference holds {rows} rows, at least {needed} are needed: "
            f"{WINDOWS_PER_REFERENCE} windows of {window_rows}",
            rows=rows,
            rows_needed=needed,
        )

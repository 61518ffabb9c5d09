"""Builds the drift profile of a model version from its training window; the trainer calls it once per run.

A few milliseconds per channel. Everything costly happens here, so that a check costs microseconds.
"""

from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.calibration import (
    FULL_COVERAGE,
    ChannelReference,
    leave_out_statistics,
    null_of,
    reference_windows,
    smallest_significant,
)
from model_contract.drift.description import bin_counts
from model_contract.drift.errors import ReferenceTooShort, WindowMismatch
from model_contract.drift.profile import JS_BINS, KNOTS, PSI_BINS, DriftProfile
from model_contract.drift.series import Floats, Singles, fill_short_gaps, longest_run, readings, standardised
from model_contract.drift.views import (
    AR_ORDER,
    STRUCTURE_FLOOR,
    VIEWS,
    one_step_errors,
    order_statistics,
    squared_increments,
    structure_function,
    structure_lags,
)

MINIMUM_ROWS: Final = 240  # of a window; with 126 rows the false alarms at p <= .01 are 4.7 % instead of 2.4 %
FEWEST_ROWS: Final = 64  # whatever the caller accepts: the lags of the views need that many
WINDOWS_PER_REFERENCE: Final = 4  # with 3 the views find 27 instead of 46 % of the drifts
RIDGE: Final = 1e-3  # of the variance; keeps nearly collinear lags of smooth sensors from amplifying noise
CONSTANT_SHARE: Final = 1e-3  # of the range: a smaller sigma is that of a constant
ROUNDING: Final = 1e-9  # of the largest magnitude: a smaller sigma is rounding


def build_profile(
    values: NDArray[np.floating],
    *,
    channels: tuple[str, ...],
    window_rows: int,
    sampling_seconds: float,
    start: datetime,
    end: datetime,
    data_digest: str,
    minimum_rows: int = MINIMUM_ROWS,
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

    Raises:
        ReferenceTooShort: m is below `minimum_rows` (or 64), or the reference holds fewer than 4 m rows.
        WindowMismatch: `values` is not (rows, len(channels)).
    """
    if values.ndim != 2 or values.shape[1] != len(channels):  # noqa: PLR2004  rows and channels
        raise WindowMismatch(f"reference: values have shape {values.shape}, expected (rows, {len(channels)})")
    rows = len(values)
    _require_length(rows, window_rows, max(minimum_rows, FEWEST_ROWS))
    raw = readings(values)
    filled = fill_short_gaps(raw)
    columns = [_channel_columns(raw[channel], filled[channel], window_rows) for channel in range(len(channels))]
    return DriftProfile(
        data_digest=data_digest,
        start=start,
        end=end,
        sampling_seconds=sampling_seconds,
        rows=rows,
        window_rows=window_rows,
        channels=channels,
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
            f"the reference holds {rows} rows, at least {needed} are needed: {WINDOWS_PER_REFERENCE} windows of {window_rows}",
            rows=rows,
            rows_needed=needed,
        )


def _channel_columns(raw: Floats, filled: Floats, window_rows: int) -> dict[str, Any]:
    """One row of every array of the profile."""
    present = np.sort(filled[~np.isnan(filled)])
    columns = _empty_columns(len(structure_lags(window_rows)))
    columns["missing_share"] = np.float64(np.isnan(raw).mean())
    covered = _covered_windows(raw, window_rows)
    if np.count_nonzero(covered) <= max(1, covered.size // 2):
        return columns
    mean, sigma = present.mean(), present.std()
    columns |= {
        "judged": np.bool_(True),  # noqa: FBT003
        "mean": mean,
        "sigma": sigma,
        "minimum": present[0],
        "maximum": present[-1],
        "distinct": np.int64(1 + np.count_nonzero(np.diff(present))),
        "longest_run": np.int64(longest_run(raw)),
    }
    if sigma <= max(CONSTANT_SHARE * (present[-1] - present[0]), ROUNDING * max(abs(present[0]), abs(present[-1]))):
        return columns | {"constant": np.bool_(True)}  # noqa: FBT003
    series = standardised(filled[None, :], mean[None], sigma[None])
    return columns | _views(series, window_rows, covered) | _bins((present - mean) / sigma)


def _views(series: Singles, window_rows: int, covered: NDArray[np.bool_]) -> dict[str, Any]:
    """What the three views need: the reference's side of each statistic, and its null distribution."""
    lags = structure_lags(window_rows)
    coefficients = fit_predictor(series[0])
    errors = one_step_errors(series, coefficients[None, :])
    errors = np.sort(errors[~np.isnan(errors)])
    ordered = np.sort(series[0])[: np.count_nonzero(~np.isnan(series[0]))]
    reference = ChannelReference(
        series=series[0],
        knots=order_statistics(ordered, KNOTS),
        ar_coefficients=coefficients,
        residual_knots=order_statistics(errors, KNOTS) if errors.size else np.zeros(KNOTS, dtype=np.float32),
        residual_sigma=max(float(errors.std(dtype=np.float64)), STRUCTURE_FLOOR) if errors.size else 1.0,
        residual_count=max(errors.size, 1),
        lags=lags,
    )
    null = null_of(leave_out_statistics(reference, reference_windows(series[0], window_rows)), covered)
    return {
        "knots": reference.knots,
        "structure": structure_function(*squared_increments(series, lags))[0],
        "ar_coefficients": coefficients,
        "residual_knots": reference.residual_knots,
        "residual_sigma": np.float64(reference.residual_sigma),
        "null_windows": np.int64(null.windows),
        "null_mean": null.mean,
        "null_sd": null.sd,
        "null_max": null.largest,
        "min_detectable": np.float64(smallest_significant(null, series.shape[1], window_rows)),
    }


def fit_predictor(series: Singles) -> Singles:
    """Coefficients of x[t] = sum_k a[k] x[t - k], k = 1..16, by ridge regression over rows with a complete history.

    (X'X / N + ridge I) a = X'y / N; without an intercept, because the series is centred. Nearest lag first.
    """
    histories = np.lib.stride_tricks.sliding_window_view(series, AR_ORDER + 1)
    complete = histories[~np.isnan(histories).any(axis=1)].astype(np.float64)
    gram = complete.T @ complete / max(len(complete), 1)
    lagged = gram[:AR_ORDER, :AR_ORDER][::-1, ::-1]
    target = gram[AR_ORDER, :AR_ORDER][::-1]
    return np.linalg.solve(lagged + RIDGE * np.eye(AR_ORDER), target).astype(np.float32)


def _covered_windows(raw: Floats, window_rows: int) -> NDArray[np.bool_]:
    present = reference_windows((~np.isnan(raw)).astype(np.float32), window_rows)
    return np.asarray(present.mean(axis=1) >= FULL_COVERAGE)


def _bins(ordered: Floats) -> dict[str, Any]:
    shares = np.arange(1, PSI_BINS) / PSI_BINS
    psi_edges = np.quantile(ordered, shares, method="inverted_cdf")
    js_edges = np.linspace(ordered[0], ordered[-1], JS_BINS + 1)[1:-1]
    singles = ordered.astype(np.float32)
    return {
        "psi_edges": psi_edges,
        "psi_counts": bin_counts(singles, psi_edges),
        "js_edges": js_edges,
        "js_counts": bin_counts(singles, js_edges),
    }


def _empty_columns(lags: int) -> dict[str, Any]:
    """The row of a channel about which nothing is known yet."""
    nothing, none = np.float64(np.nan), np.int64(0)
    return {
        "mean": nothing,
        "sigma": nothing,
        "minimum": nothing,
        "maximum": nothing,
        "missing_share": nothing,
        "distinct": none,
        "longest_run": none,
        "constant": np.bool_(False),
        "judged": np.bool_(False),
        "knots": np.zeros(KNOTS, dtype=np.float32),
        "structure": np.ones(lags),
        "ar_coefficients": np.zeros(AR_ORDER, dtype=np.float32),
        "residual_knots": np.zeros(KNOTS, dtype=np.float32),
        "residual_sigma": np.float64(1.0),
        "null_windows": none,
        "null_mean": np.full(len(VIEWS), np.nan),
        "null_sd": np.full(len(VIEWS), np.nan),
        "null_max": np.full(len(VIEWS), np.nan),
        "min_detectable": nothing,
        "psi_edges": np.zeros(PSI_BINS - 1),
        "psi_counts": np.ones(PSI_BINS, dtype=np.int64),
        "js_edges": np.zeros(JS_BINS - 1),
        "js_counts": np.ones(JS_BINS, dtype=np.int64),
    }

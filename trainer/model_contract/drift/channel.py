"""Everything the profile knows about one channel of the reference; `build.py` calls it for each.

Statistics first, then the null distribution of the views (`calibration.py`), then the bins of the descriptions.
"""

from typing import Any, Final

import numpy as np

from model_contract.drift.calibration import (
    FULL_COVERAGE,
    ChannelReference,
    leave_out_statistics,
    null_of,
    reference_windows,
    smallest_significant,
)
from model_contract.drift.description import bin_counts
from model_contract.drift.profile import JS_BINS, PSI_BINS
from model_contract.drift.series import Booleans, Floats, Singles, longest_run, standardised
from model_contract.drift.views import (
    AR_ORDER,
    KNOTS,
    STRUCTURE_FLOOR,
    VIEWS,
    error_scale,
    one_step_errors,
    order_statistics,
    squared_increments,
    structure_function,
    structure_lags,
)

RIDGE: Final = 1e-3  # of the variance; keeps nearly collinear lags of smooth sensors from amplifying noise
CONSTANT_SHARE: Final = 1e-3  # of the range: a smaller sigma is that of a constant
ROUNDING: Final = 1e-9  # of the largest magnitude: a smaller sigma is rounding


def channel_columns(raw: Floats, filled: Floats, window_rows: int) -> dict[str, Any]:
    """One row of every array of the profile."""
    present = np.sort(filled[~np.isnan(filled)])
    columns = _empty_columns(len(structure_lags(window_rows)))
    missing = _missing_shares(raw, window_rows)
    columns |= {"missing_share": np.float64(np.isnan(raw).mean()), "largest_missing_share": missing.max()}
    covered = 1.0 - missing >= FULL_COVERAGE
    if np.count_nonzero(covered) <= max(1, covered.size // 2):
        return columns
    mean, sigma = present.mean(), present.std()
    columns |= {
        "judged": np.True_,
        "mean": mean,
        "sigma": sigma,
        "minimum": present[0],
        "maximum": present[-1],
        "distinct": np.int64(1 + np.count_nonzero(np.diff(present))),
        "longest_run": np.int64(longest_run(raw)),
    }
    if sigma <= max(CONSTANT_SHARE * (present[-1] - present[0]), ROUNDING * max(abs(present[0]), abs(present[-1]))):
        return columns | {"constant": np.True_}
    series = standardised(filled[None, :], mean[None], sigma[None])
    return columns | _views(series, window_rows, covered) | _bins((present - mean) / sigma)


def _views(series: Singles, window_rows: int, covered: Booleans) -> dict[str, Any]:
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
        residual_scale=max(error_scale(errors), STRUCTURE_FLOOR) if errors.size else 1.0,
        residual_count=max(errors.size, 1),
        lags=lags,
    )
    statistics = leave_out_statistics(reference, reference_windows(series[0], window_rows))
    null = null_of(statistics, covered, series.shape[1], window_rows)
    return {
        "knots": reference.knots,
        "structure": structure_function(*squared_increments(series, lags))[0],
        "ar_coefficients": coefficients,
        "residual_knots": reference.residual_knots,
        "residual_scale": np.float64(reference.residual_scale),
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


def _missing_shares(raw: Floats, window_rows: int) -> Floats:
    """The share of missing rows in each sub-window of the reference."""
    missing = reference_windows(np.isnan(raw).astype(np.float32), window_rows)
    return np.asarray(missing.mean(axis=1, dtype=np.float64))


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
        "largest_missing_share": nothing,
        "distinct": none,
        "longest_run": none,
        "constant": np.False_,
        "judged": np.False_,
        "knots": np.zeros(KNOTS, dtype=np.float32),
        "structure": np.ones(lags),
        "ar_coefficients": np.zeros(AR_ORDER, dtype=np.float32),
        "residual_knots": np.zeros(KNOTS, dtype=np.float32),
        "residual_scale": np.float64(1.0),
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

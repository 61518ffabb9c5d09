"""Measures a window against a profile: all statistics and probabilities of all channels at once, as arrays.

The fast inner part of a check, about 60 microseconds a channel. `check.py` turns the arrays into a verdict;
whoever only needs numbers for many sensors calls this alone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.calibration import FULL_COVERAGE, Null, tail_probability
from model_contract.drift.description import Description, describe
from model_contract.drift.errors import WindowMismatch
from model_contract.drift.profile import DriftProfile
from model_contract.drift.report import Rule
from model_contract.drift.series import Booleans, Floats, Singles, fill_short_gaps, readings, standardised
from model_contract.drift.views import (
    VIEWS,
    View,
    dynamics_distance,
    error_distance,
    one_step_errors,
    squared_increments,
    structure_function,
    wasserstein,
)

if TYPE_CHECKING:
    from model_contract.evaluation import ResidualView

LEAST_COVERAGE: Final = 0.5  # below it a channel is not judged; below FULL_COVERAGE at most Low
P_STUCK: Final = 1e-4  # severity High
P_OUTSIDE: Final = 1e-4  # more than 1 % of rows outside the band of a constant: severity High
P_TOUCHED: Final = 1e-2  # any row outside it: severity Low
OUTSIDE_SHARE: Final = 0.01
BAND_SIGMAS: Final = 5.0
BAND_SHARE: Final = 1e-3  # of the range or the magnitude of a constant, whichever is larger
RESIDUAL: Final = VIEWS.index(View.RESIDUAL)
_BATCH: Final = 32  # channels at a time, so that intermediate arrays stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Measurement:
    """What a window looks like to a profile; arrays have one row per channel."""

    coverage: Floats  # share of rows with a reading, before short gaps are filled
    statistics: Floats  # (channels, views)
    view_p: Floats  # (channels, views), before the correction for three views
    p: Floats  # of the channel; NaN where it cannot be judged
    rules: tuple[Rule, ...]
    outside_share: Floats  # of rows, outside the band of a constant channel
    description: Description


def measure(
    profile: DriftProfile, current: NDArray[np.floating], *, residual: "ResidualView | None" = None
) -> Measurement:
    """Statistics and probabilities of a window of exactly the profile's rows and channels.

    Args:
        profile: the reference.
        current: (window_rows, channels) in the units of the reference, NaN where a reading is missing.
        residual: of the first channel in this window, by the served model's errors; it replaces that of the
            profile's linear predictor.

    Raises:
        WindowMismatch: `current` has another shape. A shorter window would be judged by the wrong null distribution.
    """
    expected = (profile.window_rows, len(profile.channels))
    if current.shape != expected:
        raise WindowMismatch(f"window: values have shape {current.shape}, the profile needs {expected}")
    raw = readings(current)
    coverage = 1.0 - np.isnan(raw).mean(axis=1)
    varies = profile.judged & ~profile.constant
    series = standardised(fill_short_gaps(raw), profile.mean, profile.sigma)
    series[~varies] = 0.0
    ordered = np.sort(series, axis=1)
    statistics = np.concatenate(
        [_statistics(profile, series, ordered, slice(first, first + _BATCH)) for first in range(0, len(series), _BATCH)]
    )
    null = Null(profile.null_windows, profile.null_mean, profile.null_sd, profile.null_max)
    view_p = tail_probability(statistics, null, profile.rows, profile.window_rows)
    if residual:
        statistics[0, RESIDUAL], view_p[0, RESIDUAL] = residual.statistic, residual.p
    outside = _outside_share(profile, raw)
    p, rules = _channel_p(profile, view_p, coverage, _stuck(profile, raw), outside)
    return Measurement(
        coverage=coverage,
        statistics=statistics,
        view_p=view_p,
        p=p,
        rules=rules,
        outside_share=outside,
        description=describe(profile, series, ordered),
    )


def _statistics(profile: DriftProfile, series: Singles, ordered: Singles, batch: slice) -> Floats:
    """The three views of a batch of channels: (channels, views)."""
    errors = one_step_errors(series[batch], profile.ar_coefficients[batch])
    errors.sort(axis=1)
    structure = structure_function(*squared_increments(series[batch], profile.lags))
    return np.column_stack(
        [
            wasserstein(ordered[batch], profile.knots[batch]),
            dynamics_distance(structure, profile.structure[batch]),
            error_distance(errors, profile.residual_knots[batch], profile.residual_scale[batch]),
        ]
    )


def _channel_p(
    profile: DriftProfile, view_p: Floats, coverage: Floats, stuck: Booleans, outside: Floats
) -> tuple[Floats, tuple[Rule, ...]]:
    """Each channel's p and the rule that gave it. Bonferroni over the views, then the plain rules, then coverage."""
    p = np.minimum(1.0, len(VIEWS) * view_p.min(axis=1))
    by_stuck = stuck & ~profile.constant & (p >= P_STUCK)
    p = np.where(by_stuck, P_STUCK, p)
    by_band = np.select([outside > OUTSIDE_SHARE, outside > 0.0], [P_OUTSIDE, P_TOUCHED], default=1.0)
    p = np.where(profile.constant, by_band, p)
    p = np.where(coverage < FULL_COVERAGE, np.maximum(p, P_TOUCHED), p)
    insufficient = coverage < LEAST_COVERAGE
    p = np.where(insufficient | ~profile.judged, np.nan, p)
    chosen = np.select([~profile.judged, insufficient, profile.constant, by_stuck], range(4), default=4)
    order = (Rule.UNCALIBRATED, Rule.INSUFFICIENT, Rule.CONSTANT, Rule.STUCK, Rule.VIEWS)
    return p, tuple(order[choice] for choice in chosen)


def _stuck(profile: DriftProfile, raw: Floats) -> Booleans:
    """One reading for the whole window, for longer than the reference ever showed."""
    present = ~np.isnan(raw)
    lowest = np.fmin.reduce(raw, axis=1)
    return np.asarray((np.fmax.reduce(raw, axis=1) == lowest) & (present.sum(axis=1) > profile.longest_run))


def _outside_share(profile: DriftProfile, raw: Floats) -> Floats:
    """Share of readings outside mean +- (5 sigma + a thousandth of the channel's range or magnitude)."""
    scale = np.maximum(profile.maximum - profile.minimum, np.abs(profile.mean))
    band = BAND_SIGMAS * profile.sigma + BAND_SHARE * scale
    outside = np.zeros(len(raw))
    for channel in np.flatnonzero(profile.constant):
        present = raw[channel][~np.isnan(raw[channel])]
        if present.size:
            outside[channel] = (np.abs(present - profile.mean[channel]) > band[channel]).mean()
    return outside

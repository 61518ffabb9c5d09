"""The null distribution: how far windows of the reference itself are from the rest of the reference.

Called once per training run (`build.py`), and for probabilities at every check (`measure.py`). A sensor's natural
variation from window to window differs by a factor of 11 to 48 between channels, so a fixed threshold cannot serve;
what is unusual is measured on the same statistic of the reference's own windows.

Leaving the window out costs nothing. The distribution F of the reference mixes that of the window (share w of the rows)
with that of the rest, so F_window - F_rest = (F_window - F) / (1 - w): W1 to the rest is W1 to the whole divided by
1 - w. Sums of squared increments subtract.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtr, stdtrit

from model_contract.drift.series import Booleans, Floats, Integers, Singles
from model_contract.drift.views import (
    VIEWS,
    dynamics_distance,
    error_distance,
    one_step_errors,
    squared_increments,
    structure_function,
    wasserstein,
)

OFFSETS_PER_WINDOW: Final = 4  # windows start every m / 4 rows: 25 of them where n = 7 m
FULL_COVERAGE: Final = 0.8  # share of rows with readings that a window needs to count fully
LEAST_SD: Final = 0.02  # of the null statistic; steadier references are luck, not knowledge
SIGNIFICANT: Final = 0.01  # the p at which drift is first reported (severity Low)


@dataclass(frozen=True, eq=False)
class ChannelReference:
    """What the views compare windows of one channel with, in sigma units."""

    series: Singles  # (rows,) the whole reference
    knots: Singles  # (knots,) of its readings
    ar_coefficients: Singles  # (16,) nearest lag first
    residual_knots: Singles  # (knots,) of its one-step errors
    residual_scale: float
    residual_count: int  # one-step errors in the reference
    lags: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Null:
    """What each view's statistic is where nothing has changed, (views,) each."""

    windows: int | Integers  # of the reference
    mean: Floats  # expected of the window right after the reference
    sd: Floats  # over the windows of the reference
    largest: Floats


def reference_windows(series: Singles, window_rows: int) -> Singles:
    """The overlapping windows of one channel that are compared with the rest: (windows, rows)."""
    windows = np.lib.stride_tricks.sliding_window_view(series, window_rows)
    return np.ascontiguousarray(windows[:: window_rows // OFFSETS_PER_WINDOW])


def leave_out_statistics(reference: ChannelReference, windows: Singles) -> Floats:
    """The three statistics of each window of a channel against the rest of that channel: (windows, views)."""
    errors = one_step_errors(windows, reference.ar_coefficients[None, :])
    level = wasserstein(np.sort(windows, axis=1), reference.knots[None, :])
    scale = np.array([reference.residual_scale])
    residual = error_distance(np.sort(errors, axis=1), reference.residual_knots[None, :], scale)
    sums, pairs = squared_increments(windows, reference.lags)
    all_sums, all_pairs = squared_increments(reference.series[None, :], reference.lags)
    inside, rest = structure_function(sums, pairs), structure_function(all_sums - sums, all_pairs - pairs)
    return np.column_stack(
        [
            level / rest_share(windows, np.count_nonzero(~np.isnan(reference.series))),
            dynamics_distance(inside, rest),
            residual / rest_share(errors, reference.residual_count),
        ]
    )


def null_of(statistics: Floats, covered: Booleans, rows: int, window_rows: int) -> Null:
    """Summary of the statistics of the covered windows; a view that fewer than half of them have is NaN.

    Args:
        statistics: (windows, views) of `reference_windows`.
        covered: (windows,) which of them have enough readings.
        rows: n.
        window_rows: m.
    """
    mean, sd, largest = (np.full(statistics.shape[1], np.nan) for _ in range(3))
    windows = int(np.count_nonzero(covered))
    for view, statistic in enumerate(statistics.T):
        used = np.flatnonzero(covered & ~np.isnan(statistic))
        if used.size > max(1, windows // 2):
            mean[view] = expected_after(statistic[used], used, rows, window_rows)
            sd[view] = statistic[used].std(ddof=1)
            largest[view] = statistic[used].max()
    return Null(windows=windows, mean=mean, sd=sd, largest=largest)


def expected_after(statistic: Floats, windows: Integers, rows: int, window_rows: int) -> float:
    """The statistic to be expected of a window that follows the reference; at least the mean of the windows in it.

    The rest of the reference lies on both sides of a window in its middle, but all before the one that follows. Where
    a sensor wanders, the statistic grows with the mean distance in time to the rest: a line through the windows, by
    least squares and never falling, is read at the distance of the window that follows.

    Args:
        statistic: (windows,).
        windows: their positions among the `reference_windows`.
        rows: n.
        window_rows: m.
    """
    centres = windows * (window_rows // OFFSETS_PER_WINDOW) + window_rows / 2.0
    distances = (np.square(centres) + np.square(rows - centres) - window_rows**2 / 2.0) / (2.0 * (rows - window_rows))
    spread = distances - distances.mean()
    slope = max(0.0, float(spread @ statistic) / max(float(spread @ spread), 1.0))
    return float(statistic.mean() + slope * ((rows + window_rows) / 2.0 - distances.mean()))


def tail_probability(statistics: Floats, null: Null, rows: int, window_rows: int) -> Floats:
    """P of each view: how often an undrifted window would lie that far out.

    Student's t with n/m - 1 degrees of freedom of z = (S - mean) / (max(sd, .02) sqrt(1 + m/n)): the reference holds
    n/m independent windows, however many overlap. A statistic that some reference window reached has at least its
    rank probability 2 / (J + 1), whatever z says. NaN statistics or views give 1.
    """
    windows_per_reference = rows / window_rows
    z = (statistics - null.mean) / (np.maximum(null.sd, LEAST_SD) * np.sqrt(1.0 + 1.0 / windows_per_reference))
    p = stdtr(windows_per_reference - 1.0, -z)
    reached = statistics <= null.largest
    ranked = 2.0 / (np.asarray(null.windows)[..., None] + 1.0)
    p = np.where(reached, np.maximum(p, ranked), p)
    return np.asarray(np.where(np.isnan(p), 1.0, p))


def smallest_significant(null: Null, rows: int, window_rows: int) -> float:
    """The smallest W1, in sigma, that the level view calls drift at p <= .01: a level shift of that size is noticed."""
    ratio = rows / window_rows
    z = -stdtrit(ratio - 1.0, SIGNIFICANT / len(VIEWS))
    return float(max(null.mean[0] + z * max(null.sd[0], LEAST_SD) * np.sqrt(1.0 + 1.0 / ratio), null.largest[0]))


def rest_share(windows: Singles, total: int | np.integer) -> Floats:
    """1 - w: the share of the reference's readings that lie outside each window."""
    inside: Integers = np.count_nonzero(~np.isnan(windows), axis=1)
    return np.asarray(1.0 - inside / total)

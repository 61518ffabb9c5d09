"""The three calibrated statistics: how far a window is from the reference in level, dynamics and one-step error.

Every function works on many windows at once: rows of the arrays are windows, of one channel when a profile is
calibrated (`calibration.py`), of different channels when a window is checked (`measure.py`). Both sides call the same
code, so a statistic and its null distribution cannot drift apart. What the numbers mean is decided elsewhere.

Series are in units of the reference's sigma (`series.standardised`), NaN marks missing rows.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.series import Floats, Integers, Singles

AR_ORDER: Final = 16  # lags of the one-step predictor
KNOTS: Final = 1024  # of each stored distribution; W1 from them is within 4e-4 sigma of W1 from all readings
WINSOR_SCALES: Final = 4.0  # 2.7 standard deviations where errors are normal
LEAST_SCALE: Final = 0.2  # of the standard deviation, for errors that are mostly zero
STRUCTURE_FLOOR: Final = 1e-3  # sigma; below it a structure function or a residual is rounding, not dynamics


class View(StrEnum):
    """What a window is compared in, in the order of the profile's arrays."""

    LEVEL = "Level"  # which values the sensor takes
    DYNAMICS = "Dynamics"  # how fast they change
    RESIDUAL = "Residual"  # how well the next value follows from the last ones


VIEWS: Final = tuple(View)


def order_statistics(ordered: Singles, count: int) -> Singles:
    """`count` knots of an ascending sample: the inverse empirical distribution at (k + 1/2) / count.

    The knots are readings of the sample, each standing for the same share of it; exact when the sample size divides
    `count`.
    """
    ranks = ((2 * np.arange(count) + 1) * ordered.size) // (2 * count)
    return ordered[ranks]


@lru_cache(maxsize=64)
def _joint_steps(size: int, other: int) -> tuple[Integers, Integers, Singles]:
    """Where two step quantile functions of `size` and `other` equal steps change: ranks in each, width of each step."""
    ends = np.union1d(np.arange(1, size + 1) * other, np.arange(1, other + 1) * size)
    starts = np.concatenate(([0], ends[:-1]))
    return starts // other, starts // size, ((ends - starts) / (size * other)).astype(np.float32)


def wasserstein(ordered: Singles, knots: Singles) -> Floats:
    """First Wasserstein distance of each window to its reference, in the unit of the series.

    W1 = integral over (0, 1) of |Q_window(u) - Q_reference(u)| (Vallender 1974). Both quantile functions have steps of
    equal width, so the integral is a finite sum whose terms depend on the sample sizes alone: no merging of samples.

    Args:
        ordered: (windows, rows) ascending, NaN last (`numpy.sort` puts them there).
        knots: (windows or 1, knots) ascending quantile knots of the reference.

    Returns:
        (windows,) distances; NaN for a window that lacks more than half of its rows: a small sample lies further from
        the reference by chance alone.
    """
    sizes = np.count_nonzero(~np.isnan(ordered), axis=1)
    distances = np.full(len(ordered), np.nan)
    for size in np.unique(sizes[2 * sizes >= max(1, ordered.shape[1])]):
        rows = np.flatnonzero(sizes == size)
        ranks, knot_ranks, widths = _joint_steps(int(size), knots.shape[1])
        # Whole arrays are the usual case (nothing missing) and need no copy.
        difference = np.take(ordered if rows.size == len(ordered) else ordered[rows], ranks, axis=1)
        difference -= np.take(knots if len(knots) in {1, rows.size} else knots[rows], knot_ranks, axis=1)
        distances[rows] = np.abs(difference, out=difference) @ widths
    return distances


def squared_increments(series: Singles, lags: tuple[int, ...]) -> tuple[Floats, Integers]:
    """Sums of (x[t + lag] - x[t])^2 over pairs of readings, and the numbers of such pairs: (windows, lags) each."""
    sums = np.empty((len(series), len(lags)))
    pairs = np.empty((len(series), len(lags)), dtype=np.int64)
    gaps = bool(np.isnan(series).any())
    for position, lag in enumerate(lags):
        increments = series[:, lag:] - series[:, :-lag]
        pairs[:, position] = increments.shape[1]
        if gaps:
            missing = np.isnan(increments)
            increments[missing] = 0.0
            pairs[:, position] -= np.count_nonzero(missing, axis=1)
        sums[:, position] = np.einsum("ij,ij->i", increments, increments)
    return sums, pairs


def structure_function(sums: Floats, pairs: Integers) -> Floats:
    """D(lag) = sqrt(E (x[t + lag] - x[t])^2) (Kolmogorov 1941) from sums and pair counts; NaN where there is no pair.

    Floored at 1e-3 sigma: logarithms of less would compare rounding errors.
    """
    mean_squares = np.divide(sums, pairs, out=np.full(sums.shape, np.nan), where=pairs > 0)
    return np.asarray(np.sqrt(np.maximum(mean_squares, STRUCTURE_FLOOR**2)))


def dynamics_distance(structure: Floats, reference: Floats) -> Floats:
    """Mean over lags of |ln(D_window / D_reference)|: 0.7 means that changes are on average twice or half as large."""
    return np.asarray(np.abs(np.log(structure / reference)).mean(axis=1))


def one_step_errors(series: Singles, coefficients: Singles) -> Singles:
    """e[t] = x[t] - sum_k a[k] x[t - k], k = 1..16, wherever t and its whole history have readings, else NaN.

    Args:
        series: (windows, rows).
        coefficients: (windows or 1, 16), the nearest lag first.

    Returns:
        (windows, rows - 16): the first 16 rows have no history inside the window.
    """
    rows = series.shape[1]
    errors = series[:, AR_ORDER:].copy()
    predicted = np.empty_like(errors)
    for lag in range(1, AR_ORDER + 1):
        np.multiply(series[:, AR_ORDER - lag : rows - lag], coefficients[:, lag - 1 : lag], out=predicted)
        errors -= predicted
    return errors


def error_scale(errors: NDArray[np.floating]) -> float:
    """The usual size of one-step errors: their median magnitude, at least a fifth of their standard deviation."""
    return float(max(np.median(np.abs(errors)), LEAST_SCALE * errors.std(dtype=np.float64)))


def error_distance(ordered: Singles, knots: Singles, scale: Floats) -> Floats:
    """W1 of one-step errors to those of the reference, all winsorised at four scales, in multiples of the scale.

    Sensors err rarely and then by much. Unbounded, a handful of such errors more or less decides the distance, and how
    many there are differs from window to window; bounded (Huber 1964), the distance shows what most errors do.

    Args:
        ordered: (windows, rows) ascending, NaN last.
        knots: (windows or 1, knots) ascending quantile knots of the reference's errors.
        scale: (windows or 1,) of the reference's errors, in the unit of the errors.
    """
    bound = (WINSOR_SCALES * scale[:, None]).astype(np.float32)
    return wasserstein(np.clip(ordered, -bound, bound), np.clip(knots, -bound, bound)) / scale


def structure_lags(window_rows: int) -> tuple[int, ...]:
    """The lags of the structure function: 1, 2, 4 .. up to an eighth of the window."""
    return tuple(1 << power for power in range((window_rows // 8).bit_length()))

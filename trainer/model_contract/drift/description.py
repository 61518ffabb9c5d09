"""Numbers that people know: PSI, Jensen-Shannon, Kolmogorov-Smirnov, mean shift, ratio of standard deviations.

They describe a difference and never decide about it: on autocorrelated telemetry their usual thresholds raise false
alarms in 39 to 91 % of undrifted windows. Called by `measure.py` for every channel.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from model_contract.drift.profile import DriftProfile
from model_contract.drift.series import Floats, Integers, Singles

KS_POINTS: Final = 256  # of the knots; D is then within 0.004 of its exact value
LEAST_SHARE: Final = 1e-4  # of a bin, so that logarithms stay finite; customary for PSI


@dataclass(frozen=True, eq=False)
class Description:
    """One number per channel, NaN where a channel has no readings: (channels,) each."""

    psi: Floats
    jensen_shannon: Floats
    kolmogorov_smirnov: Floats
    mean_shift: Floats  # reference sigmas
    sd_ratio: Floats


def describe(profile: DriftProfile, series: Singles, ordered: Singles) -> Description:
    """Descriptions of all channels at once.

    Args:
        profile: the reference.
        series: (channels, rows) in sigma units.
        ordered: the same, each row ascending, NaN last.
    """
    counts = np.count_nonzero(~np.isnan(ordered), axis=1)
    stride = profile.knots.shape[1] // KS_POINTS
    points = profile.knots[:, stride - 1 :: stride]
    sought = np.concatenate([points, profile.psi_edges, profile.js_edges], axis=1, dtype=np.float32)
    below = np.empty(points.shape, dtype=np.int64)  # readings < point
    upto = np.empty(sought.shape, dtype=np.int64)  # readings <= point
    for channel, count in enumerate(counts):
        readings = ordered[channel, :count]
        below[channel] = readings.searchsorted(points[channel], side="left")
        upto[channel] = readings.searchsorted(sought[channel], side="right")
    ks_end, psi_end = points.shape[1], points.shape[1] + profile.psi_edges.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):  # a channel without readings
        mean, spread = _moments(series, counts)
        return Description(
            psi=_psi(_bin_shares(upto[:, ks_end:psi_end], counts), _shares(profile.psi_counts)),
            jensen_shannon=_jensen_shannon(_bin_shares(upto[:, psi_end:], counts), _shares(profile.js_counts)),
            kolmogorov_smirnov=_kolmogorov_smirnov(below, upto[:, :ks_end], counts, points),
            mean_shift=mean,
            sd_ratio=spread,
        )


def _moments(series: Singles, counts: Integers) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each channel's readings; in sigma units they are the shift and the ratio."""
    missing = np.isnan(series) if (counts < series.shape[1]).any() else None
    present = series if missing is None else np.where(missing, np.float32(0.0), series)
    mean = present.sum(axis=1, dtype=np.float64) / counts
    deviations = present - mean[:, None].astype(np.float32)
    if missing is not None:
        deviations[missing] = 0.0
    return mean, np.sqrt(np.einsum("ij,ij->i", deviations, deviations).astype(np.float64) / counts)


def bin_counts(ordered: Singles, edges: Floats) -> Integers:
    """Readings per bin of one channel; a reading on an inner edge belongs to the bin below it."""
    upto = np.searchsorted(ordered, edges.astype(np.float32), side="right")
    return np.diff(upto, prepend=0, append=ordered.size)


def _bin_shares(upto: Integers, counts: Integers) -> Floats:
    inside = np.diff(upto, axis=1, prepend=0, append=counts[:, None])
    return np.asarray(inside / counts[:, None])


def _shares(counts: Integers) -> Floats:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _psi(current: Floats, reference: Floats) -> Floats:
    """Population stability index: sum of (c - r) ln(c / r) over bins."""
    current, reference = np.maximum(current, LEAST_SHARE), np.maximum(reference, LEAST_SHARE)
    return np.asarray(((current - reference) * np.log(current / reference)).sum(axis=1))


def _jensen_shannon(current: Floats, reference: Floats) -> Floats:
    """Jensen-Shannon distance, base 2, 0 .. 1: sqrt of the mean divergence of both from their average (Lin 1991)."""
    middle = (current + reference) / 2.0
    divergence = sum(
        np.where(shares > 0.0, shares * np.log2(shares / middle), 0.0).sum(axis=1) / 2.0
        for shares in (current, reference)
    )
    return np.asarray(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def _kolmogorov_smirnov(below: Integers, upto: Integers, counts: Integers, points: Singles) -> Floats:
    """D = max |F_current - F_reference|, taken just before and at each point, where the reference's F steps."""
    steps = np.arange(1, points.shape[1] + 1) / points.shape[1]
    first = (
        np.diff(points, axis=1, prepend=-np.inf) > 0.0
    )  # of equal points: below it the reference has not stepped yet
    last = np.diff(points, axis=1, append=np.inf) > 0.0  # of equal points: at it the whole step is done
    before = np.abs(below / counts[:, None] - (steps - steps[0])) * first
    at = np.abs(upto / counts[:, None] - steps) * last
    return np.asarray(np.maximum(before, at).max(axis=1))

"""Nonparametric dynamic thresholds written down rule by rule, row by row: slow, plain, and what the fast ones must equal.

Follows Hundman et al., KDD 2018, sections 3.2 and 3.3, and what their published program does where the paper is silent.
Rows are sets of integers here, on purpose unlike the arrays of the trainer.
"""

import math
from statistics import fmean, pstdev

import numpy as np

from model_trainer.data.telemetry import Floats

BATCH = 70  # rows that one window judges
WINDOW = 30 * BATCH
BUFFER = 100


def published_sequences(smoothed: Floats, signal: Floats, warm_up: int = 250, p: float = 0.13) -> list[range]:
    """The anomalous runs of smoothed errors; their number must be a multiple of 70, so that no remainder is left."""
    errors = [float(error) for error in smoothed]
    if warm_up:
        errors[:warm_up] = [fmean(errors[: 2 * warm_up])] * warm_up
    length = min(WINDOW, len(errors))
    unjudged = 2 * warm_up if len(errors) >= 2500 else warm_up if len(errors) >= 1800 else 0
    anomalous: set[int] = set()
    for begin in range(0, len(errors) - length + 1, BATCH):
        window = errors[begin : begin + length]
        first = unjudged if begin == 0 else length - BATCH
        values = [float(value) for value in signal[begin : begin + length]]
        earlier = {row - begin for row in anomalous}
        anomalous |= {row + begin for row in _judge(window, values, first, earlier, p)}
    return [run for run in _runs(anomalous) if len(run) > 1]


def _judge(window: list[float], values: list[float], first: int, earlier: set[int], p: float) -> set[int]:
    """Anomalous rows of one window among those from `first` on."""
    mean, deviation = fmean(window), pstdev(window)
    spread = float(np.percentile(values, 95) - np.percentile(values, 5))
    worth_a_look = deviation > 0.05 * pstdev(values) or max(window) > 0.05 * spread
    if not worth_a_look or max(window) <= 0.05:
        return set()
    found: set[int] = set()
    for errors in (window, [2 * mean - error for error in window]):
        limit = _limit(errors, mean, deviation)
        high = {row for row, error in enumerate(errors) if error >= limit and error > 0.05 * spread}
        flagged = {row for row in _widened(high, BUFFER, len(errors)) if row >= first}
        rest = [error for row, error in enumerate(errors) if row not in flagged and row not in earlier]
        found |= _standing_out([run for run in _runs(flagged) if len(run) > 1], errors, max(rest, default=0.0), p)
    return found


def _limit(errors: list[float], mean: float, deviation: float) -> float:
    """The candidate with the best balance of calm regained and anomalies declared; ties go to the higher."""
    best, best_score = mean + 12 * deviation, -math.inf
    for doubled in range(5, 24):  # z = 2.5, 3.0, ... 11.5
        candidate = mean + deviation * (doubled / 2)
        high = {row for row, error in enumerate(errors) if error >= candidate}
        if not high:
            continue
        calm = [error for error in errors if error < candidate]
        near = _widened(high, BUFFER - 1, len(errors))
        runs = [run for run in _runs(near) if len(run) > 1]
        gain = (mean - fmean(calm)) / mean + (deviation - pstdev(calm)) / deviation
        score = gain / (len(runs) ** 2 + len(near))
        if score >= best_score and len(runs) <= 5 and len(near) < 0.5 * len(errors):
            best, best_score = candidate, score
    return best


def _standing_out(runs: list[range], errors: list[float], largest_normal: float, p: float) -> set[int]:
    """Rows of the runs that are left when those below the last steep fall of the sorted peaks are dropped."""
    by_peak = sorted(runs, key=lambda run: -max(errors[row] for row in run))
    peaks = [max(errors[row] for row in run) for run in by_peak] + [largest_normal]
    keep = 0
    for rank in range(len(by_peak)):
        if (peaks[rank] - peaks[rank + 1]) / peaks[rank] >= p:
            keep = rank + 1
    return {row for run in by_peak[:keep] for row in run}


def _widened(rows: set[int], by: int, stop: int) -> set[int]:
    return {near for row in rows for near in range(max(row - by, 0), min(row + by + 1, stop))}


def _runs(rows: set[int]) -> list[range]:
    """Consecutive rows together."""
    runs: list[range] = []
    for row in sorted(rows):
        if runs and runs[-1].stop == row:
            runs[-1] = range(runs[-1].start, row + 1)
        else:
            runs.append(range(row, row + 1))
    return runs

"""From forecast errors to anomalies: nonparametric dynamic thresholds (Hundman et al., KDD 2018, sections 3.2, 3.3).

The paper leaves several rules open; where it does, this follows the authors' published behaviour, with one exception:
rows between the last full batch and the end are judged too, not skipped. Errors and signal are scaled, because one of
the published limits is absolute.
"""

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import numpy as np

from model_contract.hyperparameters import Thresholding
from model_trainer.data.telemetry import Booleans, Floats

DEVIATIONS: Final = np.arange(2.5, 12.0, 0.5)  # z: candidate thresholds are mean + z sd
HIGHEST: Final = 12.0  # z where no candidate qualifies
MOST_SEQUENCES: Final = 5  # of a candidate; more would be noise, not anomalies
LARGEST_SHARE: Final = 0.5  # of a window that may be anomalous
NOTICEABLE: Final = 0.05  # of the signal's deviation or range, and of the scale: smaller errors are no anomalies
ROUNDING: Final = 1e-9  # of the mean: errors that deviate less are constant
LONG: Final = 2500  # rows of errors from which the first two warm-ups are not judged
MIDDLE: Final = 1800  # rows from which the first warm-up is not judged


@dataclass(frozen=True)
class Anomaly:
    """Rows that belong together, and how far their error lies beyond its threshold in units of (mean + sd)."""

    rows: range
    score: float


@dataclass(frozen=True)
class Detection:
    """What was found in n rows; every array is (n,).

    `flagged` and `anomalies` say the same. `upper` and `lower` are the thresholds that judged a row: infinite where
    errors were too small to matter, NaN where nothing was judged. `deviation` is the distance of the error from the
    median of the window that judged it, in its standard deviations: a score that needs no threshold.
    """

    flagged: Booleans
    anomalies: tuple[Anomaly, ...]
    upper: Floats
    lower: Floats
    deviation: Floats


def window_rows(rows: int, parameters: Thresholding) -> int:
    """The length of one error window, in rows: shorter than asked for where there are not so many rows."""
    batches = max(min(parameters.window_batches, rows // parameters.judged_rows), 1)
    return min(batches * parameters.judged_rows, rows)


def smoothing_lead(parameters: Thresholding) -> int:
    """Rows of errors after which a smoothed one hardly depends on where the smoothing began: two spans."""
    return int(2 * parameters.window_batches * parameters.judged_rows * parameters.smoothing)


def smooth_errors(errors: Floats, parameters: Thresholding) -> Floats:
    """Exponentially weighted absolute errors, (rows,); a row without a forecast keeps the value before it.

    The span is a share of the full error window, 105 rows with the defaults. The first rows weigh what there is.
    """
    span = max(int(parameters.window_batches * parameters.judged_rows * parameters.smoothing), 1)
    decay = 1.0 - 2.0 / (span + 1.0)
    known = np.isfinite(errors)
    if not known.any():
        return np.zeros(len(errors))
    sums = _decaying_sum(np.where(known, np.abs(errors), 0.0), decay)
    weights = _decaying_sum(known.astype(np.float64), decay)
    first = int(np.argmax(known))
    smoothed = np.empty(len(errors))
    smoothed[first:] = sums[first:] / weights[first:]
    smoothed[:first] = smoothed[first]
    return smoothed


def find_anomalies(smoothed: Floats, signal: Floats, parameters: Thresholding, warm_up: int = 0) -> Detection:
    """Anomalous rows of smoothed errors (n,) of a signal (n,).

    Args:
        smoothed: smoothed absolute errors.
        signal: the values that were forecast.
        parameters: windows, buffer and pruning.
        warm_up: first rows whose forecasts lacked history; their errors are replaced by a typical one.
    """
    rows, batch = len(smoothed), parameters.judged_rows
    errors = smoothed.copy()
    errors[:warm_up] = errors[: 2 * warm_up].mean() if warm_up else 0.0
    length = window_rows(rows, parameters)
    flagged, beyond, deviation = np.zeros(rows, dtype=bool), np.zeros(rows), np.zeros(rows)
    upper, lower = np.full(rows, np.nan), np.full(rows, np.nan)
    last = (rows - length) // batch
    for position in range(last + 1):
        begin = position * batch
        stop = rows if position == last else begin + length
        first = ignored_rows(rows, warm_up) if position == 0 else begin + length - batch
        window = _Window(errors[begin:stop], signal[begin:stop], first - begin, flagged[begin:stop].copy())
        found, limits = window.judge(parameters)
        flagged[begin:stop] |= found
        lower[first:stop], upper[first:stop] = limits
        beyond[first:stop] = window.beyond(*limits)[first - begin :]
        deviation[first:stop] = window.deviation[first - begin :]
    anomalies = tuple(Anomaly(run, float(beyond[run.start : run.stop].max())) for run in runs_of(flagged))
    kept = np.zeros(rows, dtype=bool)
    for anomaly in anomalies:
        kept[anomaly.rows.start : anomaly.rows.stop] = True
    return Detection(flagged=kept, anomalies=anomalies, upper=upper, lower=lower, deviation=deviation)


def united(one: Detection, other: Detection) -> Detection:
    """What either found in the same rows; thresholds and deviation remain those of the first."""
    flagged = one.flagged | other.flagged
    found = (*one.anomalies, *other.anomalies)
    anomalies = tuple(
        Anomaly(run, max(anomaly.score for anomaly in found if anomaly.rows.start in run)) for run in runs_of(flagged)
    )
    return replace(one, flagged=flagged, anomalies=anomalies)


def runs_of(flags: Booleans, *, at_least: int = 2) -> list[range]:
    """The runs of so many flagged rows or more; a single high error is no sequence."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [range(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= at_least]


class _Window:
    """One stretch of errors that gives a threshold and judges its newest rows by it."""

    def __init__(self, errors: Floats, signal: Floats, first_judged: int, already: Booleans) -> None:
        self._errors = errors
        self._first_judged = first_judged
        self._already = already
        self._mean, self._sd = float(errors.mean()), float(errors.std())
        low, high = np.percentile(signal, [5, 95])
        self._range = float(high - low)
        self._signal_sd = float(signal.std())

    def judge(self, parameters: Thresholding) -> tuple[Booleans, tuple[float, float]]:
        """The anomalous rows, and the thresholds below and above which errors are unusual."""
        highest = float(self._errors.max())
        stands_out = self._sd > NOTICEABLE * self._signal_sd or highest > NOTICEABLE * self._range
        if not (stands_out and highest > NOTICEABLE and self._sd > ROUNDING * self._mean):
            return np.zeros(len(self._errors), dtype=bool), (-np.inf, np.inf)
        mirrored = 2 * self._mean - self._errors  # unusually low errors become high ones
        upper = self._threshold(self._errors, parameters.error_buffer)
        mirrored_lower = self._threshold(mirrored, parameters.error_buffer)
        found = self._sequences(self._errors, upper, parameters) | self._sequences(mirrored, mirrored_lower, parameters)
        return found, (2 * self._mean - mirrored_lower, upper)

    def beyond(self, lower: float, upper: float) -> Floats:
        """How far each error lies beyond a threshold, in units of (mean + sd); 0 between them."""
        distance = np.maximum(np.maximum(self._errors - upper, lower - self._errors), 0.0)
        return distance / max(self._mean + self._sd, np.finfo(float).tiny)

    @property
    def deviation(self) -> Floats:
        """How far each error lies from the median, which anomalies hardly move, in standard deviations."""
        distance = np.abs(self._errors - np.median(self._errors))
        return distance / self._sd if self._sd > 0 else np.zeros(len(self._errors))

    def _threshold(self, errors: Floats, buffer: int) -> float:
        """The candidate whose removal calms the errors most for the fewest anomalies (equation in section 3.2)."""
        chosen, best = self._mean + HIGHEST * self._sd, -np.inf
        for deviations in DEVIATIONS:
            candidate = self._mean + deviations * self._sd
            above = errors >= candidate
            if not above.any():
                break  # nor is anything above a larger one
            dilated = _dilated(above, buffer - 1)
            sequences, points = len(runs_of(dilated)), int(dilated.sum())
            if sequences > MOST_SEQUENCES or points >= LARGEST_SHARE * len(errors):
                continue
            rest = errors[~above]
            calmed = (self._mean - rest.mean()) / self._mean + (self._sd - rest.std()) / self._sd
            score = calmed / (sequences**2 + points)
            if score >= best:
                chosen, best = candidate, score
        return float(chosen)

    def _sequences(self, errors: Floats, limit: float, parameters: Thresholding) -> Booleans:
        """Rows around errors beyond the limit, without those that do not stand out from the rest."""
        flagged = _dilated((errors >= limit) & (errors > NOTICEABLE * self._range), parameters.error_buffer)
        flagged[: self._first_judged] = False
        sequences = runs_of(flagged)
        if not sequences:
            return np.zeros(len(errors), dtype=bool)
        rest = errors[~(flagged | self._already)]
        kept = np.zeros(len(errors), dtype=bool)
        for sequence in _pruned(sequences, errors, float(rest.max(initial=-np.inf)), parameters.pruning):
            kept[sequence.start : sequence.stop] = True
        return kept


def _pruned(sequences: list[range], errors: Floats, largest_normal: float, least_fall: float) -> list[range]:
    """The sequences down to the last fall between sorted peaks of at least `least_fall` (section 3.3)."""
    peaks = [float(errors[sequence.start : sequence.stop].max()) for sequence in sequences]
    order = np.argsort(peaks)[::-1]
    falling = np.append(np.array(peaks)[order], largest_normal if np.isfinite(largest_normal) else 0.0)
    falls = (falling[:-1] - falling[1:]) / falling[:-1]
    steep = np.flatnonzero(falls >= least_fall)
    return [sequences[index] for index in order[: steep[-1] + 1]] if steep.size else []


def _decaying_sum(values: Floats, decay: float) -> Floats:
    return np.fromiter(accumulate(values, lambda total, value: total * decay + value), np.float64, len(values))


def _dilated(flags: Booleans, by: int) -> Booleans:
    """Flags and `by` rows on both sides of each."""
    rows = len(flags)
    at = np.flatnonzero(flags)
    begins = np.bincount(np.maximum(at - max(by, 0), 0), minlength=rows + 1)
    ends = np.bincount(np.minimum(at + max(by, 0) + 1, rows), minlength=rows + 1)
    return np.asarray(np.cumsum(begins - ends)[:rows] > 0)


def ignored_rows(rows: int, warm_up: int) -> int:
    """First rows of a recording that are not judged, because the forecasts' errors are not yet what they will be."""
    return 2 * warm_up if rows >= LONG else warm_up if rows >= MIDDLE else 0

"""Whether a candidate forecasts better than the champion, or whether the difference could be chance.

Judged by the root mean square error, which is what the networks are trained to lower: on signals that stand still and
jump, a forecast by the last value is hard to beat in mean absolute error. Both forecast the same rows. Neighbouring
errors are alike, so whole blocks of rows are resampled (Kuensch 1989; circular blocks: Politis and Romano 1992), the
same for both: what the two find hard together cancels out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from model_contract.keys import ComparisonVerdict
from model_trainer.data.telemetry import Floats

RESAMPLES: Final = 2000
CONFIDENCE_PERCENT: Final = 95.0
FEWEST_ROWS: Final = 30
LARGEST_DRAW: Final = 500_000  # blocks that are drawn at once; bounds memory
BLOCKS_AT_LEAST: Final = 10  # with fewer the interval would rest on a handful of draws


@dataclass(frozen=True)
class Comparison:
    """How much lower the candidate's RMSE is, in percent of the champion's, with its 95 % interval; None: undefined."""

    verdict: ComparisonVerdict
    improvement_percent: float | None = None
    lower_percent: float | None = None
    upper_percent: float | None = None


def compare(actual: Floats, candidate: Floats, champion: Floats, *, seed: int) -> Comparison:
    """The comparison over the rows that both forecast.

    Better and NotBetter mean that the whole interval lies above, or not above, zero.
    """
    both = np.isfinite(candidate) & np.isfinite(champion) & np.isfinite(actual)
    errors = ((candidate - actual) ** 2)[both], ((champion - actual) ** 2)[both]
    rows = int(both.sum())
    if rows < FEWEST_ROWS:
        return Comparison(ComparisonVerdict.CANNOT_TELL)
    if not errors[1].any():  # nothing can be better than no error
        return Comparison(ComparisonVerdict.NOT_BETTER)
    drawn = _resampled_improvements(*errors, block_length(errors[1] - errors[0]), np.random.default_rng(seed))
    tail = (100.0 - CONFIDENCE_PERCENT) / 2
    lower, upper = (float(bound) for bound in np.percentile(drawn, [tail, 100.0 - tail]))
    verdict = ComparisonVerdict.CANNOT_TELL
    if lower > 0:
        verdict = ComparisonVerdict.BETTER
    elif upper <= 0:
        verdict = ComparisonVerdict.NOT_BETTER
    improvement = 100.0 * (1.0 - float(np.sqrt(errors[0].mean() / errors[1].mean())))
    return Comparison(verdict, improvement, lower, upper)


def block_length(differences: Floats) -> int:
    """Rows of one block: twice the autocorrelation time of the differences, so that blocks are nearly independent.

    The time is 1 + 2 sum of the autocorrelations up to the first that is not positive; at most a tenth of the rows.
    """
    rows = len(differences)
    centred = differences - differences.mean()
    spectrum = np.fft.rfft(centred, 2 * rows)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2)[:rows]
    if covariance[0] <= 0:
        return 1
    correlation = covariance / covariance[0]
    fallen = np.flatnonzero(correlation <= 0)
    until = int(fallen[0]) if fallen.size else rows
    time = 1.0 + 2.0 * float(correlation[1:until].sum())
    return int(np.clip(np.ceil(2 * time), 1, max(rows // BLOCKS_AT_LEAST, 1)))


def _resampled_improvements(candidate: Floats, champion: Floats, length: int, random: np.random.Generator) -> Floats:
    rows = len(candidate)
    blocks = -(-rows // length)
    at_once = max(LARGEST_DRAW // blocks, 1)
    # Sums of circular blocks from running sums: the resamples themselves are never laid out.
    sums = np.stack([_block_sums(error, length) for error in (candidate, champion)])
    totals = np.concatenate(
        [
            sums[:, random.integers(0, rows, size=(min(at_once, RESAMPLES - done), blocks))].sum(axis=2)
            for done in range(0, RESAMPLES, at_once)
        ],
        axis=1,
    )
    improvements: Floats = 100.0 * (1.0 - np.sqrt(totals[0] / np.maximum(totals[1], np.finfo(float).tiny)))
    return improvements


def _block_sums(errors: Floats, length: int) -> Floats:
    running = np.concatenate([[0.0], np.cumsum(np.concatenate([errors, errors[:length]]))])
    sums: Floats = running[length : length + len(errors)] - running[: len(errors)]
    return sums

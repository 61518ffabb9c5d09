"""Judges the quality of one window of telemetry, beside the training data of a version where there are some.

The operator's worker calls `assess_quality` with the newest complete window and decides nothing itself. Import this
module by its full name: it loads numpy, which the operator's own process does without.

The score is 100 less the points of all faults, at least 0. A check costs its most when what the middle column says is
reached, and in proportion below; `points.py` says how columns add up.

| check        | most | cost                                                                    | needs training data  |
|--------------|------|-------------------------------------------------------------------------|----------------------|
| Completeness |  100 | 1.5 for each percent of rows that did not come, beyond training's share | no                   |
| Freshness    |  100 | all of it when the newest row is older (or further ahead) than allowed  | no, but an age       |
| NotFinite    |  100 | 1.5 for each percent of a column's readings that are no numbers, beyond | no                   |
|              |      | training's share                                                        |                      |
| Unit         |   60 | all of it when 90 % of the readings leave the training range and a      | yes                  |
|              |      | known conversion explains it, or they are absurdly far                  |                      |
| Range        |   60 | 10 for 20 % of the readings far outside the training range, by more     | yes                  |
|              |      | than its scale; 50 more for 20 % absurdly far, by more than 10 scales   |                      |
|              |      | (100 for a constant). Scale: width of the range, or the largest         |                      |
|              |      | magnitude if that is more                                               |                      |
| Stuck        |   40 | one reading for the whole window, 1.25 times as long as ever in         | yes, and more than   |
|              |      | training; in proportion above once as long, or for a part of the window | two different ones   |
|              |      | above twice as long                                                     |                      |
| Duplicates   |   40 | 10 for 20 % of rows with a time that came before, 40 more for 20 % with | no                   |
|              |      | other readings than the first                                           |                      |
| SamplingRate |   40 | 20 for each doubling or halving of the distance of rows                 | no                   |
| Spikes       |   20 | 5 % of the readings jump away from both neighbours                      | yes, and more than   |
|              |      |                                                                         | two different ones   |
| Order        |   10 | 10 % of the rows stand after a later one                                | no                   |
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from model_contract.quality.column_checks import not_finite, spikes, stuck
from model_contract.quality.plausibility import plausibility
from model_contract.quality.points import add_up
from model_contract.quality.report import QualityFault, QualityReport
from model_contract.quality.row_checks import Age, completeness, duplicates, freshness, order, sampling_rate
from model_contract.quality.training import TrainingData
from model_contract.quality.window import Floats, Integers, WindowRows, instant

if TYPE_CHECKING:
    from model_contract.drift import DriftProfile

__all__ = ["Age", "assess_quality"]


def assess_quality(
    times: Integers,
    values: Floats,
    columns: tuple[str, ...],
    *,
    start: int,
    end: int,
    sampling_seconds: float,
    profile: "DriftProfile | None" = None,
    age: Age | None = None,
) -> QualityReport:
    """The report on a window; whatever the data hold, there is one.

    Args:
        times: (rows,) nanoseconds since the Unix epoch, in the order of the files; rows outside the window are left
            out.
        values: (rows, columns), NaN where a reading is missing.
        columns: their names; with a profile its channels.
        start: of the window, nanoseconds since the Unix epoch.
        end: of the window, exclusive.
        sampling_seconds: the expected distance of rows.
        profile: of the version that the window is compared with; without it only the window itself is judged.
        age: of the newest row; without it no age is judged.
    """
    with np.errstate(all="ignore"):  # what overflows is as absurd as what it came from
        window = WindowRows.of(times, values, columns, start=start, end=end, sampling_seconds=sampling_seconds)
        training = TrainingData.of(profile) if profile else None
        score, faults = add_up(_faults(window, training, age))
    return QualityReport(
        score_percent=score,
        faults=faults,
        start=instant(start),
        end=instant(end),
        rows=window.arrived.size,
        rows_expected=window.expected,
    )


def _faults(window: WindowRows, training: TrainingData | None, age: Age | None) -> Iterator[QualityFault]:
    if age:
        yield from freshness(age)
    yield from completeness(window, training)
    yield from duplicates(window)
    yield from order(window)
    yield from sampling_rate(window)
    yield from not_finite(window, training)
    if training:
        yield from plausibility(window, training)
        yield from stuck(window, training)
        yield from spikes(window, training)

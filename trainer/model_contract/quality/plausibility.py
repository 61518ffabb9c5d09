"""Whether readings are plausible beside the training data: single ones out of range, or a whole window in another unit.

The boundary to drift: another level is the drift check's business, however far it is for the sensor's spread, because
processes change and models must follow. Only what no process explains is bad data: readings many times the sensor's
whole scale away, and windows that a well-known conversion of units puts back into the training range.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from model_contract.quality.points import MOST
from model_contract.quality.report import QualityCheck, QualityFault
from model_contract.quality.training import TrainingData
from model_contract.quality.units import CONVERSIONS, Expected
from model_contract.quality.window import Floats, WindowRows

FAR: Final = 1.0  # scales beyond the training range: unusual
ABSURD: Final = 10.0  # scales beyond the training range: no level of the same process
FAR_POINTS: Final = 10.0
BAD_SHARE: Final = 0.2  # of readings, costs the most
WHOLE: Final = 0.9  # of the readings of a window


def plausibility(window: WindowRows, training: TrainingData) -> Iterator[QualityFault]:
    """Faults of range and unit, at most one per column."""
    readings = window.readings
    excess = np.maximum(training.minimum[:, None] - readings, readings - training.maximum[:, None])
    excess /= np.where(training.scale > 0.0, training.scale, np.nan)[:, None]  # NaN: there is nothing to compare with
    outside = np.count_nonzero(excess > 0.0, axis=1)
    for index, column, name in window.named(outside > 0):
        far = int(np.count_nonzero(excess[index] > FAR))
        absurd = (
            int(np.count_nonzero(excess[index] > ABSURD)) if training.varies[index] else 0
        )  # else no scale is known
        whole = WHOLE * window.present[index]
        unit = _unit(readings[index], training, index) if training.varies[index] and outside[index] >= whole else None
        if unit is None and absurd >= max(whole, 1):
            unit = "in an unknown unit"
        seen = f"training range {training.minimum[index]:.5g} to {training.maximum[index]:.5g}"
        if unit is not None:
            median = np.nanmedian(readings[index])
            yield QualityFault(
                check=QualityCheck.UNIT,
                column=column,
                points=MOST[QualityCheck.UNIT],
                message=f"{name}: the whole window seems to be {unit}: median {median:.5g}, {seen};"
                f" {window.where(window.finite[index])}",
            )
        elif far:
            yield QualityFault(
                check=QualityCheck.RANGE,
                column=column,
                points=_range_points(far, absurd, int(window.present[index])),
                message=f"{name}: {far} of {window.present[index]} readings lie far outside the {seen}, the farthest"
                f" is {_farthest(readings[index], excess[index]):.5g}; {window.where(excess[index] > FAR)}",
            )


def _unit(readings: Floats, training: TrainingData, index: int) -> str | None:
    """The conversion that explains the window; None when it may as well be another level."""
    expected = Expected(training.minimum[index], training.maximum[index], training.step[index])
    return next((one.description for one in CONVERSIONS if one.explains(readings, expected)), None)


def _range_points(far: int, absurd: int, present: int) -> float:
    """Points for readings far outside, and for those of them that are absurdly far."""
    shares = (min(1.0, count / present / BAD_SHARE) for count in (far, absurd))
    costs = (FAR_POINTS, MOST[QualityCheck.RANGE] - FAR_POINTS)
    return sum(share * cost for share, cost in zip(shares, costs, strict=True))


def _farthest(readings: Floats, excess: Floats) -> float:
    return float(readings[int(np.nanargmax(excess))])

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
ABSURD_FOR_CONSTANT: Final = 100.0  # the same where training showed one level only: a mode 1 may become a mode 15
FAR_POINTS: Final = 10.0
BAD_SHARE: Final = 0.2  # of readings, costs the most
WHOLE: Final = 0.9  # of the readings of a window


def plausibility(window: WindowRows, training: TrainingData) -> Iterator[QualityFault]:
    """Faults of range and unit, at most one per column."""
    if not window.times.size:
        return
    lowest, highest = np.fmin.reduce(window.readings, axis=1), np.fmax.reduce(window.readings, axis=1)
    leaves = (lowest < training.minimum) | (highest > training.maximum)
    for index, column, name in window.named(leaves & (training.scale > 0.0)):
        expected = Expected(training.minimum[index], training.maximum[index], training.step[index])
        readings, present = window.readings[index], window.present[index]
        # In scales of the column; NaN where there is no reading.
        excess = np.maximum(expected.minimum - readings, readings - expected.maximum) / training.scale[index]
        absurdly = ABSURD if training.varies[index] else ABSURD_FOR_CONSTANT
        outside, far, absurd = (np.count_nonzero(excess > limit) / present for limit in (0.0, FAR, absurdly))
        seen = f"training range {expected.minimum:.5g} to {expected.maximum:.5g}"
        unit = _unit(readings, expected, absurd) if outside >= WHOLE else None
        if unit is not None:
            yield QualityFault(
                check=QualityCheck.UNIT,
                column=column,
                points=MOST[QualityCheck.UNIT],
                message=f"{name}: the whole window seems to be {unit}: median {np.nanmedian(readings):.5g}, {seen};"
                f" {window.where(window.finite[index])}",
            )
        elif far > 0.0:
            yield QualityFault(
                check=QualityCheck.RANGE,
                column=column,
                points=_range_points(far, absurd),
                message=f"{name}: {np.count_nonzero(excess > FAR)} of {present} readings lie far outside the {seen},"
                f" the farthest is {readings[np.nanargmax(excess)]:.5g}; {window.where(excess > FAR)}",
            )


def _unit(readings: Floats, expected: Expected, absurd: float) -> str | None:
    """The unit that a column seems to be in; None when it may as well be at another level.

    Args:
        readings: of the window.
        expected: of the training data.
        absurd: share of readings that are absurdly far away.
    """
    known = next((one.description for one in CONVERSIONS if one.explains(readings, expected)), None)
    return known or ("in an unknown unit" if absurd >= WHOLE else None)


def _range_points(far: float, absurd: float) -> float:
    """Points for the share of readings far outside, and for the share of those that are absurdly far."""
    costs = ((FAR_POINTS, far), (MOST[QualityCheck.RANGE] - FAR_POINTS, absurd))
    return sum(most * min(1.0, share / BAD_SHARE) for most, share in costs)

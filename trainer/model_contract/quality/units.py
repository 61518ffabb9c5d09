"""Conversions between units that telemetry is mistaken in, and whether one explains a window.

A level that moved and a unit that changed look alike at first sight; what tells them apart is how much the readings
change from row to row: a level moves alone, a unit multiplies the changes, too.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from model_contract.quality.window import Floats

MOST_OUTSIDE: Final = 0.1  # of the converted readings, of the training range with its margin
MARGIN: Final = 0.25  # of the training range, on each side


class Expected(NamedTuple):
    """What the training data showed of a column."""

    minimum: float
    maximum: float
    step: float  # root mean square of the change from row to row


class Conversion(NamedTuple):
    """wrong reading = factor x right reading + offset."""

    description: str
    factor: float
    offset: float = 0.0

    @property
    def tolerance(self) -> float:
        """By how much, as a logarithm, the changes from row to row may differ from what the factor says.

        Half way to no change of unit at all; where the conversion only adds, a factor of two.
        """
        return abs(math.log(self.factor)) / 2.0 or math.log(2.0)

    def explains(self, readings: Floats, expected: Expected) -> bool:
        """Undone, it puts readings (rows,) into the training range, and their changes fit its factor."""
        undone = (readings[~np.isnan(readings)] - self.offset) / self.factor
        margin = MARGIN * (expected.maximum - expected.minimum)
        outside = np.count_nonzero((undone < expected.minimum - margin) | (undone > expected.maximum + margin))
        if outside > MOST_OUTSIDE * undone.size or not expected.minimum <= np.median(undone) <= expected.maximum:
            return False
        changes = np.diff(readings)
        squares = np.square(changes[~np.isnan(changes)])
        step = math.sqrt(squares.mean()) if squares.size else 0.0
        if step <= 0.0 or expected.step <= 0.0:
            return False
        return abs(math.log(step / expected.step) - math.log(self.factor)) < self.tolerance


# Factors near 1 (feet, knots, psi) are left out: load that doubles or trebles a reading looks just like them.
CONVERSIONS: Final = (
    Conversion("1000 times too large", 1e3),
    Conversion("1000 times too small", 1e-3),
    Conversion("100 times too large", 1e2),
    Conversion("100 times too small", 1e-2),
    Conversion("a million times too large", 1e6),
    Conversion("a million times too small", 1e-6),
    Conversion("in °F instead of °C", 1.8, 32.0),
    Conversion("in °C instead of °F", 1.0 / 1.8, -32.0 / 1.8),
    Conversion("in K instead of °C", 1.0, 273.15),
    Conversion("in °C instead of K", 1.0, -273.15),
)

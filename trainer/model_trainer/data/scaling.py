"""Brings every channel into the range that networks are initialised for, as in Hundman et al. (values in [-1, 1])."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from model_trainer.data.telemetry import Floats, Singles

BLOCK: Final = 65_536  # rows that are scaled at once; bounds memory


@dataclass(frozen=True)
class Scaling:
    """scaled = (raw - centre) / half_range, per channel; both are (channels,)."""

    centre: Floats
    half_range: Floats

    def apply(self, values: Floats) -> Singles:
        """Scaled values, (rows, channels)."""
        scaled = np.empty(values.shape, dtype=np.float32)
        for start in range(0, len(values), BLOCK):
            scaled[start : start + BLOCK] = (values[start : start + BLOCK] - self.centre) / self.half_range
        return scaled


def fit_scaling(values: Floats, boolean: tuple[bool, ...]) -> Scaling:
    """The scaling that maps the values' range to [-1, 1]; commands stay 0 and 1, constants only lose their offset.

    Args:
        values: (rows, channels), rows of the training range only.
        boolean: which channels are commands.
    """
    low, high = values.min(axis=0), values.max(axis=0)
    half_range = (high - low) / 2
    varies = ~np.array(boolean) & (half_range > 0)
    return Scaling(
        centre=np.where(np.array(boolean), 0.0, (low + high) / 2), half_range=np.where(varies, half_range, 1.0)
    )

"""What the training data of a version showed of each column, as far as the checks need it.

Taken from the version's drift profile; the training data themselves are not read again.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from model_contract.quality.window import Booleans, Floats, Integers

if TYPE_CHECKING:
    from model_contract.drift import DriftProfile

MOST_STATES: Final = 2  # different readings of a switch or a command: it may rest for any time and change at any time


@dataclass(frozen=True, eq=False)
class TrainingData:
    """One entry per column, NaN where the training data hold too few readings to know."""

    minimum: Floats
    maximum: Floats
    step: Floats  # root mean square of the change from row to row; 0 for a constant
    error: Floats  # largest error of a forecast by one row, but for the rarest 0.05 %
    longest_run: Integers  # rows in a row with one and the same reading
    missing_share: Floats
    is_known: Booleans
    varies: Booleans  # known, and more than a constant
    is_analog: Booleans  # varies, and more than a switch
    window_rows: int

    @classmethod
    def of(cls, profile: "DriftProfile") -> Self:
        """From a profile, in the order of its channels."""
        varies = profile.judged & ~profile.constant
        error = np.abs(profile.residual_knots[:, [0, -1]]).max(axis=1).astype(np.float64)
        return cls(
            minimum=profile.minimum,
            maximum=profile.maximum,
            step=np.where(varies, profile.structure[:, 0] * profile.sigma, 0.0),
            error=error * profile.sigma,
            longest_run=profile.longest_run,
            missing_share=profile.missing_share,
            is_known=profile.judged,
            varies=varies,
            is_analog=varies & (profile.distinct > MOST_STATES),
            window_rows=profile.window_rows,
        )

    @property
    def span(self) -> Floats:
        """Width of the range."""
        return np.asarray(self.maximum - self.minimum)

    @property
    def scale(self) -> Floats:
        """What counts as far for a column: the width of its range, or its magnitude where that is larger.

        The magnitude keeps a sensor that hardly moved in training from calling every other level absurd.
        """
        return np.maximum(self.span, np.maximum(np.abs(self.minimum), np.abs(self.maximum)))

    @property
    def missing_rows(self) -> float:
        """Share of rows that did not come: that of the column with the fewest missing readings."""
        return float(np.nanmin(self.missing_share, initial=1.0)) if np.isfinite(self.missing_share).any() else 0.0

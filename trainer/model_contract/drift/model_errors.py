"""The residual view by the served model's own one-step errors instead of those of the profile's linear predictor.

The trainer calibrates it with the errors that its model makes on the reference (`calibrate`, through `build_profile`).
Later an evaluation, which has the model, measures the errors of a window (`model_residual_view`), and the operator's
worker, which has not, lets them decide (`check_drift`). The predicted signal is the profile's first channel.

A model knows the rows that it was fitted on: its errors there are smaller than on later rows. A null distribution of
them alone calls later windows drifted, in up to 41 % of undrifted ones at p <= .01. So the reference must end with a
window that the model has not seen. It differs from the rest as later ones will: the more a model has learnt by heart,
the wider the null distribution, and the rate of false alarms stays what it is elsewhere (bench/drift_models.py).
"""

import math
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.calibration import Null, null_of, reference_windows, rest_share, tail_probability
from model_contract.drift.errors import ProfileFormatError, WindowMismatch
from model_contract.drift.series import Singles, readings
from model_contract.drift.views import KNOTS, error_distance, error_scale, order_statistics

if TYPE_CHECKING:
    from model_contract.drift.profile import DriftProfile
    from model_contract.evaluation import ResidualView


@dataclass(frozen=True, eq=False, kw_only=True)
class ErrorReference:
    """A model's one-step errors on the reference; statistics are those of `views.error_distance`."""

    scale: float  # usual size of the errors, in the unit of the signal
    null_windows: int
    null_mean: float
    null_sd: float
    null_max: float
    knots: Singles  # order statistics of the errors, in the unit of the signal

    @classmethod
    def read(cls, numbers: Any, knots: Singles) -> Self:
        """What was written as `numbers` and knots.

        Raises:
            ProfileFormatError: other numbers are there than needed.
        """
        try:
            return cls(knots=knots, **numbers)
        except TypeError as error:
            raise ProfileFormatError(f"drift profile: modelErrors: {error}") from error

    def numbers(self) -> dict[str, float]:
        """All but the knots, by name."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "knots"}

    def is_sound(self) -> bool:
        """Whether statistics and probabilities can be computed with these numbers."""
        numbers = (self.scale, self.null_windows, self.null_mean, self.null_sd, self.null_max)
        return (
            all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
            and self.scale > 0.0
            and self.null_windows > 1
            and self.knots.shape == (KNOTS,)
            and bool((np.diff(self.knots) >= 0.0).all())
        )


def calibrate(errors: NDArray[np.floating], window_rows: int, fitted_rows: int) -> ErrorReference | None:
    """What later errors are compared with.

    None where the model was fitted on rows of the newest window, too few windows have errors, or all are zero.

    Args:
        errors: (rows,) observed minus predicted on the rows of the reference, NaN where there is none.
        window_rows: m.
        fitted_rows: how many of the first rows the model was fitted on.
    """
    if errors.size - fitted_rows < window_rows:
        return None
    known = _known(errors)
    present = np.sort(known[~np.isnan(known)])
    scale = error_scale(present) if present.size else 0.0
    if scale <= 0.0:
        return None
    knots = order_statistics(present, KNOTS)
    windows = reference_windows(known, window_rows)
    distances = error_distance(np.sort(windows, axis=1), knots[None, :], np.array([scale]))
    distances /= rest_share(windows, present.size)
    measured = ~np.isnan(distances)
    if np.count_nonzero(measured) <= max(1, len(windows) // 2):
        return None
    null = null_of(distances[:, None], measured, errors.size, window_rows)
    return ErrorReference(
        scale=scale,
        null_windows=int(null.windows),
        null_mean=float(null.mean[0]),
        null_sd=float(null.sd[0]),
        null_max=float(null.largest[0]),
        knots=knots,
    )


def model_residual_view(
    profile: "DriftProfile", errors: NDArray[np.floating], *, window_end: datetime
) -> "ResidualView | None":
    """The residual view of a window by the model's errors, for `check_drift`.

    Args:
        profile: of the version whose model made the errors.
        errors: (window_rows,) observed minus predicted in the unit of the signal, NaN where there is none.
        window_end: time of the last row plus one sampling period.

    Returns:
        None where the profile was built without the model's errors, or more than half of the window's are missing.

    Raises:
        WindowMismatch: `errors` has another number of rows than the profile's windows.
    """
    from model_contract.evaluation import ResidualView  # noqa: PLC0415  a check does without it, and starts faster

    if errors.shape != (profile.window_rows,):
        raise WindowMismatch(f"errors have shape {errors.shape}, the profile needs ({profile.window_rows},)")
    reference = profile.model_errors
    if reference is None:
        return None
    statistic = error_distance(np.sort(_known(errors))[None, :], reference.knots[None, :], np.array([reference.scale]))
    if np.isnan(statistic[0]):
        return None
    null = Null(
        windows=reference.null_windows,
        mean=np.array([reference.null_mean]),
        sd=np.array([reference.null_sd]),
        largest=np.array([reference.null_max]),
    )
    return ResidualView(
        profile_digest=profile.digest,
        window_end=window_end,
        statistic=float(statistic[0]),
        reference_mean=reference.null_mean,
        reference_sd=reference.null_sd,
        reference_max=reference.null_max,
        p=float(tail_probability(statistic, null, profile.rows, profile.window_rows)[0]),
    )


def _known(errors: NDArray[np.floating]) -> Singles:
    known: Singles = readings(errors[:, None])[0].astype(np.float32)
    return known

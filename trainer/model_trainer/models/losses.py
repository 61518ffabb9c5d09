"""What fitting minimises: squared errors, those of two forecasts on one scale, or the pinball loss of quantiles."""

from typing import Any, Final

import keras
import numpy as np

from model_contract.hyperparameters import Fitting
from model_trainer.models.feeding import FitData

_REDUCTION: Final = "mean_with_sample_weight"
_SMALLEST: Final = 1e-6  # mean squared error, of a signal in [-1, 1]: less is no scale


def loss_for(hyperparameters: Fitting, train: FitData) -> keras.losses.Loss:
    """The loss of a network with those hyperparameters, fitted on those data."""
    if hyperparameters.quantiles:
        return Pinball(hyperparameters.quantiles)
    if hyperparameters.outputs:
        return RelativeErrors(trivial_errors(train))
    return keras.losses.MeanSquaredError(_REDUCTION)


def trivial_errors(data: FitData) -> tuple[float, float]:
    """Mean squared errors, over the horizon, of the last value and of the targets' own mean."""
    count, squares, mean, spread = 0, 0.0, 0.0, 0.0
    for actual, last in data.counted():
        size = actual.size
        shift = float(actual.mean()) - mean
        squares += float(np.square(actual - last).mean()) * size
        spread += float(actual.var()) * size + shift**2 * count * size / (count + size)
        mean += shift * size / (count + size)
        count += size
    return squares / count, spread / count


class RelativeErrors(keras.losses.Loss):  # type: ignore[misc]
    """Squared errors of several forecasts, each in units of what a trivial forecast of its kind gets wrong; their mean.

    Changes are much smaller than values. Without such units a network that forecasts both would learn the values alone.
    Actual (batch, steps, horizon) and forecasts (batch, steps, horizon, outputs) give (batch, steps).
    """

    def __init__(self, trivial: tuple[float, ...]) -> None:
        super().__init__(reduction=_REDUCTION)
        self._units = np.maximum(np.array(trivial, dtype=np.float32), _SMALLEST)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of every step."""
        squared = keras.ops.square(keras.ops.expand_dims(y_true, -1) - y_pred)
        return keras.ops.mean(squared / self._units, axis=(-2, -1))


class Pinball(keras.losses.Loss):  # type: ignore[misc]
    """max(q e, (q - 1) e), e = actual - forecast (Koenker and Bassett, 1978), averaged over quantiles and horizon.

    A row h ahead weighs 1 / h^2, because KPIs and anomalies rest on the next row: with equal weights, distant rows,
    which are harder, decide what is learnt, and errors of the next row grow by a fifth. Actual (batch, steps, horizon)
    and forecast (batch, steps, horizon, quantiles) give (batch, steps).
    """

    def __init__(self, quantiles: tuple[float, ...]) -> None:
        super().__init__(reduction=_REDUCTION)
        self._quantiles = np.array(quantiles, dtype=np.float32)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of every step."""
        error = keras.ops.expand_dims(y_true, -1) - y_pred
        losses = keras.ops.mean(keras.ops.maximum(self._quantiles * error, (self._quantiles - 1) * error), axis=-1)
        nearness = 1 / np.arange(1, losses.shape[-1] + 1, dtype=np.float32) ** 2
        return keras.ops.sum(losses * (nearness / nearness.sum()), axis=-1)

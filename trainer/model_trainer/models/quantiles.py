"""Forecasts of quantiles: the last layers of a network, and the loss that fits them.

A lower bound, the median and an upper bound. The bounds are the median minus and plus something positive, so they never
cross it, whatever the weights. Everything that is saved is made of Keras's own layers.
"""

from typing import Any, Final

import keras
import numpy as np

from model_contract.hyperparameters import TransformerHyperparameters

_NARROW: Final = -4.0  # softplus gives 0.02 of half the training range: a first interval as wide as a usual error


def quantile_head(inputs: Any, hidden: Any, hyperparameters: TransformerHyperparameters) -> Any:
    """The forecasts (batch, steps, horizon, 3) of a network from its last hidden layer; the quantiles rise.

    With `residual` the median starts from the last value: before it has learnt anything, it is the naive forecast.
    """
    horizon = hyperparameters.n_predictions
    kernel = "zeros" if hyperparameters.residual else "glorot_uniform"
    median = keras.layers.Dense(horizon, kernel_initializer=kernel, name="median")(hidden)
    if hyperparameters.residual:
        median = keras.layers.Add()([median, inputs[:, :, :1]])
    below, above = (_distance(horizon, name)(hidden) for name in ("below", "above"))
    quantiles = (keras.layers.Subtract()([median, below]), median, keras.layers.Add()([median, above]))
    return keras.layers.Concatenate()([keras.layers.Reshape((-1, horizon, 1))(quantile) for quantile in quantiles])


def loss_for(quantiles: tuple[float, ...]) -> keras.losses.Loss:
    """The loss that those quantiles minimise; without any, the one that the mean minimises."""
    reduction = "mean_with_sample_weight"
    return Pinball(quantiles, reduction) if quantiles else keras.losses.MeanSquaredError(reduction)


class Pinball(keras.losses.Loss):  # type: ignore[misc]
    """max(q e, (q - 1) e), e = actual - forecast (Koenker and Bassett, 1978), averaged over quantiles and horizon.

    A row h ahead weighs 1 / h^2, because KPIs and anomalies rest on the next row: with equal weights, distant rows,
    which are harder, decide what is learnt, and errors of the next row grow by a fifth. Actual (batch, steps, horizon)
    and forecast (batch, steps, horizon, quantiles) give (batch, steps).
    """

    def __init__(self, quantiles: tuple[float, ...], reduction: str) -> None:
        super().__init__(reduction=reduction)
        self._quantiles = np.array(quantiles, dtype=np.float32)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of every step."""
        error = keras.ops.expand_dims(y_true, -1) - y_pred
        losses = keras.ops.mean(keras.ops.maximum(self._quantiles * error, (self._quantiles - 1) * error), axis=-1)
        nearness = 1 / np.arange(1, losses.shape[-1] + 1, dtype=np.float32) ** 2
        return keras.ops.sum(losses * (nearness / nearness.sum()), axis=-1)


def _distance(horizon: int, name: str) -> Any:
    """A layer whose output is positive."""
    return keras.layers.Dense(
        horizon,
        activation="softplus",
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(_NARROW),
        name=name,
    )

"""Forecasts of quantiles: the last layers of a network. `losses` has the loss that fits them.

A lower bound, the median and an upper bound. The bounds are the median minus and plus something positive, so they never
cross it, whatever the weights. Everything that is saved is made of Keras's own layers.
"""

from typing import Any, Final

import keras

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


def _distance(horizon: int, name: str) -> Any:
    """A layer whose output is positive."""
    return keras.layers.Dense(
        horizon,
        activation="softplus",
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(_NARROW),
        name=name,
    )

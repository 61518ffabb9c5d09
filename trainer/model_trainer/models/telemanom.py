"""The telemanom forecaster: stacked LSTM layers with dropout (Hundman et al., KDD 2018, section 3.1).

Two departures, both measured; the preset `Paper` undoes them. Every step of a sequence forecasts, instead of only the
last one of a window: the same network learns from the same rows in a twentieth of the time. And there are two
forecasts (`residual`). One, of the change from the last value, follows a sensor whose level shifts, and forecasts best.
The other, of the value itself, does not follow an anomaly that lasts, and finds more of them.
"""

from typing import Any

import keras

from model_contract.hyperparameters import TelemanomHyperparameters
from model_trainer.models.lstm import lstm_layer


def build_telemanom(channels: int, hyperparameters: TelemanomHyperparameters, *, fused: bool) -> Any:
    """A network (batch, steps, channels) -> (batch, steps, n_predictions[, outputs]) of scaled values.

    Fused and plain networks have the same weights; fit the fused one, keep the plain one.
    """
    inputs = keras.Input((None, channels), dtype="float32")
    hidden = inputs
    for _ in range(hyperparameters.layers):
        hidden = lstm_layer(hyperparameters.units, fused=fused)(hidden)
        hidden = keras.layers.Dropout(hyperparameters.dropout)(hidden)
    return keras.Model(inputs, _forecasts(inputs, hidden, hyperparameters), name="telemanom")


def _forecasts(inputs: Any, hidden: Any, hyperparameters: TelemanomHyperparameters) -> Any:
    """The forecast of the value; with `residual` behind the one that begins as the naive forecast."""
    horizon = hyperparameters.n_predictions
    level = keras.layers.Dense(horizon, name="level")(hidden)
    if not hyperparameters.residual:
        return level
    change = keras.layers.Dense(horizon, kernel_initializer="zeros", name="change")(hidden)
    forecast = keras.layers.Add()([change, inputs[:, :, :1]])
    return keras.layers.Concatenate()([keras.layers.Reshape((-1, horizon, 1))(each) for each in (forecast, level)])

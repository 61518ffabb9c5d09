"""The telemanom forecaster: stacked LSTM layers with dropout (Hundman et al., KDD 2018, section 3.1).

Two departures, both measured. Every step of a sequence forecasts, instead of only the last one of a window: the same
network learns from the same rows in a twentieth of the time. And it forecasts the change from the last value
(`residual`), so a sensor whose level shifts does not leave the range that the network was fitted on.
"""

from typing import Any

import keras

from model_contract.hyperparameters import TelemanomHyperparameters
from model_trainer.models.fitting import forecast_head
from model_trainer.models.lstm import lstm_layer


def build_telemanom(channels: int, hyperparameters: TelemanomHyperparameters, *, fused: bool) -> Any:
    """A network (batch, steps, channels) -> (batch, steps, n_predictions) of scaled values.

    Fused and plain networks have the same weights; fit the fused one, keep the plain one.
    """
    inputs = keras.Input((None, channels), dtype="float32")
    hidden = inputs
    for _ in range(hyperparameters.layers):
        hidden = lstm_layer(hyperparameters.units, fused=fused)(hidden)
        hidden = keras.layers.Dropout(hyperparameters.dropout)(hidden)
    return keras.Model(inputs, forecast_head(inputs, hidden, hyperparameters), name="telemanom")

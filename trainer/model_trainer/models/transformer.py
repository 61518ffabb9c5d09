"""The transformer forecaster: a small causal encoder that forecasts quantiles at every step.

Self-attention sees all rows of a sequence up to each step (Vaswani et al., 2017; layers normalised first, Xiong et al.,
2020). A causal convolution in front tells neighbouring rows apart, so no position has to be encoded and no sequence is
too long. All layers are Keras's own.
"""

from typing import Any

import keras

from model_contract.hyperparameters import TransformerHyperparameters
from model_trainer.models.quantiles import quantile_head

KERNEL = 5  # rows that the convolution sees
WIDENING = 4  # of the feed-forward layers


def build_transformer(channels: int, hyperparameters: TransformerHyperparameters) -> Any:
    """A network (batch, steps, channels) -> (batch, steps, n_predictions, quantiles) of scaled values."""
    inputs = keras.Input((None, channels), dtype="float32")
    hidden = keras.layers.Conv1D(hyperparameters.units, KERNEL, padding="causal")(inputs)
    for _ in range(hyperparameters.layers):
        hidden = _block(hidden, hyperparameters)
    hidden = keras.layers.LayerNormalization()(hidden)
    return keras.Model(inputs, quantile_head(inputs, hidden, hyperparameters), name="transformer")


def _block(hidden: Any, hyperparameters: TransformerHyperparameters) -> Any:
    units, dropout = hyperparameters.units, hyperparameters.dropout
    normalised = keras.layers.LayerNormalization()(hidden)
    attention = keras.layers.MultiHeadAttention(hyperparameters.heads, units // hyperparameters.heads, dropout=dropout)
    attended = attention(normalised, normalised, use_causal_mask=True)
    hidden = keras.layers.Add()([hidden, keras.layers.Dropout(dropout)(attended)])
    wide = keras.layers.Dense(WIDENING * units, activation="gelu")(keras.layers.LayerNormalization()(hidden))
    return keras.layers.Add()([hidden, keras.layers.Dropout(dropout)(keras.layers.Dense(units)(wide))])

"""Ridge autoregressions as a layer of a network, so that a version carries all forecasts that judge its anomalies.

Called by `fitting.raw_model`. The layer is `keras.layers.Conv1D`: Keras alone can load it.
"""

from typing import Any

import keras
import numpy as np

from model_trainer.data.scaling import Scaling
from model_trainer.data.telemetry import Floats
from model_trainer.models.linear import ORDER, Autoregression


def linear_forecasts(scaled: Any, autoregressions: tuple[Autoregression, ...], scaling: Scaling) -> Any:
    """Scaled forecasts (batch, steps, horizon, autoregressions) of scaled inputs (batch, steps, channels).

    An autoregression of fewer channels looks at the first ones. Before the first row of a sequence, that row is
    assumed: with so little history the forecasts are close to the naive one.
    """
    horizon = len(autoregressions[0].intercepts)
    kernel, bias = _weights(autoregressions, scaling)
    history = keras.layers.Concatenate(axis=1)([keras.ops.repeat(scaled[:, :1], ORDER - 1, axis=1), scaled])
    convolution = keras.layers.Conv1D(kernel.shape[-1], ORDER, trainable=False, name="autoregressions")
    forecasts = convolution(history)
    convolution.set_weights([kernel, bias])
    return keras.layers.Reshape((-1, horizon, len(autoregressions)))(forecasts)


def _weights(autoregressions: tuple[Autoregression, ...], scaling: Scaling) -> tuple[Floats, Floats]:
    """Kernel (10, channels, horizon x autoregressions) and bias, of raw coefficients, for scaled values.

    With raw = centre + half range x scaled, both sides.
    """
    channels, unit = len(scaling.centre), scaling.half_range[0]
    kernels, biases = [], []
    for each in autoregressions:
        known = each.coefficients.shape[-1]
        coefficients = np.zeros((*each.coefficients.shape[:-1], channels))
        coefficients[..., :known] = each.coefficients
        kernels.append(coefficients * (scaling.half_range / unit))
        level = each.intercepts + (coefficients @ scaling.centre).sum(axis=-1)
        biases.append((level - scaling.centre[0]) / unit)
    kernel = np.stack(kernels, axis=1)  # (horizon, autoregressions, 10, channels)
    return kernel.reshape(-1, ORDER, channels).transpose(1, 2, 0), np.stack(biases, axis=1).ravel()

"""An LSTM layer on TensorFlow's fused kernel: weights and values of `keras.layers.LSTM`, fitted 2-3 x faster.

Used while fitting only. What is registered holds plain `keras.layers.LSTM` layers with the fitted weights, so that no
code of ours is needed to load it.

`BlockLSTMV2` runs all steps in one operation. Its registered gradient in TensorFlow 2.21 is wrong, so the gradient is
stated here through `BlockLSTMGradV2`; a test compares it with the plain layer's.
"""

from typing import Any

import keras
import tensorflow as tf

from model_trainer.models.device import has_gpu

_GATES = 4  # input, forget, cell, output: the order of both the kernel and Keras


def lstm_layer(units: int, *, fused: bool) -> Any:
    """An LSTM layer that returns every step: fused where asked for and available, else the plain one."""
    if fused and fused_kernel_exists():
        return FusedLSTM(units)
    return keras.layers.LSTM(units, return_sequences=True)


def fused_kernel_exists() -> bool:
    """This build of TensorFlow has the operations, and there is no GPU: there Keras' own layer is the fast one."""
    return hasattr(tf.raw_ops, "BlockLSTMV2") and hasattr(tf.raw_ops, "BlockLSTMGradV2") and not has_gpu()


class FusedLSTM(keras.layers.Layer):  # type: ignore[misc]
    """(batch, steps, inputs) -> (batch, steps, units), float32, without masking.

    Weights have the names, shapes, order and initial values of `keras.layers.LSTM`.
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create kernel (inputs, 4 units), recurrent kernel (units, 4 units) and bias (4 units)."""
        width = _GATES * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], width), initializer=keras.initializers.GlorotUniform(), name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, width), initializer=keras.initializers.Orthogonal(), name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(width,), initializer=self._forget_nothing, name="bias")

    def call(self, inputs: Any) -> Any:
        """The hidden state after every step."""
        steps_first = tf.transpose(inputs, (1, 0, 2))
        weights = tf.concat([self.kernel, self.recurrent_kernel], axis=0)
        return tf.transpose(_block_lstm(steps_first, weights, tf.convert_to_tensor(self.bias)), (1, 0, 2))

    def _forget_nothing(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Bias 1 for the forget gate, 0 for the others (Jozefowicz et al., 2015), as Keras does."""
        zeros, ones = tf.zeros((self.units,), dtype), tf.ones((self.units,), dtype)
        return tf.reshape(tf.concat([zeros, ones, zeros, zeros], axis=0), shape)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _block_lstm(x: Any, weights: Any, bias: Any) -> tuple[Any, Any]:
    """Hidden states (steps, batch, units) of inputs (steps, batch, inputs), and their gradient."""
    units = bias.shape[0] // _GATES
    steps = tf.cast(tf.shape(x)[0], tf.int64)
    start = tf.zeros((tf.shape(x)[1], units), x.dtype)
    no_peephole = tf.zeros((units,), x.dtype)
    given = {
        "seq_len_max": steps,
        "x": x,
        "cs_prev": start,
        "h_prev": start,
        "w": weights,
        "wci": no_peephole,
        "wcf": no_peephole,
        "wco": no_peephole,
        "b": bias,
        "use_peephole": False,
    }
    i, cs, f, o, ci, co, h = tf.raw_ops.BlockLSTMV2(cell_clip=0.0, **given)

    def gradient(h_grad: Any) -> tuple[Any, Any, Any]:
        grads = tf.raw_ops.BlockLSTMGradV2(
            **given, i=i, cs=cs, f=f, o=o, ci=ci, co=co, h=h, cs_grad=tf.zeros_like(cs), h_grad=h_grad
        )
        return grads.x_grad, grads.w_grad, grads.b_grad

    return h, gradient

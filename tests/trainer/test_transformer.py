"""The transformer: its shapes, its quantiles, its loss, and what it may see."""

# ruff: noqa: PLC0415  TensorFlow takes seconds to import; only tests that run wait for it

from typing import Any

import numpy as np
import pytest

from model_contract.hyperparameters import TransformerHyperparameters
from model_trainer.data.scaling import Scaling

SHAPE = (3, 40, 5)  # sequences, steps, channels
TINY = {"units": 8, "heads": 2, "layers": 1, "n_predictions": 4}


@pytest.fixture(scope="module")
def keras(prepared_process: None) -> Any:
    import keras

    from model_trainer.models.fitting import prepare_tensorflow

    prepare_tensorflow(seed=3, threads=1)  # as every other test in this process
    return keras


def random_inputs(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)


def network(keras: Any, **changes: Any) -> Any:
    from model_trainer.models.transformer import build_transformer

    keras.utils.set_random_seed(3)
    return build_transformer(SHAPE[-1], TransformerHyperparameters.model_validate(TINY | changes))


def with_random_weights(network: Any, scale: float) -> Any:
    random = np.random.default_rng(5)
    network.set_weights([random.normal(0, scale, weight.shape) for weight in network.get_weights()])
    return network


def test_every_step_forecasts_quantiles_of_the_whole_horizon(keras: Any) -> None:
    assert network(keras).predict(random_inputs(), verbose=0).shape == (3, 40, 4, 3)


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0], ids=["small weights", "usual weights", "huge weights"])
def test_quantiles_rise_whatever_the_weights(keras: Any, scale: float) -> None:
    """Also behind the scaling, which rounds."""
    from model_trainer.models.fitting import raw_model

    wild = with_random_weights(network(keras, residual=False), scale)
    scaling = Scaling(centre=np.full(5, 1e4), half_range=np.full(5, 3.0))

    for forecasts in (
        wild.predict(random_inputs(), verbose=0),
        raw_model(wild, scaling).predict(random_inputs() + np.float32(1e4)),
    ):
        assert np.isfinite(forecasts).all()
        assert (np.diff(forecasts, axis=-1) >= 0).all()


def test_it_begins_as_the_naive_forecast_with_a_narrow_interval(keras: Any) -> None:
    inputs = random_inputs()
    lower, median, upper = np.moveaxis(network(keras).predict(inputs, verbose=0), -1, 0)

    assert median == pytest.approx(np.repeat(inputs[:, :, :1], 4, axis=-1))
    assert (upper - lower < 0.05).all()


def test_no_quantile_sees_the_future(keras: Any) -> None:
    changed = random_inputs()
    changed[:, 25:] = random_inputs(seed=2)[:, 25:]
    seeing = with_random_weights(network(keras), 0.5)

    before, after = (seeing.predict(inputs, verbose=0) for inputs in (random_inputs(), changed))

    assert before[:, :25] == pytest.approx(after[:, :25], abs=1e-5)
    assert np.abs(before[:, 25:] - after[:, 25:]).max(axis=(0, 1, 2)).min() > 1e-2


def test_every_past_row_reaches_the_last_forecast(keras: Any) -> None:
    """Rows further back than the convolution sees arrive by attention."""
    import tensorflow as tf

    seeing, inputs = with_random_weights(network(keras), 0.5), tf.constant(random_inputs())
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        last = tf.reduce_sum(seeing(inputs)[:, -1])

    assert (np.abs(tape.gradient(last, inputs).numpy()).max(axis=-1) > 0).all()


def test_the_gradient_of_the_loss_reaches_every_weight(keras: Any) -> None:
    import tensorflow as tf

    from model_trainer.models.losses import Pinball

    learning = with_random_weights(network(keras), 0.5)
    with tf.GradientTape() as tape:
        loss = Pinball((0.05, 0.5, 0.95))(np.zeros((3, 40, 4), np.float32), learning(random_inputs(), training=True))

    gradients = tape.gradient(loss, [weight.value for weight in learning.trainable_weights])
    silent = {
        "/".join(weight.path.split("/")[-2:])
        for weight, gradient in zip(learning.trainable_weights, gradients, strict=True)
        if not np.abs(gradient.numpy()).max() > 0
    }
    assert silent <= {"key/bias"}  # a constant added to every key changes no attention


def test_the_pinball_loss_weighs_errors_by_their_side(keras: Any) -> None:
    """Steps without weight do not count."""
    from model_trainer.models.losses import Pinball

    actual = np.array([[[1.0], [5.0]]], np.float32)
    forecast = np.array([[[[0.0, 1.0, 3.0]], [[9.0, 9.0, 9.0]]]], np.float32)

    loss = Pinball((0.1, 0.5, 0.9))(actual, forecast, sample_weight=np.array([[1.0, 0.0]], np.float32))

    assert float(loss) == pytest.approx((0.1 * 1 + 0 + 0.1 * 2) / 3)


def test_near_rows_weigh_more_in_the_loss(keras: Any) -> None:
    from model_trainer.models.losses import Pinball

    actual, forecast = np.zeros((1, 1, 2), np.float32), np.zeros((1, 1, 2, 1), np.float32)
    near, far = forecast.copy(), forecast.copy()
    near[0, 0, 0], far[0, 0, 1] = 1, 1

    assert float(Pinball((0.5,))(actual, near)) == pytest.approx(0.5 * 4 / 5)
    assert float(Pinball((0.5,))(actual, far)) == pytest.approx(0.5 * 1 / 5)


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.8])
def test_no_constant_has_less_pinball_loss_than_the_quantile(keras: Any, quantile: float) -> None:
    from model_trainer.models.losses import Pinball

    actual = np.random.default_rng(1).gumbel(size=(1, 2001, 1)).astype(np.float32)
    constants = np.linspace(-2, 4, 301, dtype=np.float32)

    losses = [
        float(Pinball((quantile,))(actual, np.full((1, 2001, 1, 1), constant, np.float32))) for constant in constants
    ]

    assert constants[np.argmin(losses)] == pytest.approx(np.quantile(actual, quantile), abs=0.03)


def test_the_large_preset_is_one_of_a_class_library(keras: Any) -> None:
    """Four blocks of 128 units with 8 heads of 16."""
    from model_trainer.models.transformer import build_transformer

    large = build_transformer(SHAPE[-1], TransformerHyperparameters.model_validate({"preset": "Large"}))

    attention = [layer for layer in large.layers if isinstance(layer, keras.layers.MultiHeadAttention)]
    assert [(layer.num_heads, layer.key_dim) for layer in attention] == [(8, 16)] * 4

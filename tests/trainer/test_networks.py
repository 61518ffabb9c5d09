"""The networks, in TensorFlow: the fused kernel against the plain layer, and what raw models do to numbers."""

# ruff: noqa: PLC0415  TensorFlow takes seconds to import; only tests that run wait for it

from typing import Any

import numpy as np
import pytest

from model_contract.hyperparameters import TelemanomHyperparameters, TransformerHyperparameters
from model_trainer.data.scaling import Scaling
from model_trainer.data.window import Sequences, training_sequences

SHAPE = (3, 40, 5)  # sequences, steps, channels


def random_inputs(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def test_the_fused_kernel_has_the_values_and_gradients_of_the_plain_layer(keras: Any) -> None:
    """Also those of the inputs, because layers are stacked."""
    import tensorflow as tf

    from model_trainer.models.lstm import FusedLSTM

    fused, plain = FusedLSTM(7), keras.layers.LSTM(7, return_sequences=True)
    inputs, targets = tf.constant(random_inputs()), random_inputs((3, 40, 7))
    plain.build(SHAPE)
    fused.build(SHAPE)
    fused.set_weights(plain.get_weights())

    def values_and_gradients(layer: Any) -> list[np.ndarray]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            values = layer(inputs)
            loss = tf.reduce_sum((values - targets) ** 2)
        return [values.numpy()] + [
            gradient.numpy() for gradient in tape.gradient(loss, [inputs, *(weight.value for weight in layer.weights)])
        ]

    for of_fused, of_plain in zip(values_and_gradients(fused), values_and_gradients(plain), strict=True):
        assert np.abs(of_fused - of_plain).max() <= 1e-5 * np.abs(of_plain).max()


def test_fused_and_plain_weights_start_alike(keras: Any) -> None:
    from model_trainer.models.lstm import FusedLSTM

    fused, plain = FusedLSTM(7), keras.layers.LSTM(7)
    fused.build(SHAPE)
    plain.build(SHAPE)

    assert [(w.name, tuple(w.shape)) for w in fused.weights] == [(w.name, tuple(w.shape)) for w in plain.weights]
    assert (fused.get_weights()[2] == plain.get_weights()[2]).all()


def test_the_plain_layer_is_used_where_it_is_asked_for(keras: Any) -> None:
    from model_trainer.models.lstm import FusedLSTM, fused_kernel_exists, lstm_layer

    assert type(lstm_layer(4, fused=False)) is keras.layers.LSTM
    assert (type(lstm_layer(4, fused=True)) is FusedLSTM) == fused_kernel_exists()


def raw_telemanom(keras: Any, scaling: Scaling, **changes: Any) -> Any:
    from model_trainer.models.fitting import raw_model
    from model_trainer.models.telemanom import build_telemanom

    keras.utils.set_random_seed(3)
    hyperparameters = TelemanomHyperparameters(units=6, **changes)
    network = build_telemanom(len(scaling.centre), hyperparameters, fused=False)
    return raw_model(network, scaling)


IDENTITY = Scaling(centre=np.zeros(5), half_range=np.ones(5))


def test_the_first_forecast_begins_as_the_naive_one_and_the_second_does_not(keras: Any) -> None:
    inputs, model = random_inputs(), raw_telemanom(keras, IDENTITY)

    forecasts = model.predict(inputs)

    assert forecasts[..., 0] == pytest.approx(inputs[:, :, :1])
    assert np.abs(forecasts[..., 1]).max() < 1  # of weights that are small at first, whatever the last value


@pytest.mark.parametrize(("residual", "shape"), [(True, (3, 40, 4, 2)), (False, (3, 40, 4))], ids=["two", "one"])
def test_a_network_forecasts_as_many_rows_as_asked_for(keras: Any, *, residual: bool, shape: tuple[int, ...]) -> None:
    model = raw_telemanom(keras, IDENTITY, n_predictions=4, residual=residual)

    assert model.predict(random_inputs()).shape == shape


def test_two_forecasts_are_fitted_in_units_of_their_trivial_errors(keras: Any) -> None:
    """Steps without weight give no unit, and a signal that stands still gives the least there is."""
    from model_trainer.models.feeding import FitData
    from model_trainer.models.losses import RelativeErrors, loss_for

    rows = np.array([[0.0], [2.0], [1.0], [4.0], [9.0], [0.0]], np.float32)
    actual, weights = np.array([2.0, 4.0, 0.0]), np.array([[1.0, 1.0, 0.0]], np.float32)
    starts, counted_to = np.array([[0], [2], [4]]), np.array([[1], [3], [4]])
    loss = loss_for(TelemanomHyperparameters(), FitData(Sequences(starts, starts, starts, counted_to, 1), rows, 1))
    forecasts = np.array([[[[1.0, 2.0]], [[4.0, 4.0]], [[5.0, 5.0]]]], np.float32)

    changes, values = (
        ((2 - 1) ** 2 + 0) / ((2**2 + 3**2) / 2),
        0.0,
    )  # 6.5 is the last value's mean squared error, 1 the mean's
    assert float(loss(actual.reshape(1, 3, 1), forecasts, sample_weight=weights)) == pytest.approx(
        (changes + values) / 2 / 2
    )
    assert float(RelativeErrors((0.0, 0.0))(np.ones((1, 1, 1)), np.zeros((1, 1, 1, 2)))) == pytest.approx(1e6)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e6], ids=["nano", "one", "mega"])
def test_a_raw_model_does_not_care_for_the_unit_of_the_telemetry(keras: Any, unit: float) -> None:
    """Scaling is inside the model: whoever serves it needs nothing but raw values."""
    inputs = random_inputs()
    centre, half_range = np.full(5, 3.0), np.full(5, 2.0)
    plain = raw_telemanom(keras, Scaling(centre, half_range), residual=False).predict(inputs)

    scaled = raw_telemanom(keras, Scaling(centre * unit, half_range * unit), residual=False)

    assert scaled.predict((inputs * unit).astype(np.float32)) / unit == pytest.approx(plain, rel=1e-4, abs=1e-4)


def test_no_step_sees_the_future(keras: Any) -> None:
    """Padding, and scoring with any history, rest on this."""
    from model_trainer.models.telemanom import build_telemanom
    from model_trainer.models.transformer import build_transformer

    changed = random_inputs()
    changed[:, 25:] += 1
    networks = (
        build_telemanom(5, TelemanomHyperparameters(units=6, residual=False), fused=False),
        build_transformer(5, TransformerHyperparameters(units=8, residual=False)),
    )
    for network in networks:
        before, after = (network.predict(inputs, verbose=0) for inputs in (random_inputs(), changed))
        assert before[:, :25] == pytest.approx(after[:, :25], abs=1e-6)
        assert np.abs(before[:, 25:] - after[:, 25:]).max() > 1e-3


@pytest.mark.parametrize(
    ("averaged_epochs", "counted"), [(15, 3), (2, 2), (1, 1)], ids=["half of all", "as many as asked for", "the last"]
)
def test_a_fitted_network_has_the_mean_of_its_newest_weights(keras: Any, averaged_epochs: int, counted: int) -> None:
    from model_trainer.models.feeding import FitData
    from model_trainer.models.fitting import fit_network
    from model_trainer.models.telemanom import build_telemanom

    class Recorder:
        def __init__(self) -> None:
            self.weights: list[list[np.ndarray]] = []

        def fit_begins(self, steps: int, epochs: int) -> None:
            pass

        def step_ended(self) -> None:
            pass

        def epoch_ended(self, *_losses: float) -> None:
            self.weights.append(network.get_weights())

    hyperparameters = TelemanomHyperparameters(units=6, epochs=5, residual=False, averaged_epochs=averaged_epochs)
    network, recorder = build_telemanom(5, hyperparameters, fused=False), Recorder()
    rows = random_inputs().reshape(-1, SHAPE[-1])
    data = FitData(training_sequences((range(len(rows)),), range(len(rows)), 40, 20, horizon=1), rows, 1)

    fit_network(network, data, data, hyperparameters, recorder)

    assert len(recorder.weights) == 5
    newest = zip(*recorder.weights[-counted:], strict=True)
    for fitted, mean in zip(network.get_weights(), (np.mean(each, axis=0) for each in newest), strict=True):
        assert fitted == pytest.approx(mean, abs=1e-6)
    assert np.abs(recorder.weights[-1][0] - recorder.weights[-2][0]).max() > 1e-4


def test_a_fit_is_fed_with_the_steps_of_its_sequences(keras: Any) -> None:
    """Batches hold what the sequences would, laid out at once; the last one is smaller."""
    from model_trainer.models.feeding import FitData

    rows = random_inputs().reshape(-1, SHAPE[-1])
    sequences = training_sequences((range(70), range(70, 120)), range(5, 115), 16, 4, horizon=3)

    batches = list(FitData(sequences, rows, 3).batches(8, shuffled=False).as_numpy_iterator())

    inputs, targets, weights = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert [len(batch[0]) for batch in batches[:-1]] == [8] * (len(batches) - 1)
    assert (inputs == sequences.inputs(rows)).all()
    assert (targets == sequences.targets(rows[:, 0], 3)).all()
    assert (weights == sequences.counted).all()


def test_every_epoch_has_all_sequences_in_one_order_that_is_not_theirs(keras: Any) -> None:
    from model_trainer.models.feeding import FitData

    keras.utils.set_random_seed(7)
    rows = np.arange(120, dtype=np.float32).reshape(-1, 1)
    batches = FitData(training_sequences((range(120),), range(120), 16, 4, 1), rows, 1).batches(8, shuffled=True)

    first, second = ([int(inputs[0, 0]) for batch in batches for inputs in batch[0]] for _ in range(2))

    assert first == second != sorted(first)
    assert sorted(first) == sorted({*range(0, 104, 4), 103})

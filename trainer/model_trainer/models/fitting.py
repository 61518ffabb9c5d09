"""Fits a network on scaled sequences and wraps it into a model that takes and gives raw values.

The same for every network; `telemanom` and `transformer` only say how theirs is built.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Protocol

import keras
import numpy as np
import tensorflow as tf

from model_contract.hyperparameters import Fitting
from model_contract.result import FailureReason
from model_trainer.data.scaling import Scaling
from model_trainer.data.telemetry import Singles
from model_trainer.errors import CannotWork
from model_trainer.models.fitted import FittedModel
from model_trainer.models.quantiles import loss_for

_VALIDATED_AT_ONCE: Final = 256  # sequences; attention over all of them would take gigabytes


class FitObserver(Protocol):
    """Is told how a fit goes on; may end it by raising."""

    def step_ended(self) -> None:
        """One step of the optimizer is done."""

    def epoch_ended(self, epoch: int, train_loss: float, validation_loss: float) -> None:
        """One pass is done, counted from 1; losses are those of scaled values."""


@dataclass(frozen=True)
class FitData:
    """Scaled inputs (sequences, steps, channels), targets (sequences, steps, horizon), weights (sequences, steps)."""

    inputs: Singles
    targets: Singles
    weights: Singles


def prepare_tensorflow(seed: int, threads: int) -> None:
    """Make equal tasks give equal weights: seeds, deterministic operations, a fixed number of threads."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    keras.utils.clear_session()
    keras.utils.disable_interactive_logging()  # progress bars would tear the log; clearing turns them on again
    keras.utils.set_random_seed(seed)


def forecast_head(inputs: Any, hidden: Any, hyperparameters: Fitting) -> Any:
    """The forecasts of a network from its last hidden layer.

    With `residual` they start from the last value: before it has learnt anything, the network is the naive forecast.
    """
    horizon = hyperparameters.n_predictions
    if not hyperparameters.residual:
        return keras.layers.Dense(horizon)(hidden)
    return keras.layers.Add()([keras.layers.Dense(horizon, kernel_initializer="zeros")(hidden), inputs[:, :, :1]])


def fit_network(
    network: Any, train: FitData, validation: FitData, hyperparameters: Fitting, observer: FitObserver
) -> None:
    """Fit with Adam on the mean squared error until validation stops improving; weights are averaged over epochs.

    The average of the newest epochs (Izmailov et al., UAI 2018) depends less on the seed than the weights of any one.

    Raises:
        CannotWork: the loss is not finite.
    """
    network.compile(
        optimizer=keras.optimizers.Adam(hyperparameters.learning_rate),
        loss=loss_for(hyperparameters.quantiles),
        jit_compile=False,  # on CPU compiling costs more than it saves
    )
    early_stopping = keras.callbacks.EarlyStopping(
        monitor="val_loss",
        min_delta=hyperparameters.min_delta,
        patience=hyperparameters.patience,
    )
    averaging = _AveragedWeights(hyperparameters.averaged_epochs)
    network.fit(
        train.inputs,
        train.targets,
        sample_weight=train.weights,
        batch_size=hyperparameters.batch_size,
        epochs=hyperparameters.epochs,
        validation_data=(validation.inputs, validation.targets, validation.weights),
        validation_batch_size=min(len(validation.inputs), _VALIDATED_AT_ONCE),
        callbacks=[_Report(observer, hyperparameters.learning_rate), averaging, early_stopping],
        verbose=0,
    )


def raw_model(network: Any, scaling: Scaling, quantiles: tuple[float, ...] = ()) -> FittedModel:
    """The network between the scaling of its inputs and the inverse scaling of its forecasts."""
    channels = len(scaling.centre)
    inputs = keras.Input((None, channels), dtype="float32", name="telemetry")
    # The offset goes first, while it is exact: two large numbers would cancel badly after a multiplication.
    centred = keras.layers.Normalization(mean=scaling.centre.tolist(), variance=[1.0] * channels, name="centre")(inputs)
    scaled = keras.layers.Rescaling((1.0 / scaling.half_range).tolist(), name="scale")(centred)
    forecasts = keras.layers.Rescaling(
        float(scaling.half_range[0]), offset=float(scaling.centre[0]), dtype="float32", name="forecast"
    )(network(scaled))
    return FittedModel(keras.Model(inputs, forecasts, name=network.name), quantiles)


class _AveragedWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Leaves the network with the mean of its weights after the newest epochs, at most half of all."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._newest: deque[list[Singles]] = deque(maxlen=epochs)
        self._epochs = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  Keras' name
        self._newest.append(self.model.get_weights())
        self._epochs = epoch + 1

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  Keras' name
        counted = list(self._newest)[-math.ceil(self._epochs / 2) :]
        self.model.set_weights([np.mean(weights, axis=0) for weights in zip(*counted, strict=True)])


class _Report(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, observer: FitObserver, learning_rate: float) -> None:
        super().__init__()
        self._observer = observer
        self._learning_rate = learning_rate

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  Keras' name
        self._observer.step_ended()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        losses = logs or {}
        train, validation = losses["loss"], losses["val_loss"]
        if not (math.isfinite(train) and math.isfinite(validation)):
            raise CannotWork(
                FailureReason.TRAINING_DIVERGED,
                f"the loss is {train} in epoch {epoch + 1}; a learning_rate below {self._learning_rate:g} may help",
            )
        self._observer.epoch_ended(epoch + 1, train, validation)

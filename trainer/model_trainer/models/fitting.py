"""Fits a network on scaled sequences and wraps it into a model that takes and gives raw values.

The same for every network; `telemanom` and `transformer` only say how theirs is built.
"""

import math
from typing import Any, Final, Protocol

import keras
import tensorflow as tf

from model_contract.hyperparameters import Fitting
from model_contract.result import FailureReason
from model_trainer.data.scaling import Scaling
from model_trainer.errors import CannotWork
from model_trainer.fit_state import FitState
from model_trainer.models.convolution import linear_forecasts
from model_trainer.models.feeding import FitData
from model_trainer.models.fitted import FittedModel
from model_trainer.models.linear import Autoregression
from model_trainer.models.losses import loss_for
from model_trainer.models.resuming import ResumableFit

_VALIDATED_AT_ONCE: Final = 256  # sequences; attention over all of them would take gigabytes


class FitObserver(Protocol):
    """Is told how a fit goes on; may end it by raising."""

    def fit_begins(self, steps: int, epochs: int) -> None:
        """At most so many epochs, each of so many steps, are to come."""

    def step_ended(self) -> None:
        """One step of the optimizer is done."""

    def epoch_ended(self, epoch: int, train_loss: float, validation_loss: float) -> None:
        """One pass is done, counted from 1; losses are those of scaled values."""


class FitKeeper(Protocol):
    """Keeps what was learnt, so that a fit that was interrupted goes on."""

    def resume(self) -> FitState | None:
        """Where to go on; None: begin anew."""

    def keep(self, state: FitState) -> None:
        """The fit after an epoch."""


def prepare_tensorflow(seed: int, threads: int) -> None:
    """Make equal tasks give equal weights: seeds, deterministic operations, a fixed number of threads."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    keras.utils.clear_session()
    keras.utils.disable_interactive_logging()  # progress bars would tear the log; clearing turns them on again
    keras.utils.set_random_seed(seed)


def fit_network(
    network: Any,
    train: FitData,
    validation: FitData,
    hyperparameters: Fitting,
    observer: FitObserver,
    keeper: FitKeeper | None = None,
) -> None:
    """Fit with Adam until validation stops improving; weights are averaged over epochs.

    The average of the newest epochs (Izmailov et al., UAI 2018) depends less on the seed than the weights of any one.
    With a keeper the fit goes on where it was interrupted, and ends with the same weights, bit by bit on one CPU: order
    and random numbers of an epoch follow from the seed and from states that are kept.

    Raises:
        CannotWork: the loss is not finite, or memory does not suffice.
    """
    network.compile(
        optimizer=keras.optimizers.Adam(hyperparameters.learning_rate),
        loss=loss_for(hyperparameters, train),
        jit_compile=False,  # on CPU compiling costs more than it saves
    )
    earlier = keeper.resume() if keeper else None
    fit = ResumableFit(network, hyperparameters, earlier)
    callbacks = [_Report(observer, hyperparameters.learning_rate, fit.first_epoch), fit.averaging, fit.stopping]
    if keeper:
        callbacks.append(fit.keeping(keeper.keep))
    try:
        network.fit(
            train.batches(hyperparameters.batch_size, shuffled=True),
            shuffle=False,  # they are
            epochs=hyperparameters.epochs,
            initial_epoch=fit.first_epoch,
            validation_data=validation.batches(min(len(validation.sequences), _VALIDATED_AT_ONCE), shuffled=False),
            callbacks=callbacks,
            verbose=0,
        )
    except tf.errors.ResourceExhaustedError as error:
        message = (
            "memory does not suffice for the fit: raise the memory limit, or lower batch_size, sequence_length or units"
        )
        raise CannotWork(FailureReason.OUT_OF_MEMORY, message) from error


def raw_model(
    network: Any,
    scaling: Scaling,
    quantiles: tuple[float, ...] = (),
    outputs: tuple[str, ...] = (),
    autoregressions: tuple[Autoregression, ...] = (),
) -> FittedModel:
    """The network between the scaling of its inputs and the inverse scaling of its forecasts.

    The last outputs are those of the autoregressions.
    """
    channels = len(scaling.centre)
    inputs = keras.Input((None, channels), dtype="float32", name="telemetry")
    # The offset goes first, while it is exact: two large numbers would cancel badly after a multiplication.
    centred = keras.layers.Normalization(mean=scaling.centre.tolist(), variance=[1.0] * channels, name="centre")(inputs)
    scaled = keras.layers.Rescaling((1.0 / scaling.half_range).tolist(), name="scale")(centred)
    forecasts = network(scaled)
    if autoregressions:
        forecasts = keras.layers.Concatenate()([forecasts, linear_forecasts(scaled, autoregressions, scaling)])
    raw = keras.layers.Rescaling(
        float(scaling.half_range[0]), offset=float(scaling.centre[0]), dtype="float32", name="forecast"
    )(forecasts)
    return FittedModel(keras.Model(inputs, raw, name=network.name), quantiles, outputs)


class _Report(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, observer: FitObserver, learning_rate: float, first_epoch: int) -> None:
        super().__init__()
        self._observer = observer
        self._learning_rate = learning_rate
        self._first_epoch = first_epoch

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  Keras' name
        self._observer.fit_begins(self.params["steps"], self.params["epochs"] - self._first_epoch)

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

"""The callbacks of a fit that can be interrupted: they begin with what an earlier fit left, and hand it on.

A fit is determined by its weights, the states of the random generators of its layers, the moments of its optimizer,
and what early stopping and the average of weights have seen. Batches come in the same order in every fit, since
operations are deterministic and seeded.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from model_contract.hyperparameters import Fitting
from model_trainer.figures.fit import Epoch
from model_trainer.fit_state import Arrays, FitState

Logs = dict[str, float] | None


class ResumableFit:
    """What a compiled network, and a state to go on from, give for `fit`.

    Attributes:
        first_epoch: of the fit, counted from 0; the number of all epochs where none is left to fit.
        averaging: leaves the network with its averaged weights at the end.
        stopping: ends the fit when validation stops improving.
    """

    def __init__(self, network: Any, hyperparameters: Fitting, earlier: FitState | None) -> None:
        self.averaging = _AveragedWeights(hyperparameters.averaged_epochs)
        self.stopping = _Stopping(hyperparameters.min_delta, hyperparameters.patience, earlier)
        self.first_epoch = 0
        self._epochs: tuple[Epoch, ...] = ()
        if earlier:
            self.first_epoch = hyperparameters.epochs if earlier.stopped else earlier.epoch
            self._epochs = earlier.epochs
            self.averaging.begin_with(earlier.averaged, earlier.epoch)
            network.optimizer.build(network.trainable_variables)
            _assign(network.variables, earlier.network)
            _assign(network.optimizer.variables, earlier.optimizer)

    def keeping(self, keep: Callable[[FitState], None]) -> Any:
        """The callback, to be the last, that hands the state over after every epoch."""
        return _Keeping(self, self._epochs, keep)


class _AveragedWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Leaves the network with the mean of its weights after the newest epochs, at most half of all."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._newest: deque[Arrays] = deque(maxlen=epochs)
        self._epochs = 0

    @property
    def newest(self) -> tuple[Arrays, ...]:
        """The weights after each of the newest epochs, oldest first."""
        return tuple(self._newest)

    def begin_with(self, newest: tuple[Arrays, ...], epochs: int) -> None:
        """So many epochs were fitted before."""
        self._newest.extend(newest)
        self._epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002  Keras' name
        self._newest.append(tuple(self.model.get_weights()))
        self._epochs = epoch + 1

    def on_train_end(self, logs: Logs = None) -> None:  # noqa: ARG002  Keras' name
        counted = list(self._newest)[-math.ceil(self._epochs / 2) :]
        self.model.set_weights([np.mean(weights, axis=0) for weights in zip(*counted, strict=True)])


class _Stopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Early stopping that remembers what an earlier fit has seen."""

    def __init__(self, min_delta: float, patience: int, earlier: FitState | None) -> None:
        super().__init__(monitor="val_loss", min_delta=min_delta, patience=patience)
        self._earlier = earlier

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        if self._earlier:
            self.best, self.wait = self._earlier.best, self._earlier.waited


class _Keeping(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, fit: ResumableFit, epochs: tuple[Epoch, ...], keep: Callable[[FitState], None]) -> None:
        super().__init__()
        self._fit = fit
        self._epochs = epochs
        self._keep = keep

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        losses = logs or {}
        self._epochs = (*self._epochs, Epoch(epoch + 1, losses["loss"], losses["val_loss"]))
        state = FitState(
            epochs=self._epochs,
            stopped=self.model.stop_training,
            best=float(self._fit.stopping.best),
            waited=self._fit.stopping.wait,
            network=_values(self.model.variables),
            optimizer=_values(self.model.optimizer.variables),
            averaged=self._fit.averaging.newest,
        )
        self._keep(state)


def _values(variables: list[Any]) -> Arrays:
    return tuple(variable.numpy() for variable in variables)


def _assign(variables: list[Any], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)

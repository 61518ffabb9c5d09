"""From a model type to a fitted model. The pipeline knows no other function of the networks."""

import logging
from typing import Any

import tensorflow as tf

from model_contract.hyperparameters import RIDGE_AR, RIDGE_ARX, HyperParameters, TransformerHyperparameters
from model_trainer.data.scaling import Scaling
from model_trainer.data.split import Split
from model_trainer.data.telemetry import Telemetry
from model_trainer.data.window import scoring_sequences, training_sequences
from model_trainer.models.feeding import FitData
from model_trainer.models.fitted import FittedModel
from model_trainer.models.fitting import FitKeeper, FitObserver, fit_network, prepare_tensorflow, raw_model
from model_trainer.models.linear import Autoregression, fit_autoregression, without_inputs
from model_trainer.models.telemanom import build_telemanom
from model_trainer.models.transformer import build_transformer

logger = logging.getLogger(__name__)


def fit_model(
    telemetry: Telemetry,
    split: Split,
    scaling: Scaling,
    hyperparameters: HyperParameters,
    observer: FitObserver,
    *,
    seed: int,
    threads: int,
    keeper: FitKeeper | None = None,
) -> FittedModel:
    """A model fitted on the training rows, its fitting ended by the validation rows.

    Raises:
        CannotWork: training diverges, or memory does not suffice.
    """
    prepare_tensorflow(seed, threads)
    scaled = tf.constant(scaling.apply(telemetry.values))
    shape = (hyperparameters.sequence_length, hyperparameters.hop, hyperparameters.n_predictions)
    train = training_sequences(telemetry.segments, split.train, *shape, last_only=hyperparameters.windowed)
    validation = scoring_sequences(telemetry.segments, split.validation, *shape)
    network, plain = _networks(len(telemetry.columns), hyperparameters)
    logger.info("fitting", extra={"sequences": len(train), "weights": network.count_params()})
    fit_network(
        network,
        FitData(train, scaled, hyperparameters.n_predictions),
        FitData(validation, scaled, hyperparameters.n_predictions),
        hyperparameters,
        observer,
        keeper,
    )
    plain.set_weights(network.get_weights())
    beside = _autoregressions(telemetry, split.train, hyperparameters)
    return raw_model(plain, scaling, hyperparameters.quantiles, hyperparameters.outputs, beside)


def _autoregressions(
    telemetry: Telemetry, train: range, hyperparameters: HyperParameters
) -> tuple[Autoregression, ...]:
    """Those of the outputs, which judge anomalies beside the network."""
    known = {RIDGE_AR: without_inputs(telemetry), RIDGE_ARX: telemetry}
    horizon = hyperparameters.n_predictions
    return tuple(fit_autoregression(known[each], train, horizon) for each in hyperparameters.outputs if each in known)


def _networks(channels: int, hyperparameters: HyperParameters) -> tuple[Any, Any]:
    """The network to fit and the network to keep, with the same weights in the same order.

    The one to keep is never compiled: it would be saved with its loss, and not be loaded without this package.
    """
    if isinstance(hyperparameters, TransformerHyperparameters):
        return build_transformer(channels, hyperparameters), build_transformer(channels, hyperparameters)
    fused, plain = (build_telemanom(channels, hyperparameters, fused=fused) for fused in (True, False))
    return fused, plain

"""How good forecasts of several rows are, by the number of rows ahead, beside those of the naive forecast.

Called by `pipeline` and `evaluation` for models that forecast more than the next value. KPIs, anomalies and comparisons
rest on the next value alone, because that is what all models forecast.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from model_contract.hyperparameters import HyperParameters
from model_contract.keys import Subject
from model_trainer.assessment import HeldOut
from model_trainer.data.telemetry import Floats
from model_trainer.forecasting import Ahead, Predictor, forecast_ahead
from model_trainer.tracking.flavour import ModelCard


def horizon_metrics(
    subject: Subject, model: Predictor, card: ModelCard, hyperparameters: HyperParameters, held_out: HeldOut
) -> Iterator[tuple[int, dict[str, float]]]:
    """Metrics of the test rows with their step: rows ahead for `ahead`, 0 for `horizon`, the mean over all of them.

    Args:
        subject: whose metrics they are.
        model: that forecasts.
        card: its inputs and its horizon.
        hyperparameters: how much history forecasts get.
        held_out: telemetry and its split.
    """
    if card.horizon == 1 and not card.quantiles:
        return
    shape = (hyperparameters.sequence_length, hyperparameters.hop)
    test = held_out.split.test
    parts = forecast_ahead(model, card.columns, held_out.telemetry, test, *shape, horizon=card.horizon)
    measures = measures_ahead(subject, parts)
    if not measures:
        return
    yield 0, {f"{who}_horizon_{measure}": float(values.mean()) for (who, measure), values in measures.items()}
    for step in range(card.horizon):
        yield step + 1, {f"{who}_ahead_{measure}": float(values[step]) for (who, measure), values in measures.items()}


def measures_ahead(subject: Subject, parts: Iterable[Ahead]) -> dict[tuple[Subject, str], Floats]:
    """By rows ahead, (horizon,): mean absolute errors of the subject and of the naive forecast in raw units.

    Of an interval also the share of readings that it holds, in percent, and its mean width. Nothing without forecasts.
    """
    sums: dict[tuple[Subject, str], Floats] = {}
    count = 0
    for ahead in parts:
        count += len(ahead.last)
        for measure, values in _sums(subject, ahead).items():
            sums[measure] = sums.get(measure, 0.0) + values
    return {measure: total / count for measure, total in sums.items()} if count else {}


def _sums(subject: Subject, ahead: Ahead) -> dict[tuple[Subject, str], Floats]:
    forecast, naive = ahead.forecast, ahead.last[:, None]
    sums = {
        (subject, "mae"): np.abs(forecast.values - ahead.actual).sum(axis=0),
        (Subject.NAIVE, "mae"): np.abs(naive - ahead.actual).sum(axis=0),
    }
    if forecast.interval is not None:
        lower, upper = forecast.interval.lower, forecast.interval.upper
        held = (lower <= ahead.actual) & (ahead.actual <= upper)
        sums[subject, "coverage_percent"] = 100.0 * held.sum(axis=0)
        sums[subject, "interval_width"] = (upper - lower).sum(axis=0)
    return sums

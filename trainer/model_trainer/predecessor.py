"""The version that served before, on the rows of an evaluation, beside the version that serves now.

Called by `evaluation` while a new version is on probation. That the predecessor cannot be scored any more is no
failure: the record says why.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

from model_contract.evaluation import PredecessorScore
from model_contract.hyperparameters import HyperParameters
from model_contract.keys import ComparisonVerdict
from model_contract.result import FailureReason
from model_trainer.assessment import Assessment, HeldOut, assess_forecast
from model_trainer.comparison import Comparison, compare
from model_trainer.data.telemetry import Telemetry
from model_trainer.errors import CannotWork
from model_trainer.forecasting import one_step_forecast
from model_trainer.numbers import six_digits
from model_trainer.tracking.flavour import RegisteredModel

logger = logging.getLogger(__name__)

_LONGEST_PROBLEM = 256  # characters: the tag that keeps the record has little room


class ScoredPredecessor(NamedTuple):
    """What is recorded of it, and its assessment for figures; None: it could not be scored."""

    score: PredecessorScore
    assessment: Assessment | None


def score_predecessor(
    number: int,
    load: Callable[[], RegisteredModel],
    hyperparameters: HyperParameters,
    held_out: HeldOut,
    successor: Assessment,
    *,
    seed: int,
) -> ScoredPredecessor:
    """The predecessor's KPIs on the evaluated rows, and whether it forecasts them better than its successor.

    Raises:
        TryAgain: MLflow does not answer.
    """
    try:
        model = load()
        _require_same_inputs(model, held_out.telemetry)
    except CannotWork as ended:
        if ended.reason is not FailureReason.VERSION_UNUSABLE:
            raise
        logger.warning("the predecessor cannot be scored: %s", ended.message)
        problem = ended.message[:_LONGEST_PROBLEM]
        return ScoredPredecessor(
            PredecessorScore(version=number, verdict=ComparisonVerdict.CANNOT_TELL, problem=problem), None
        )
    shape = (hyperparameters.sequence_length, hyperparameters.hop, hyperparameters.aggregation)
    forecast = one_step_forecast(model, model.columns, held_out.telemetry, held_out.forecast_rows, *shape)
    assessment = assess_forecast(forecast, held_out)
    test = slice(held_out.split.test.start, None)
    found = compare(held_out.signal[test], assessment.forecast[test], successor.forecast[test], seed=seed)
    return ScoredPredecessor(
        PredecessorScore(
            version=number,
            kpis={kpi: six_digits(value) for kpi, value in assessment.kpis.items()},
            verdict=found.verdict,
            improvement_percent=found.improvement_percent and six_digits(found.improvement_percent),
            interval_percent=_interval(found),
        ),
        assessment,
    )


def _interval(found: Comparison) -> tuple[float, float] | None:
    if found.lower_percent is None or found.upper_percent is None:
        return None
    return six_digits(found.lower_percent), six_digits(found.upper_percent)


def _require_same_inputs(model: RegisteredModel, telemetry: Telemetry) -> None:
    """The rows were read for the successor: its columns, its sampling."""
    if gone := set(model.columns) - set(telemetry.columns):
        message = f"{model.uri} needs columns that its successor does not: {', '.join(sorted(gone))}"
        raise CannotWork(FailureReason.VERSION_UNUSABLE, message)
    if model.card.sampling_seconds != telemetry.sampling_seconds:
        raise CannotWork(
            FailureReason.VERSION_UNUSABLE,
            f"{model.uri} was fitted on rows {model.card.sampling_seconds:g} s apart, "
            f"its successor on rows {telemetry.sampling_seconds:g} s apart",
        )

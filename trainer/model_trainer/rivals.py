"""A new model beside those that it must beat: naive forecast, plain baseline, and the champion if there is one."""

import logging

from model_contract.hyperparameters import HyperParameters
from model_contract.keys import ComparisonVerdict, Subject
from model_contract.task import TrainingTask
from model_trainer.assessment import Assessment, HeldOut, assess, assess_forecast
from model_trainer.comparison import Comparison, compare
from model_trainer.forecasting import Predictor, one_step_forecast
from model_trainer.models.linear import fit_autoregression, last_value, without_inputs
from model_trainer.tracking.flavour import RegisteredModel

logger = logging.getLogger(__name__)


def judge(model: Predictor, hyperparameters: HyperParameters, held_out: HeldOut) -> dict[Subject, Assessment]:
    """The candidate and the forecasts without a network, assessed on the same rows."""
    telemetry, train = held_out.telemetry, held_out.split.train
    alone = without_inputs(telemetry)
    shape = (hyperparameters.sequence_length, hyperparameters.hop, hyperparameters.aggregation)
    # First, and its forecasts not kept: those that only judge anomalies take four times what others take.
    candidate = assess_forecast(
        one_step_forecast(model, telemetry.columns, telemetry, held_out.forecast_rows, *shape), held_out
    )
    forecasts = {
        Subject.NAIVE: last_value(held_out.signal, telemetry.segments),
        Subject.BASELINE: fit_autoregression(alone, train).forecast(alone),
    }
    if len(telemetry.columns) > 1:
        forecasts[Subject.BASELINE_WITH_INPUTS] = fit_autoregression(telemetry, train).forecast(telemetry)
    others = {subject: assess(forecast, held_out) for subject, forecast in forecasts.items()}
    return {Subject.CANDIDATE: candidate} | others


def compare_with_champion(
    task: TrainingTask,
    champion: RegisteredModel | None,
    hyperparameters: HyperParameters,
    held_out: HeldOut,
    assessments: dict[Subject, Assessment],
) -> Comparison | None:
    """How the candidate does beside the champion, whose assessment is added; None where there is no champion.

    A champion that cannot be loaded, or that needs columns which are gone, gives CannotTell.
    """
    if task.champion_version is None:
        return None
    if champion is None:
        return Comparison(ComparisonVerdict.CANNOT_TELL)
    if gone := set(champion.columns) - set(held_out.telemetry.columns):
        logger.warning("the champion needs columns that are gone", extra={"columns": sorted(gone)})
        return Comparison(ComparisonVerdict.CANNOT_TELL)
    forecast = one_step_forecast(
        champion,
        champion.columns,
        held_out.telemetry,
        held_out.forecast_rows,
        hyperparameters.sequence_length,
        hyperparameters.hop,
        hyperparameters.aggregation,
    )
    assessments[Subject.CHAMPION] = assess_forecast(forecast, held_out)
    test = held_out.split.test
    forecasts = (assessments[subject].forecast for subject in (Subject.CANDIDATE, Subject.CHAMPION))
    return compare(held_out.signal[test.start :], *(each[test.start :] for each in forecasts), seed=task.seed)

"""What is read from a model's predictions: the right rows, quantiles and distances ahead."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from model_contract.hyperparameters import Aggregation
from model_contract.keys import Subject
from model_trainer.data.cleaning import clean
from model_trainer.data.telemetry import Readings, Telemetry
from model_trainer.forecasting import AT_ONCE, Ahead, Forecast, Interval, forecast_ahead, one_step_forecast
from model_trainer.horizon import measures_ahead
from tests.trainer.telemetry_files import minutes

HORIZON = 3


@dataclass(frozen=True)
class Counting:
    """Forecasts that every row is one more than the row before; its interval is ten to both sides."""

    quantiles: tuple[float, ...] = ()
    outputs: tuple[str, ...] = ()
    slope: float = 1.0  # of the numbers

    def predict(self, inputs: Any) -> Any:
        """Rising numbers from the last value; a second output is half of them."""
        median = inputs[:, :, :1] + self.slope * np.arange(1, HORIZON + 1, dtype=np.float32)
        if self.outputs:
            return np.stack([median, median / 2], axis=-1)
        return np.stack([median - 10, median, median + 10], axis=-1) if self.quantiles else median


def numbered_rows(rows: int) -> Telemetry:
    """Telemetry whose value is the number of the row, with a gap after row 130."""
    times = minutes(rows + 60)
    times = np.delete(times, range(130, 190))
    return clean(Readings(("value",), (False,), times, np.arange(rows, dtype=float)[:, None]), 60.0)


QUANTILES = (0.1, 0.5, 0.9)
OUTPUTS = ("forecast", "level")


@pytest.mark.parametrize("quantiles", [(), QUANTILES], ids=["means", "quantiles"])
def test_forecasts_return_to_the_rows_that_they_are_for(quantiles: tuple[float, ...]) -> None:
    forecast = one_step_forecast(Counting(quantiles), ("value",), numbered_rows(400), range(120, 400), 64, 16)

    known = ~np.isnan(forecast.values)
    assert (forecast.values[known] == np.flatnonzero(known)).all()
    assert np.flatnonzero(~known).tolist() == [*range(120), 130]
    assert (forecast.interval is None) == (not quantiles)


def test_the_interval_lies_between_the_outer_quantiles() -> None:
    forecast = one_step_forecast(Counting(QUANTILES), ("value",), numbered_rows(400), range(120, 400), 64, 16)

    assert forecast.interval is not None
    assert forecast.interval.lower == pytest.approx(forecast.values - 10, nan_ok=True)
    assert forecast.interval.upper == pytest.approx(forecast.values + 10, nan_ok=True)
    assert forecast.interval.share == pytest.approx(0.8)


def test_forecasts_beside_each_other_judge_together_and_the_first_is_the_value() -> None:
    forecast = one_step_forecast(Counting(outputs=OUTPUTS), ("value",), numbered_rows(400), range(120, 400), 64, 16)

    assert forecast.judging[0] == pytest.approx(forecast.values, nan_ok=True)
    assert forecast.judging[1] == pytest.approx(forecast.values / 2, nan_ok=True)


@pytest.mark.parametrize("outputs", [(), OUTPUTS], ids=["one forecast", "two forecasts"])
def test_the_mean_of_all_forecasts_of_a_row_judges_where_it_is_asked_for(outputs: tuple[str, ...]) -> None:
    """Told too much by a half, one, and one and a half, three, two and one rows ahead: by one in the middle.

    The first rows after a gap have fewer forecasts, because none reaches over it.
    """
    model = Counting(outputs=outputs, slope=1.5)

    forecast = one_step_forecast(
        model, ("value",), numbered_rows(400), range(120, 400), 64, 16, aggregation=Aggregation.MEAN
    )

    error = forecast.judging[0] - np.arange(400)
    assert error[[120, 121, 122, 123, 129, 131, 132, 133, 399]] == pytest.approx([0.5, 0.75, 1, 1, 1, 0.5, 0.75, 1, 1])
    assert np.flatnonzero(np.isnan(error)).tolist() == [*range(120), 130]
    assert (forecast.values - np.arange(400))[[125, 399]] == pytest.approx(0.5)
    assert len(forecast.judging) == max(len(outputs), 1)


@pytest.mark.parametrize("model", [Counting(QUANTILES), Counting(outputs=OUTPUTS), Counting()], ids=repr)
@pytest.mark.parametrize("aggregation", Aggregation)
def test_where_no_rows_are_asked_for_nothing_is_forecast(model: Counting, aggregation: Aggregation) -> None:
    forecast = one_step_forecast(model, ("value",), numbered_rows(400), range(0), 64, 16, aggregation)

    assert all(np.isnan(each).all() for each in (forecast.values, *forecast.judging))
    assert forecast.values.shape == (400,)


def test_more_sequences_than_fit_at_once_are_all_forecast() -> None:
    rows = 2 * AT_ONCE + 200

    forecast = one_step_forecast(Counting(), ("value",), numbered_rows(rows), range(rows), sequence_length=16, hop=1)

    assert np.flatnonzero(np.isnan(forecast.values)).tolist() == [0, 130]


def test_every_origin_whose_horizon_lies_in_the_rows_is_forecast_ahead() -> None:
    """None reaches over the gap: the row after it starts anew."""
    (ahead,) = forecast_ahead(Counting(), ("value",), numbered_rows(400), range(120, 400), 64, 16, horizon=HORIZON)

    assert ahead.last.tolist() == [*range(119, 127), *range(130, 397)]
    assert (ahead.actual == ahead.last[:, None] + [1, 2, 3]).all()
    assert (ahead.forecast.values == ahead.actual).all()


def test_measures_are_told_apart_by_distance() -> None:
    last, actual = np.array([0.0, 0.0]), np.array([[1.0, 2.0], [1.0, -4.0]])
    median = np.array([[1.0, 1.0], [0.0, -1.0]])

    parts = [
        Ahead(Forecast(part, Interval(part - 1, part + 1, share=0.8)), actual[rows], last[rows])
        for rows in (slice(1), slice(1, 2))
        for part in (median[rows],)
    ]
    measures = measures_ahead(Subject.CANDIDATE, parts)

    assert {name: values.tolist() for name, values in measures.items()} == {
        (Subject.CANDIDATE, "mae"): [0.5, 2.0],
        (Subject.NAIVE, "mae"): [1.0, 3.0],
        (Subject.CANDIDATE, "coverage_percent"): [100.0, 50.0],
        (Subject.CANDIDATE, "interval_width"): [2.0, 2.0],
    }

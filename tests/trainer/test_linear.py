"""The forecasts that a model must beat."""

from typing import Any

import numpy as np
import pytest

from model_trainer.data.telemetry import Telemetry
from model_trainer.models import linear
from model_trainer.models.linear import fit_autoregression, last_value, without_inputs
from tests.trainer.telemetry_files import minutes, waves

ROWS = 600
SEGMENTS = (range(300), range(300, 305), range(305, ROWS))


def telemetry(signal: Any, *others: Any, boolean: tuple[bool, ...] = (), segments: Any = SEGMENTS) -> Telemetry:
    """Clean telemetry in segments; `boolean` says which of the other channels are commands."""
    names = tuple(f"input_{number}" for number in range(len(others)))
    return Telemetry(
        columns=("value", *names),
        boolean=(False, *(boolean or (False,) * len(others))),
        times=minutes(len(signal)),
        values=np.column_stack([signal, *others]),
        segments=segments,
        sampling_seconds=60.0,
        duplicates_dropped=0,
        readings_filled=0,
        digest="digest",
    )


def rmse(forecast: Any, signal: Any) -> float:
    return float(np.sqrt(np.mean((forecast - signal)[500:] ** 2)))


def test_the_naive_forecast_is_the_row_before_but_not_across_a_gap() -> None:
    forecast = last_value(np.arange(600.0), SEGMENTS)

    assert np.flatnonzero(np.isnan(forecast)).tolist() == [0, 300, 305]
    assert np.nanmax(np.abs(forecast - (np.arange(600) - 1))) == 0


def test_autoregression_continues_a_wave_far_better_than_the_last_value() -> None:
    signal = waves(ROWS)
    found = telemetry(signal)

    forecast = fit_autoregression(found, range(400)).forecast(found)

    assert rmse(forecast, signal) < rmse(last_value(signal, SEGMENTS), signal) / 4


def test_without_ten_rows_since_a_gap_the_last_value_is_forecast() -> None:
    """So that all subjects are judged on the same rows."""
    signal = waves(ROWS)
    found = telemetry(signal)

    forecast, naive = fit_autoregression(found, range(400)).forecast(found), last_value(signal, SEGMENTS)

    same = np.flatnonzero((forecast == naive) | np.isnan(forecast) & np.isnan(naive)).tolist()
    assert same == [*range(10), *range(300, 315)]
    assert np.isnan(forecast).tolist() == np.isnan(naive).tolist()


def test_autoregression_hears_commands() -> None:
    """A command that moves the signal in the next row explains what its own past cannot."""
    command = (np.random.default_rng(1).random(ROWS) < 0.2).astype(float)
    signal = waves(ROWS) / 10 + np.roll(command, 1)
    told = telemetry(signal, command, boolean=(True,))

    deaf, hearing = (fit_autoregression(each, range(400)).forecast(each) for each in (without_inputs(told), told))

    assert rmse(hearing, signal) < rmse(deaf, signal) / 4


def test_an_input_that_was_constant_while_fitting_changes_nothing() -> None:
    signal, valve = waves(ROWS), np.where(np.arange(ROWS) < 450, 5.0, 1e6)
    alone, with_valve = telemetry(signal), telemetry(signal, valve)

    forecasts = [fit_autoregression(each, range(400)).forecast(each) for each in (alone, with_valve)]

    assert forecasts[1] == pytest.approx(forecasts[0], nan_ok=True, abs=1e-6)


def test_units_of_the_telemetry_do_not_matter() -> None:
    signal, other = waves(ROWS), np.roll(waves(ROWS), 7)
    found, in_other_units = telemetry(signal, other), telemetry(1e4 * signal + 300, other / 1e3)

    forecast = fit_autoregression(found, range(400)).forecast(found)
    converted = fit_autoregression(in_other_units, range(400)).forecast(in_other_units)

    assert converted == pytest.approx(1e4 * forecast + 300, nan_ok=True)


def test_rows_are_laid_out_in_blocks_without_an_effect_on_the_fit() -> None:
    """Ten rows of history at every border, each row once."""
    rows = 2 * linear.BLOCK + 500
    signal = waves(rows)
    found = telemetry(signal, segments=(range(rows),))
    fitted = fit_autoregression(found, range(rows))

    scaled = (signal - signal.mean()) / signal.std()
    history = np.lib.stride_tricks.sliding_window_view(scaled[:-1], linear.ORDER)
    penalty = linear.RIDGE * len(history) * np.eye(linear.ORDER)
    expected = np.linalg.solve(history.T @ history + penalty, history.T @ scaled[linear.ORDER :])

    assert fitted.coefficients[0, :, 0] == pytest.approx(expected)


def test_a_constant_signal_is_forecast_as_it_is() -> None:
    signal = np.full(ROWS, 5.0)
    found = telemetry(signal)

    forecast = fit_autoregression(found, range(400)).forecast(found)

    assert forecast[~np.isnan(forecast)] == pytest.approx(5.0)

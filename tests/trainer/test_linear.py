"""The forecasts that a model must beat."""

import numpy as np
import pytest

from model_trainer.models.linear import fit_autoregression, last_value
from tests.trainer.telemetry_files import waves

SEGMENTS = (range(300), range(300, 305), range(305, 600))


def test_the_naive_forecast_is_the_row_before_but_not_across_a_gap() -> None:
    forecast = last_value(np.arange(600.0), SEGMENTS)

    assert np.flatnonzero(np.isnan(forecast)).tolist() == [0, 300, 305]
    assert np.nanmax(np.abs(forecast - (np.arange(600) - 1))) == 0


def test_autoregression_continues_a_wave_far_better_than_the_last_value() -> None:
    signal = waves(600)
    forecast = fit_autoregression(signal, SEGMENTS, range(400)).forecast(signal, SEGMENTS)

    errors = np.abs(forecast - signal)[500:]
    assert errors.mean() < np.abs(last_value(signal, SEGMENTS) - signal)[500:].mean() / 4


def test_autoregression_needs_ten_rows_without_a_gap() -> None:
    signal = waves(600)
    forecast = fit_autoregression(signal, SEGMENTS, range(400)).forecast(signal, SEGMENTS)

    assert np.flatnonzero(np.isnan(forecast)).tolist() == [*range(10), *range(300, 315)]


def test_a_constant_signal_is_forecast_as_it_is() -> None:
    signal = np.full(600, 5.0)

    assert np.nanmax(np.abs(fit_autoregression(signal, SEGMENTS, range(400)).forecast(signal, SEGMENTS) - 5)) == (
        pytest.approx(0)
    )

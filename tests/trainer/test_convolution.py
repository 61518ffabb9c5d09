"""Autoregressions as a layer: the forecasts of `linear`, made by Keras alone."""

# ruff: noqa: PLC0415  TensorFlow takes seconds to import; only tests that run wait for it

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_trainer.data.scaling import Scaling, fit_scaling
from model_trainer.data.telemetry import Telemetry
from model_trainer.models.linear import ORDER, Autoregression, fit_autoregression, without_inputs
from tests.trainer.telemetry_files import waves
from tests.trainer.test_linear import telemetry

ROWS, FITTED = 600, 400


@pytest.fixture
def with_valve() -> Telemetry:
    """A signal far from zero, whose changes a command announces."""
    valve = (np.arange(ROWS) // 37) % 2.0
    return telemetry(5000.0 + waves(ROWS) + 3 * np.roll(valve, 2), valve, segments=(range(ROWS),))


def layered(keras: Any, scaling: Scaling, *autoregressions: Autoregression) -> Any:
    from model_trainer.models.convolution import linear_forecasts

    inputs = keras.Input((None, len(scaling.centre)))
    return keras.Model(inputs, linear_forecasts(inputs, autoregressions, scaling))


def both(found: Telemetry, horizon: int = 1) -> tuple[Autoregression, ...]:
    return tuple(fit_autoregression(each, range(FITTED), horizon) for each in (without_inputs(found), found))


def raw_forecasts(model: Any, found: Telemetry, scaling: Scaling) -> Any:
    """(rows, horizon, autoregressions) of one sequence of all rows; row r is forecast from the rows up to r."""
    scaled = model.predict(scaling.apply(found.values)[None], verbose=0)[0]
    return scaled * scaling.half_range[0] + scaling.centre[0]


def test_the_layer_forecasts_what_the_autoregressions_do(keras: Any, with_valve: Telemetry) -> None:
    scaling, fitted = fit_scaling(with_valve.values[:FITTED], with_valve.boolean), both(with_valve)

    found = raw_forecasts(layered(keras, scaling, *fitted), with_valve, scaling)

    for column, (each, seen) in enumerate(zip(fitted, (without_inputs(with_valve), with_valve), strict=True)):
        assert found[ORDER - 1 : -1, 0, column] == pytest.approx(each.forecast(seen)[ORDER:], abs=1e-4)


def test_before_ten_rows_are_known_the_first_one_stands_for_those_missing(keras: Any, with_valve: Telemetry) -> None:
    scaling, fitted = fit_scaling(with_valve.values[:FITTED], with_valve.boolean), both(with_valve)
    standing = with_valve.values[:1].repeat(ORDER, axis=0)

    found = raw_forecasts(layered(keras, scaling, *fitted), with_valve, scaling)

    expected = fitted[1].intercepts[0] + (fitted[1].coefficients[0] * standing).sum()
    assert found[0, 0, 1] == pytest.approx(expected, abs=1e-4)


def test_each_row_ahead_has_coefficients_of_its_own(keras: Any, with_valve: Telemetry) -> None:
    """The first ones are those that are fitted for one row ahead, but for the newest rows, which have no third ahead."""
    scaling, fitted = fit_scaling(with_valve.values[:FITTED], with_valve.boolean), both(with_valve, horizon=3)

    found = raw_forecasts(layered(keras, scaling, *fitted), with_valve, scaling)

    assert found.shape == (ROWS, 3, 2)
    for ahead in range(3):
        errors = found[ORDER : -1 - ahead, ahead, 1] - with_valve.values[ORDER + 1 + ahead :, 0]
        naive = with_valve.values[ORDER : -1 - ahead, 0] - with_valve.values[ORDER + 1 + ahead :, 0]
        assert np.sqrt(np.mean(errors**2)) < np.sqrt(np.mean(naive**2))
    assert fitted[1].coefficients[0] == pytest.approx(both(with_valve)[1].coefficients[0], abs=0.01)


def test_a_saved_layer_is_loaded_by_keras_alone(keras: Any, with_valve: Telemetry, tmp_path: Path) -> None:
    scaling, fitted = fit_scaling(with_valve.values[:FITTED], with_valve.boolean), both(with_valve)
    model = layered(keras, scaling, *fitted)
    model.save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    assert (raw_forecasts(loaded, with_valve, scaling) == raw_forecasts(model, with_valve, scaling)).all()

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from model_contract.drift import (
    DriftProfile,
    ErrorReference,
    ProfileFormatError,
    Residuals,
    Verdict,
    View,
    WindowMismatch,
    build_profile,
    check_drift,
    model_residual_view,
)
from model_contract.evaluation import ResidualView
from tests.contract.drift.references import DIGEST, ROWS, START, WINDOW, Series, correlated

END = START + timedelta(minutes=WINDOW)


def modelled(values: Series, errors: Series | None, fitted_rows: int = 0) -> DriftProfile:
    return build_profile(
        values,
        channels=tuple(f"c{number}" for number in range(values.shape[1])),
        window_rows=WINDOW,
        sampling_seconds=60.0,
        start=START - timedelta(minutes=len(values)),
        end=START,
        data_digest=DIGEST,
        model_errors=errors,
        fitted_rows=fitted_rows,
    )


@cache
def served() -> tuple[DriftProfile, Series, Series]:
    """A profile with the errors of a model that predicts all but white noise; the window after it, and its errors."""
    values, errors = correlated(ROWS + WINDOW, seed=5)[:, None], np.random.default_rng(6).normal(size=ROWS + WINDOW)
    return modelled(values[:ROWS], errors[:ROWS]), values[ROWS:], errors[ROWS:]


def view_of(errors: Series) -> ResidualView:
    view = model_residual_view(served()[0], errors, window_end=END)
    assert view is not None
    return view


def test_a_profile_with_the_errors_of_a_model_comes_back_whole() -> None:
    profile, _, errors = served()
    restored = DriftProfile.from_bytes(profile.to_bytes())
    assert restored.digest == profile.digest
    assert model_residual_view(restored, errors, window_end=END) == view_of(errors)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"scale": 0.0}, id="errors without size"),
        pytest.param({"null_sd": np.nan}, id="a spread that is no number"),
        pytest.param({"null_windows": 1}, id="a single window"),
        pytest.param({"knots": np.zeros(7, dtype=np.float32)}, id="too few knots"),
        pytest.param({"knots": -np.arange(1024, dtype=np.float32)}, id="knots in the wrong order"),
    ],
)
def test_a_calibration_that_makes_no_sense_cannot_be_stored(changes: dict[str, object]) -> None:
    profile = served()[0]
    assert profile.model_errors is not None
    with pytest.raises(ProfileFormatError, match="model's errors"):
        replace(profile, model_errors=replace(profile.model_errors, **changes))  # type: ignore[arg-type]


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ProfileFormatError, match="modelErrors"):
        ErrorReference.read({"scale": 1.0, "weight": 2.0}, np.zeros(1024, dtype=np.float32))


def test_a_profile_without_the_errors_of_a_model_has_no_such_view() -> None:
    values, errors = served()[1], served()[2]
    assert model_residual_view(modelled(np.tile(values, (5, 1)), None), errors, window_end=END) is None


def test_errors_like_those_of_the_reference_are_no_drift() -> None:
    view = view_of(served()[2])
    assert view.statistic < view.reference_max
    assert view.p > 0.05


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda errors: errors + 1.0, id="errors with a bias"),
        pytest.param(lambda errors: 2.0 * errors, id="errors twice as large"),
    ],
)
def test_other_errors_than_those_of_the_reference_are_drift(change: np.ufunc) -> None:
    assert view_of(change(served()[2])).p < 1e-4


def test_the_errors_of_the_model_decide_instead_of_those_of_the_linear_predictor() -> None:
    profile, window, errors = served()
    without = check_drift(profile, window, start=START)
    report = check_drift(profile, window, start=START, residual=view_of(3.0 * errors))
    (channel,) = report.channels
    assert (without.verdict, without.channels[0].residuals) == (Verdict.NONE, Residuals.AUTOREGRESSION)
    assert (channel.deciding_view, channel.residuals) == (View.RESIDUAL, Residuals.MODEL)
    assert "W1 of the model's one-step errors" in report.reason
    assert report.p == 3.0 * view_of(3.0 * errors).p


def test_the_residual_view_of_the_other_channels_is_that_of_the_linear_predictor() -> None:
    values, errors = correlated(2 * (ROWS + WINDOW), seed=5).reshape(2, -1).T, served()[2]
    profile = modelled(values[:ROWS], np.random.default_rng(6).normal(size=ROWS))
    view = model_residual_view(profile, errors, window_end=END)
    report = check_drift(profile, values[ROWS:], start=START, residual=view)
    assert [channel.residuals for channel in report.channels] == [Residuals.MODEL, Residuals.AUTOREGRESSION]
    assert report.channels[1] == check_drift(profile, values[ROWS:], start=START).channels[1]


@pytest.mark.parametrize(
    ("missing", "known"),
    [pytest.param(0.4, True, id="most are there"), pytest.param(0.6, False, id="most are missing")],
)
def test_missing_errors_are_left_out(missing: float, *, known: bool) -> None:
    errors = served()[2].copy()
    errors[: round(missing * WINDOW)] = np.nan
    assert (model_residual_view(served()[0], errors, window_end=END) is not None) == known


@pytest.mark.parametrize(
    "errors",
    [
        pytest.param(np.full(ROWS, np.nan), id="there are none"),
        pytest.param(np.where(np.arange(ROWS) < 3 * WINDOW, 1.0, np.nan) * np.arange(ROWS), id="for few windows"),
        pytest.param(np.zeros(ROWS), id="all are zero"),
    ],
)
def test_errors_that_cannot_be_calibrated_are_left_out(errors: Series) -> None:
    assert modelled(correlated(ROWS, seed=5)[:, None], errors).model_errors is None


@pytest.mark.parametrize(
    ("unseen", "calibrated"),
    [
        pytest.param(WINDOW, True, id="a whole window"),
        pytest.param(WINDOW - 1, False, id="less than a window"),
        pytest.param(0, False, id="nothing"),
    ],
)
def test_the_model_must_not_have_seen_the_newest_window(unseen: int, *, calibrated: bool) -> None:
    errors = np.random.default_rng(6).normal(size=ROWS)
    profile = modelled(correlated(ROWS, seed=5)[:, None], errors, fitted_rows=ROWS - unseen)
    assert (profile.model_errors is not None) == calibrated


def test_a_residual_view_of_another_window_or_profile_is_refused() -> None:
    profile, window, errors = served()
    view = view_of(errors)
    with pytest.raises(WindowMismatch, match="window that ends"):
        check_drift(profile, window, start=START + timedelta(minutes=1), residual=view)
    with pytest.raises(WindowMismatch, match="another profile"):
        check_drift(profile, window, start=START, residual=view.model_copy(update={"profile_digest": "a" * 64}))


def test_errors_of_another_shape_are_refused() -> None:
    with pytest.raises(WindowMismatch, match=rf"\({WINDOW},\)"):
        model_residual_view(served()[0], np.zeros(WINDOW - 1), window_end=END)
    with pytest.raises(WindowMismatch, match="model errors"):
        modelled(correlated(ROWS, seed=5)[:, None], np.zeros(ROWS - 1))

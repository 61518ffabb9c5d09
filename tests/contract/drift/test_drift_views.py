import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model_contract.drift.calibration import ChannelReference, leave_out_statistics, reference_windows
from model_contract.drift.channel import fit_predictor
from model_contract.drift.views import (
    AR_ORDER,
    WINSOR_SCALES,
    dynamics_distance,
    one_step_errors,
    order_statistics,
    squared_increments,
    structure_function,
    structure_lags,
    wasserstein,
)
from tests.contract.drift.references import correlated

READINGS = st.floats(-100.0, 100.0, width=32)


def samples(smallest: int, largest: int) -> st.SearchStrategy[np.ndarray]:
    return st.integers(smallest, largest).flatmap(lambda size: arrays(np.float32, size, elements=READINGS))


def area_between(one: np.ndarray, other: np.ndarray) -> float:
    """W1 by its definition: the area between two empirical distribution functions."""
    points = np.sort(np.concatenate([one, other]).astype(np.float64))
    below_one = np.searchsorted(np.sort(one), points[:-1], side="right") / one.size
    below_other = np.searchsorted(np.sort(other), points[:-1], side="right") / other.size
    return float(np.sum(np.abs(below_one - below_other) * np.diff(points)))


@given(samples(1, 40), samples(1, 40))
def test_wasserstein_is_the_area_between_the_distribution_functions(one: np.ndarray, other: np.ndarray) -> None:
    distance = wasserstein(np.sort(one)[None, :], np.sort(other)[None, :])
    assert distance == pytest.approx([area_between(one, other)], rel=1e-4, abs=1e-3)


@given(samples(4, 40), samples(1, 40), st.integers(1, 2))
def test_wasserstein_ignores_missing_readings(one: np.ndarray, other: np.ndarray, missing: int) -> None:
    with_gaps = np.stack([np.sort(one), np.sort(np.where(np.arange(one.size) < missing, np.float32(np.nan), one))])
    expected = [area_between(one, other), area_between(one[missing:], other)]
    knots = np.tile(np.sort(other), (2, 1))
    assert wasserstein(with_gaps, knots) == pytest.approx(expected, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(("present", "known"), [(0, False), (2, False), (3, True), (5, True)])
def test_wasserstein_needs_half_of_the_rows(present: int, *, known: bool) -> None:
    ordered = np.full((1, 5), np.nan, dtype=np.float32)
    ordered[0, :present] = 1.0
    assert np.isfinite(wasserstein(ordered, np.zeros((1, 4), dtype=np.float32))).tolist() == [known]


def test_knots_are_readings_and_all_of_them_where_their_number_divides() -> None:
    ordered = np.arange(8, dtype=np.float32)
    assert order_statistics(ordered, 16).tolist() == sorted([*range(8), *range(8)])
    assert order_statistics(ordered, 4).tolist() == [1.0, 3.0, 5.0, 7.0]


@pytest.mark.parametrize(
    ("rows", "lags"), [(64, (1, 2, 4, 8)), (252, (1, 2, 4, 8, 16)), (1440, (1, 2, 4, 8, 16, 32, 64, 128))]
)
def test_lags_are_powers_of_two_up_to_an_eighth_of_the_window(rows: int, lags: tuple[int, ...]) -> None:
    assert structure_lags(rows) == lags


def test_the_structure_function_of_a_ramp_grows_with_the_lag() -> None:
    ramp = np.arange(64, dtype=np.float32)[None, :]
    assert structure_function(*squared_increments(ramp, (1, 2, 4))) == pytest.approx(np.array([[1.0, 2.0, 4.0]]))


def test_pairs_with_a_missing_reading_do_not_count() -> None:
    ramp = np.arange(64, dtype=np.float32)[None, :].copy()
    ramp[0, 10] = np.nan
    sums, pairs = squared_increments(ramp, (1, 4))
    assert pairs.tolist() == [[61, 58]]
    assert sums == pytest.approx(np.array([[61.0, 58 * 16.0]]))


def test_changes_twice_as_large_are_a_factor_of_two_away() -> None:
    assert dynamics_distance(np.array([[2.0, 4.0]]), np.array([[1.0, 2.0]])) == pytest.approx([np.log(2.0)])


def test_a_series_that_follows_its_predictor_has_no_errors() -> None:
    coefficients = np.zeros((1, AR_ORDER), dtype=np.float32)
    coefficients[0, :2] = (1.5, -0.75)
    series = np.ones((1, 100), dtype=np.float32)
    for row in range(2, 100):
        series[0, row] = 1.5 * series[0, row - 1] - 0.75 * series[0, row - 2]
    assert one_step_errors(series, coefficients)[0] == pytest.approx(np.zeros(100 - AR_ORDER), abs=1e-6)


def test_the_predictor_finds_the_memory_of_a_series() -> None:
    series = ((correlated(20_000, seed=1, memory=0.9) - 20.0) / 2.0).astype(np.float32)
    coefficients = fit_predictor(series)
    assert coefficients[0] == pytest.approx(0.9, abs=0.02)
    assert np.abs(coefficients[1:]).max() < 0.03


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), window_rows=st.sampled_from([64, 96]), discrete=st.booleans())
def test_leaving_a_window_out_equals_comparing_with_the_rest(seed: int, window_rows: int, *, discrete: bool) -> None:
    """The identity F_window - F_rest = (F_window - F) / (1 - w), against sorting and counting the rest itself."""
    random = np.random.default_rng(seed)
    series = random.normal(size=480).astype(np.float32)
    series = np.round(series) if discrete else series
    lags = structure_lags(window_rows)
    coefficients = fit_predictor(series)
    errors = one_step_errors(series[None, :], coefficients[None, :])[0]
    reference = ChannelReference(
        series=series,
        knots=np.sort(series),
        ar_coefficients=coefficients,
        residual_knots=np.sort(errors),
        residual_scale=1.0,
        residual_count=errors.size,
        lags=lags,
    )
    windows = reference_windows(series, window_rows)
    bounded = np.clip(errors, -WINSOR_SCALES, WINSOR_SCALES)
    expected = []
    for number in range(len(windows)):
        first, after = number * (window_rows // 4), number * (window_rows // 4) + window_rows
        inside, outside = series[first:after], np.delete(series, slice(first, after))
        errors_outside = np.delete(bounded, slice(first, after - AR_ORDER))
        ratios = [
            np.log(_root_mean_square(inside[lag:] - inside[:-lag]) / _outside_structure(series, first, after, lag))
            for lag in lags
        ]
        expected.append(
            [
                area_between(inside, outside),
                np.mean(np.abs(ratios)),
                area_between(bounded[first : after - AR_ORDER], errors_outside),
            ]
        )
    assert leave_out_statistics(reference, windows) == pytest.approx(np.array(expected), rel=1e-3, abs=1e-4)


def _root_mean_square(increments: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(increments, dtype=np.float64))))


def _outside_structure(series: np.ndarray, first: int, after: int, lag: int) -> float:
    """Structure function of all pairs that do not lie in the window with both ends."""
    starts = np.arange(series.size - lag)
    outside = ~((starts >= first) & (starts + lag < after))
    return _root_mean_square((series[lag:] - series[:-lag])[outside])

import numpy as np
import pytest

from model_contract.drift.series import fill_short_gaps, longest_run, readings, standardised

NAN = np.nan


@pytest.mark.parametrize(
    ("series", "filled"),
    [
        pytest.param([1, 2, 3], [1, 2, 3], id="nothing is missing"),
        pytest.param([1, NAN, 3], [1, 2, 3], id="one row is bridged by a line"),
        pytest.param([0, NAN, NAN, NAN, 8], [0, 2, 4, 6, 8], id="three rows are bridged by a line"),
        pytest.param([0, NAN, NAN, NAN, NAN, 8], [0, NAN, NAN, NAN, NAN, 8], id="four rows stay missing"),
        pytest.param([NAN, 1, 2, NAN], [NAN, 1, 2, NAN], id="gaps at the ends stay missing"),
        pytest.param([NAN, NAN, NAN], [NAN, NAN, NAN], id="nothing is there"),
        pytest.param(
            [0, NAN, 2, NAN, NAN, NAN, NAN, 7, NAN, 9], [0, 1, 2, NAN, NAN, NAN, NAN, 7, 8, 9], id="each gap for itself"
        ),
    ],
)
def test_short_gaps_are_filled_linearly(series: list[float], filled: list[float]) -> None:
    np.testing.assert_array_equal(fill_short_gaps(np.array([series, series])), [filled, filled])


def test_readings_that_are_none_become_missing() -> None:
    table = np.array([[1.0, 2.0], [np.inf, 1e200], [-np.inf, NAN]])
    np.testing.assert_array_equal(readings(table), [[1.0, NAN, NAN], [2.0, NAN, NAN]])


@pytest.mark.parametrize(
    ("series", "rows"),
    [
        pytest.param([1, 2, 3], 1, id="all differ"),
        pytest.param([1, 2, 2, 2, 3, 3], 3, id="the longest of several"),
        pytest.param([2, 2, NAN, 2, 2, 2], 3, id="a missing row ends a run"),
        pytest.param([2, 2, 2, 2], 4, id="one value throughout"),
        pytest.param([NAN, NAN], 0, id="no reading"),
    ],
)
def test_the_longest_run_of_one_value(series: list[float], rows: int) -> None:
    assert longest_run(np.array(series, dtype=float)) == rows


def test_deviations_are_in_sigmas_and_bounded() -> None:
    series = np.array([[20.0, 22.0, 1e99, NAN]])
    expected = np.array([[0.0, 1.0, 1e6, NAN]], dtype=np.float32)
    np.testing.assert_array_equal(standardised(series, np.array([20.0]), np.array([2.0])), expected)

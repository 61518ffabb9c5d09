"""What is expected of a window that follows the reference, and what p it gets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t

from model_contract.drift.calibration import Null, expected_after, null_of, tail_probability
from model_contract.drift.views import WINSOR_SCALES, error_distance, error_scale

ROWS, WINDOW = 700, 100
WINDOWS = np.arange(25)
CENTRES = 25.0 * WINDOWS + 50.0
STATISTICS = arrays(np.float64, 25, elements=st.floats(0.0, 5.0))
ERRORS = st.integers(50, 200).flatmap(lambda size: arrays(np.float32, size, elements=st.floats(-100, 100, width=32)))


def time_to_the_rest(centre: float, rows: np.ndarray) -> float:
    return float(np.abs(rows - centre).mean())


@given(STATISTICS)
def test_no_less_is_expected_of_the_next_window_than_of_those_in_the_reference(statistic: np.ndarray) -> None:
    assert expected_after(statistic, WINDOWS, ROWS, WINDOW) >= statistic.mean() - 1e-12


@given(st.floats(0.1, 3.0), st.floats(0.001, 0.01))
def test_a_statistic_that_grows_with_the_time_to_the_rest_is_extrapolated(least: float, slope: float) -> None:
    """Against the mean distance in time to the rest, counted row by row."""
    rows = np.arange(ROWS) + 0.5
    rest = [np.delete(rows, slice(int(centre - 50), int(centre + 50))) for centre in CENTRES]
    distances = np.array([time_to_the_rest(centre, others) for centre, others in zip(CENTRES, rest, strict=True)])
    expected = least + slope * time_to_the_rest(ROWS + WINDOW / 2, rows)
    assert expected_after(least + slope * distances, WINDOWS, ROWS, WINDOW) == pytest.approx(expected, rel=1e-3)


def test_a_statistic_that_falls_with_the_time_to_the_rest_is_not_extrapolated() -> None:
    statistic = 5.0 - np.abs(CENTRES - ROWS / 2.0) / 100.0
    assert expected_after(statistic, WINDOWS, ROWS, WINDOW) == pytest.approx(statistic.mean())


@pytest.mark.parametrize(("known", "usable"), [(12, False), (13, True)])
def test_a_view_that_half_of_the_windows_lack_is_not_used(known: int, *, usable: bool) -> None:
    statistics = np.where(WINDOWS[:, None] < known, 1.0, np.nan)
    null = null_of(statistics, np.ones(25, dtype=bool), ROWS, WINDOW)
    assert np.isfinite(null.mean).tolist() == [usable]


@given(STATISTICS, st.floats(0.0, 20.0))
def test_p_is_the_tail_of_students_t_but_never_less_than_the_rank_allows(statistics: np.ndarray, found: float) -> None:
    null = null_of(statistics[:, None], np.ones(25, dtype=bool), ROWS, WINDOW)
    p = tail_probability(np.array([found]), null, ROWS, WINDOW)[0]
    z = (found - null.mean[0]) / (max(null.sd[0], 0.02) * np.sqrt(1.0 + WINDOW / ROWS))
    tail = t.sf(z, ROWS / WINDOW - 1.0)
    assert p == pytest.approx(tail if found > null.largest[0] else max(tail, 2.0 / 26.0))


@given(STATISTICS, st.floats(0.0, 20.0), st.floats(0.0, 20.0))
def test_a_larger_statistic_never_has_a_larger_p(statistics: np.ndarray, one: float, other: float) -> None:
    null = null_of(statistics[:, None], np.ones(25, dtype=bool), ROWS, WINDOW)
    wide = Null(null.windows, np.repeat(null.mean, 2), np.repeat(null.sd, 2), np.repeat(null.largest, 2))
    smaller, larger = tail_probability(np.sort([one, other]), wide, ROWS, WINDOW)
    assert larger <= smaller


@settings(max_examples=50)
@given(ERRORS, st.integers(0, 10_000))
def test_one_wild_error_moves_the_distance_by_no_more_than_its_share(errors: np.ndarray, seed: int) -> None:
    reference = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    scale = np.array([error_scale(reference)])
    knots, wild = np.sort(reference)[None, :], np.append(errors[1:], np.float32(1e6))
    one, other = (error_distance(np.sort(each)[None, :], knots, scale)[0] for each in (errors, wild))
    assert abs(one - other) <= 2.0 * WINSOR_SCALES / errors.size + 1e-4


def test_the_scale_of_errors_that_are_mostly_zero_is_a_fifth_of_their_standard_deviation() -> None:
    errors = np.where(np.arange(100) % 10 == 0, 5.0, 0.0)
    assert error_scale(errors) == pytest.approx(0.2 * errors.std())

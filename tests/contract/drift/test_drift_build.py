import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_contract.drift import ReferenceTooShort, WindowMismatch, build_profile, check_drift, measure
from tests.contract.drift.references import ROWS, START, WINDOW, correlated, profile_of


@pytest.mark.parametrize(
    ("rows", "window_rows", "minimum_rows", "found", "needed"),
    [
        pytest.param(1764, 200, 240, 200, 240, id="a window of fewer rows than the minimum"),
        pytest.param(959, 240, 240, 959, 960, id="a reference one row short of four windows"),
        pytest.param(1764, 60, 2, 60, 64, id="a window too short for the lags whatever the caller accepts"),
    ],
)
def test_too_short_is_refused_with_numbers(
    rows: int, window_rows: int, minimum_rows: int, found: int, needed: int
) -> None:
    with pytest.raises(ReferenceTooShort, match=f"{found} rows, at least {needed} are needed") as refused:
        profile_of(correlated(rows, seed=1), window_rows, minimum_rows)
    assert (refused.value.rows, refused.value.rows_needed) == (found, needed)


def test_four_windows_of_the_minimum_are_enough() -> None:
    assert profile_of(correlated(960, seed=1), window_rows=240).null_windows.tolist() == [13]


def test_a_lower_minimum_is_accepted() -> None:
    assert profile_of(correlated(400, seed=1), window_rows=100, minimum_rows=100).window_rows == 100


def test_a_week_against_a_day_is_calibrated_on_25_windows() -> None:
    assert profile_of(correlated(ROWS, seed=1)).null_windows.tolist() == [25]


def test_values_of_another_number_of_channels_are_refused() -> None:
    with pytest.raises(WindowMismatch, match=r"\(rows, 2\)"):
        build_profile(
            np.zeros((2000, 1)),
            channels=("a", "b"),
            window_rows=300,
            sampling_seconds=60.0,
            start=START,
            end=START,
            data_digest="0" * 64,
        )


def test_the_profile_describes_its_reference() -> None:
    values = np.round(correlated(ROWS, seed=2), 1)
    values[100:110] = 21.0
    values[500:505] = np.nan
    profile = profile_of(values)
    present = values[~np.isnan(values)]
    assert profile.mean[0] == pytest.approx(present.mean())
    assert profile.sigma[0] == pytest.approx(present.std())
    assert (profile.minimum[0], profile.maximum[0]) == (present.min(), present.max())
    assert profile.missing_share[0] == 5 / ROWS
    assert profile.distinct[0] == np.unique(present).size
    assert profile.longest_run[0] >= 10
    assert profile.psi_counts.sum() == profile.js_counts.sum() == present.size


@pytest.mark.parametrize(
    ("values", "constant"),
    [
        pytest.param(np.full(ROWS, 4.2), True, id="one value is constant"),
        pytest.param(4.2 + 1e-12 * np.arange(ROWS) / ROWS, True, id="rounding errors about one value are constant"),
        pytest.param(np.zeros(ROWS), True, id="zero is constant"),
        pytest.param(correlated(ROWS, seed=1), False, id="noise is not"),
        pytest.param(1e9 + correlated(ROWS, seed=1), False, id="noise on a large offset is not"),
        pytest.param((np.arange(ROWS) % 400 == 0).astype(float), False, id="rare events are not"),
    ],
)
def test_constant_references_are_recognised(values: np.ndarray, *, constant: bool) -> None:
    assert profile_of(values).constant.tolist() == [constant]


def test_a_reference_that_is_mostly_missing_is_not_calibrated() -> None:
    values = correlated(ROWS, seed=1)
    values[: ROWS // 2 + WINDOW] = np.nan
    profile = profile_of(values)
    assert profile.judged.tolist() == [False]
    assert profile.missing_share[0] == pytest.approx(0.5 + WINDOW / ROWS)


def test_windows_of_the_reference_with_a_long_gap_are_not_compared() -> None:
    values = correlated(ROWS, seed=1)
    values[:WINDOW] = np.nan
    assert profile_of(values).null_windows.tolist() == [21]  # windows that start in the first 3/4 m miss more than 20 %


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-3, 1e3), offset=st.floats(-1e3, 1e3))
def test_units_do_not_matter(scale: float, offset: float) -> None:
    """Kelvin or Fahrenheit: the same statistics and the same p."""
    values = correlated(ROWS + WINDOW, seed=8)
    other = offset + scale * values
    one = measure(profile_of(values[:ROWS]), values[ROWS:, None] + 1.0)
    two = measure(profile_of(other[:ROWS]), other[ROWS:, None] + scale)
    assert two.statistics == pytest.approx(one.statistics, rel=1e-3)
    assert two.view_p == pytest.approx(one.view_p, rel=1e-2)


def test_a_level_shift_of_the_stated_size_is_noticed() -> None:
    """The stated size is exact for a window that is the reference's own distribution, shifted."""
    values = correlated(ROWS, seed=4)
    profile = profile_of(values)
    typical = np.quantile(values, (np.arange(WINDOW) + 0.5) / WINDOW)
    shift = float(profile.min_detectable[0] * profile.sigma[0])
    level = [measure(profile, typical[:, None] + factor * shift).view_p[0, 0] for factor in (0.95, 1.05)]
    assert level[0] > 0.01 / 3 >= level[1]


def test_infinite_and_absurd_readings_count_as_missing() -> None:
    values = correlated(ROWS + WINDOW, seed=6)
    with_nan, with_junk = values.copy(), values.copy()
    with_nan[[10, 700, 701, 1800]] = np.nan
    with_junk[[10, 700, 701, 1800]] = (np.inf, -np.inf, 1e300, np.inf)
    reports = [check_drift(profile_of(v[:ROWS]), v[ROWS:, None]) for v in (with_nan, with_junk)]
    assert reports[0] == reports[1]

"""The customary numbers, beside scipy's on the same readings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, ks_2samp

from model_contract.drift import measure
from model_contract.drift.description import LEAST_SHARE
from model_contract.drift.profile import JS_BINS, PSI_BINS
from tests.contract.drift.references import ROWS, WINDOW, Series, correlated, profile_of

CASES = st.tuples(st.integers(0, 10_000), st.floats(-3.0, 3.0), st.floats(0.3, 3.0), st.sampled_from([0, 1, 6]))


def case(seed: int, shift: float, factor: float, decimals: int) -> tuple[Series, Series]:
    """A reference, and a window with another mean and spread; few decimals make many equal readings."""
    random = np.random.default_rng(seed)
    return np.round(random.normal(size=ROWS), decimals), np.round(shift + factor * random.normal(size=WINDOW), decimals)


def shares(values: Series, edges: Series) -> Series:
    """Of readings per bin; a reading on an inner edge belongs to the bin below it."""
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=edges.size + 1)
    return np.asarray(counts / values.size)


@settings(max_examples=40, deadline=None)
@given(CASES)
def test_the_kolmogorov_smirnov_distance_is_that_of_scipy(drawn: tuple[int, float, float, int]) -> None:
    reference, window = case(*drawn)
    found = measure(profile_of(reference), window[:, None]).description.kolmogorov_smirnov[0]
    assert found == pytest.approx(ks_2samp(reference, window, method="asymp").statistic, abs=0.005)


@settings(max_examples=40, deadline=None)
@given(CASES)
def test_the_jensen_shannon_distance_is_that_of_scipy(drawn: tuple[int, float, float, int]) -> None:
    """Over twenty bins of equal width in the reference's range; what lies outside belongs to the outer bins."""
    reference, window = case(*drawn)
    edges = np.linspace(reference.min(), reference.max(), JS_BINS + 1)[1:-1] + 1e-9  # ties lie in the bin below
    expected = jensenshannon(shares(reference, edges), shares(window, edges), base=2)
    found = measure(profile_of(reference), window[:, None]).description.jensen_shannon[0]
    assert found == pytest.approx(expected, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(CASES)
def test_the_stability_index_is_the_sum_of_both_relative_entropies(drawn: tuple[int, float, float, int]) -> None:
    """Over ten bins of equal share in the reference, no share below one in ten thousand."""
    reference, window = case(*drawn)
    edges = np.quantile(reference, np.arange(1, PSI_BINS) / PSI_BINS, method="inverted_cdf")
    one, other = (np.maximum(shares(values, edges), LEAST_SHARE) for values in (reference, window))
    log_ratio = np.log(other / one)
    expected = np.sum(other * log_ratio) - np.sum(one * log_ratio)
    found = measure(profile_of(reference), window[:, None]).description.psi[0]
    assert found == pytest.approx(expected, rel=0.02, abs=0.02)
    if min(one.min(), other.min()) > LEAST_SHARE:
        assert expected == pytest.approx(entropy(one, other) + entropy(other, one))


@given(CASES)
def test_shift_and_ratio_are_in_standard_deviations_of_the_reference(drawn: tuple[int, float, float, int]) -> None:
    reference, window = case(*drawn)
    described = measure(profile_of(reference), window[:, None]).description
    assert described.mean_shift[0] == pytest.approx((window.mean() - reference.mean()) / reference.std(), abs=1e-4)
    assert described.sd_ratio[0] == pytest.approx(window.std() / reference.std(), rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, WINDOW // 3))
def test_missing_readings_do_not_count(seed: int, missing: int) -> None:
    values = correlated(ROWS + WINDOW, seed=seed)
    window = values[ROWS:].copy()
    window[:missing] = np.nan
    described = measure(profile_of(values[:ROWS]), window[:, None]).description
    expected = ks_2samp(values[:ROWS], window[missing:], method="asymp").statistic
    assert described.kolmogorov_smirnov[0] == pytest.approx(expected, abs=0.005)
    assert described.sd_ratio[0] == pytest.approx(window[missing:].std() / values[:ROWS].std(), rel=1e-3)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.drift.ladder import discoveries, score_of, severity_of, simes
from model_contract.severity import Severity

PROBABILITIES = st.floats(0.0, 1.0)
MANY = st.lists(PROBABILITIES, min_size=1, max_size=30).map(np.array)


@pytest.mark.parametrize(
    ("p", "severity", "score"),
    [
        pytest.param(1.0, Severity.NONE, 0.0, id="certainty of no drift scores nothing"),
        pytest.param(0.0101, Severity.NONE, 0.2993, id="just above one per cent is no drift"),
        pytest.param(0.01, Severity.LOW, 0.3, id="one per cent is low"),
        pytest.param(0.001, Severity.MODERATE, 0.5, id="one in a thousand is moderate"),
        pytest.param(1e-4, Severity.HIGH, 0.7, id="one in ten thousand is high"),
        pytest.param(1e-5, Severity.HIGH, 0.775, id="between two rungs the score is linear in the exponent"),
        pytest.param(1e-6, Severity.CRITICAL, 0.85, id="one in a million is critical"),
        pytest.param(1e-9, Severity.CRITICAL, 1.0, id="one in a thousand million scores all"),
        pytest.param(0.0, Severity.CRITICAL, 1.0, id="zero scores no more than all"),
    ],
)
def test_probability_gives_severity_and_score(p: float, severity: Severity, score: float) -> None:
    assert severity_of(p) is severity
    assert score_of(p) == pytest.approx(score, abs=1e-4)


@given(PROBABILITIES, PROBABILITIES)
def test_a_smaller_p_never_scores_less(one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert score_of(smaller) >= score_of(larger)
    order = list(Severity)
    assert order.index(severity_of(smaller)) >= order.index(severity_of(larger))


def test_simes_of_one_channel_is_its_p() -> None:
    assert simes(np.array([0.03])) == 0.03


def test_simes_takes_the_best_ratio_of_p_and_rank() -> None:
    assert simes(np.array([0.9, 0.02, 0.03])) == pytest.approx(0.03 * 3 / 2)


@given(MANY)
def test_a_channel_is_discovered_exactly_when_the_model_is_significant(p: np.ndarray) -> None:
    assert discoveries(p).any() == (simes(p) <= 0.05)


@given(MANY)
def test_a_channel_that_is_discovered_takes_all_smaller_p_along(p: np.ndarray) -> None:
    found = discoveries(p)
    assert not found.any() or found.sum() == np.count_nonzero(p <= p[found].max())

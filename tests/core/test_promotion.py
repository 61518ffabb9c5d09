"""Arithmetic of the gate."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.keys import Kpi
from model_operator.api.retrainingpolicy import Promotion
from model_operator.api.vocabulary import Reason
from model_operator.core.kpis import improvement_percent
from model_operator.core.promotion import judge_candidate, passes
from tests.builders import better, kpis, serving

POSITIVE = st.floats(1e-6, 1e6)


@pytest.mark.parametrize(("candidate", "champion", "kpi", "percent"), [
    (0.08, 0.1, Kpi.MAE, 20),
    (0.12, 0.1, Kpi.MAE, -20),
    (0.9, 0.75, Kpi.F1, 20),
    (-1.0, -2.0, Kpi.R2, 50),
    (0.0, 0.0, Kpi.MAE, 0),
    (0.1, 0.0, Kpi.MAE, -math.inf),
])  # fmt: skip
def test_improvement_is_in_percent_of_the_champion(candidate: float, champion: float, kpi: Kpi, percent: float) -> None:
    assert percent == pytest.approx(improvement_percent(candidate, champion, kpi))


@given(POSITIVE, POSITIVE, st.sampled_from(list(Kpi)))
def test_improvement_is_positive_exactly_when_the_candidate_is_better(
    candidate: float, champion: float, kpi: Kpi
) -> None:
    is_better = candidate > champion if kpi.greater_is_better else candidate < champion
    assert is_better == (improvement_percent(candidate, champion, kpi) > 0)


@given(st.floats(), st.floats(), st.integers(0, 100))
def test_a_candidate_never_passes_without_the_improvement_that_the_policy_asks_for(
    candidate: float, champion: float, percent: int
) -> None:
    gate = judge_candidate(
        better(2, 1, kpis=kpis(candidate, champion=champion)), serving(1), Promotion(min_improvement_percent=percent)
    )
    if passes(gate):
        assert improvement_percent(candidate, champion, Kpi.RMSE) >= percent


def test_a_refusal_names_both_versions_and_all_numbers() -> None:
    gate = judge_candidate(better(2, 1, kpis=kpis(0.098, champion=0.1)), serving(1), Promotion())
    assert gate.reason is Reason.IMPROVEMENT_TOO_SMALL
    assert gate.message == (
        "version 2 against 1: RMSE 0.098 against 0.1 (+2.0 %), bootstrap Better [+12.0, +27.0] %, required 5 %"
    )

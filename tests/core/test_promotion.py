"""Arithmetic of the gate."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.keys import ComparisonVerdict, Kpi, Subject
from model_operator.api.promotion import Promotion, PromotionMode
from model_operator.api.vocabulary import Reason
from model_operator.core.kpis import improvement_percent
from model_operator.core.observed import Version
from model_operator.core.promotion import judge_candidate, passes
from tests.builders import better, kpis, serving, version

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


def of_f1(candidate: float, *, baseline: float) -> dict[Subject, dict[Kpi, float]]:
    measured = {Subject.CANDIDATE: candidate, Subject.BASELINE: baseline, Subject.NAIVE: 0.5}
    return {subject: {Kpi.F1: value} for subject, value in measured.items()}


PASSED = "version 1: RMSE 0.1 against RMSE 0.5 of the naive forecast (+80.0 %)"
REFUSED = (
    f"{PASSED}, but it does not beat 0.1 of the baseline, a ridge autoregression (+0.0 %): promotion.mustBeatBaseline"
)
BETTER_THAN_1 = "version 2: RMSE 0.08 against RMSE 0.1 of version 1 (+20.0 %), bootstrap Better [+12.0, +27.0] %"


@pytest.mark.parametrize(("candidate", "promotion", "reason", "message"), [
    pytest.param(version(1, kpis=kpis(0.1, baseline=0.11)), Promotion(), Reason.PROMOTED, PASSED,
                 id="a first version that beats the baseline passes"),
    pytest.param(version(1, kpis=kpis(0.1, baseline=0.1)), Promotion(), Reason.WORSE_THAN_BASELINE, REFUSED,
                 id="a first version that only equals the baseline is refused"),
    pytest.param(version(1, kpis=kpis(0.1, baseline=0.09)), Promotion(must_beat_baseline=False), Reason.PROMOTED, PASSED,
                 id="a policy may let a first version pass that is worse than the baseline"),
    pytest.param(version(1, kpis=kpis(0.1, baseline=None)), Promotion(), Reason.PROMOTED,
                 f"{PASSED}; run run-1 holds no finite RMSE of the baseline to compare with",
                 id="a version of a trainer without baseline passes, and the message says so"),
    pytest.param(version(1, kpis=kpis(0.1, baseline=float("inf"))), Promotion(), Reason.PROMOTED,
                 f"{PASSED}; run run-1 holds no finite RMSE of the baseline to compare with",
                 id="a baseline that blew up cannot be compared with, and the message says so"),
    pytest.param(version(1, kpis=kpis(0.1, baseline=None)), Promotion(must_beat_baseline=False), Reason.PROMOTED, PASSED,
                 id="a policy that does not ask for the baseline does not miss it"),
    pytest.param(version(1, kpis=kpis(0.6, baseline=0.09)), Promotion(), Reason.WORSE_THAN_NAIVE,
                 "version 1: RMSE 0.6 does not beat 0.5 of the naive forecast (-20.0 %)",
                 id="a first version that is worse than both is told the worse news"),
    pytest.param(version(1, kpis=of_f1(1.0, baseline=1.0)), Promotion(metric=Kpi.F1), Reason.PROMOTED, None,
                 id="nothing is better than a perfect baseline, so being as good is enough"),
    pytest.param(version(1, kpis=of_f1(0.8, baseline=0.8)), Promotion(metric=Kpi.F1), Reason.WORSE_THAN_BASELINE, None,
                 id="being as good as an imperfect baseline is not enough"),
    pytest.param(better(2, 1, kpis=kpis(0.08, champion=0.1, baseline=0.07)), Promotion(), Reason.WORSE_THAN_BASELINE,
                 f"{BETTER_THAN_1}, but it does not beat 0.07 of the baseline, a ridge autoregression (-14.3 %): promotion.mustBeatBaseline",
                 id="a version that beats the champion but not the baseline is refused"),
    pytest.param(better(2, 1, kpis=kpis(0.08, champion=0.1, baseline=0.07)), Promotion(must_beat_baseline=False), Reason.PROMOTED,
                 BETTER_THAN_1, id="a policy may let a version pass that beats only the champion"),
    pytest.param(better(2, 1, kpis=kpis(0.08, champion=0.1, naive=0.05)), Promotion(), Reason.WORSE_THAN_BASELINE,
                 f"{BETTER_THAN_1}, but it does not beat 0.05 of the naive forecast (-60.0 %): promotion.mustBeatBaseline",
                 id="a version that beats regression and champion, but not the last value, is refused"),
    pytest.param(better(2, 1, kpis=kpis(0.08, champion=0.1, baseline=0.07)), Promotion(mode=PromotionMode.MANUAL),
                 Reason.WORSE_THAN_BASELINE, None, id="a person is not asked about a version that does not beat the baseline"),
    pytest.param(better(2, 1, comparison=ComparisonVerdict.CANNOT_TELL, kpis=kpis(0.08, champion=0.1, baseline=0.07)), Promotion(),
                 Reason.CANNOT_TELL, None, id="the champion is asked about before the baseline"),
])  # fmt: skip
def test_a_version_must_beat_the_baseline(
    candidate: Version, promotion: Promotion, reason: Reason, message: str | None
) -> None:
    gate = judge_candidate(candidate, None if candidate.version == 1 else serving(1), promotion)
    assert (reason, message or gate.message) == (gate.reason, gate.message)


@given(st.sampled_from(list(Kpi)), st.floats(), st.floats())
def test_what_passes_is_better_than_the_baseline_in_the_direction_of_the_metric(
    kpi: Kpi, own: float, baseline: float
) -> None:
    poor = 0.0 if kpi.greater_is_better else 1.0
    measured = {Subject.CANDIDATE: {kpi: own}, Subject.NAIVE: {kpi: poor}, Subject.BASELINE: {kpi: baseline}}
    if passes(judge_candidate(version(1, kpis=measured), None, Promotion(metric=kpi))) and math.isfinite(baseline):
        perfect = 1.0 if kpi.greater_is_better else 0.0
        assert own == perfect or (own > baseline if kpi.greater_is_better else own < baseline)


def test_a_refusal_names_both_versions_and_all_numbers() -> None:
    gate = judge_candidate(better(2, 1, kpis=kpis(0.098, champion=0.1)), serving(1), Promotion())
    assert gate.reason is Reason.IMPROVEMENT_TOO_SMALL
    assert gate.message == (
        "version 2 against 1: RMSE 0.098 against 0.1 (+2.0 %), bootstrap Better [+12.0, +27.0] %, required 5 %"
    )

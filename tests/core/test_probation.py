"""A version that the gate promoted is compared with its predecessor on new telemetry, and gives way when that does better."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.evaluation import EvaluationTask, PredecessorScore
from model_contract.keys import ComparisonVerdict, Kpi
from model_contract.task import TriggerKind
from model_operator.api.sensormodelstatus import Assessment
from model_operator.api.vocabulary import Action, MovedBy, Reason, Stage
from model_operator.core.decision import SetGate
from model_operator.core.evaluation import evaluation_state
from model_operator.core.gates import versions_without_gain
from model_operator.core.observed import Observed, RegisteredModel, Version
from model_operator.core.probation import failed_probation, probation_of
from model_operator.core.reconcile import decide
from model_operator.core.registry_writes import after_writes, apply_write
from model_operator.core.status import stages_of
from tests.builders import (
    T0,
    TRAINER,
    archived,
    better,
    evaluation,
    hours,
    model,
    move,
    observed,
    policy,
    registry,
    serving,
    spec,
)

PROMOTED = T0 - hours(30)
SCORED = {"performance": {"metric": "RMSE", "checkInterval": "48h"}}


def promoted(number: int = 2, *, by: MovedBy = MovedBy.POLICY, **overrides: Any) -> Version:
    """A version that came to Production 30 hours ago, after it was compared with the one before."""
    moves = (
        move(number, Stage.NONE, Stage.STAGING, reason=Reason.STAGED),
        move(number, Stage.STAGING, Stage.PRODUCTION, time=PROMOTED, by=by),
    )
    fields = {"moves": moves, "stage_tag": Stage.PRODUCTION, "trigger": TriggerKind.DRIFT, "create_time": PROMOTED}
    return better(number, number - 1, **(fields | overrides))


def score(verdict: ComparisonVerdict, **overrides: Any) -> PredecessorScore:
    fields = {"version": 1, "verdict": verdict, "kpis": {Kpi.RMSE: 0.08}, "interval_percent": (12.0, 27.0)}
    return PredecessorScore(**(fields | overrides))


def on_trial(found: PredecessorScore | None = None, **overrides: Any) -> RegisteredModel:
    """Version 2 serves on probation, scored with RMSE 0.1 beside version 1."""
    records = (evaluation(1, predecessor=found),) if found else ()
    return registry(archived(1), promoted(evaluations=records, **overrides), production=2)


def settled(snapshot: Observed) -> RegisteredModel:
    """The registry once nothing is written any more."""
    for _ in range(10):
        assert snapshot.registry is not None
        writes = decide(snapshot, T0, TRAINER).registry_writes
        if not writes:
            return snapshot.registry
        snapshot = snapshot.model_copy(update={"registry": after_writes(snapshot.registry, writes)})
    raise AssertionError("it never comes to rest")


@pytest.mark.parametrize(("found", "reason"), [
    pytest.param(score(ComparisonVerdict.BETTER), Reason.PROBATION_FAILED, id="a better predecessor comes back"),
    pytest.param(score(ComparisonVerdict.NOT_BETTER), None, id="one that is no better stays archived"),
    pytest.param(score(ComparisonVerdict.CANNOT_TELL), None, id="so does one of which that cannot be told"),
    pytest.param(score(ComparisonVerdict.BETTER, version=7), None, id="a score of another version says nothing"),
    pytest.param(score(ComparisonVerdict.BETTER, kpis={Kpi.RMSE: 0.11}), None,
                 id="one that is worse in the metric of the policy does not come back"),
    pytest.param(score(ComparisonVerdict.BETTER, kpis={}), Reason.PROBATION_FAILED,
                 id="without that metric the bootstrap decides"),
    pytest.param(None, None, id="without a score nothing is decided"),
])  # fmt: skip
def test_a_probation_fails_only_by_a_clear_verdict(found: PredecessorScore | None, reason: Reason | None) -> None:
    trial = probation_of(on_trial(found), policy().spec.promotion)  # type: ignore[union-attr]
    assert trial is not None
    failed = failed_probation(trial, policy().spec.promotion)  # type: ignore[union-attr]
    assert reason == (failed and failed.reason)


@pytest.mark.parametrize(("state", "probation"), [
    pytest.param(on_trial(by=MovedBy.REQUEST), "72h", id="a person promoted it by request"),
    pytest.param(on_trial(by=MovedBy.PIN), "72h", id="a commit promoted it"),
    pytest.param(on_trial(by=MovedBy.PERSON), "72h", id="somebody promoted it in MLflow"),
    pytest.param(on_trial(), "0s", id="the policy wants none"),
    pytest.param(registry(promoted(), production=2), "72h", id="its predecessor was deleted"),
    pytest.param(registry(serving(1), production=1), "72h", id="it is the first version"),
])  # fmt: skip
def test_there_is_no_probation(state: RegisteredModel, probation: str) -> None:
    found = policy(promotion={"probation": probation}).spec
    assert found is not None
    assert probation_of(state, found.promotion) is None
    assert stages_of(state, found).production.probation_until_time is None  # type: ignore[union-attr]


def test_the_status_says_until_when_it_lasts() -> None:
    production = stages_of(on_trial(), policy().spec).production
    assert production is not None
    assert production.probation_until_time == PROMOTED + hours(72)


def test_the_predecessor_comes_back_with_all_numbers_and_the_loser_says_why_first() -> None:
    decision = decide(observed(registry=on_trial(score(ComparisonVerdict.BETTER))), T0, TRAINER)
    assert (decision.action, decision.reason) == (Action.MOVE_STAGE, Reason.PROBATION_FAILED)
    assert decision.message == (
        "version 2 does worse than version 1 before it on 2026-11-17T12:00 to 2026-11-24T12:00Z: "
        "RMSE 0.1 against 0.08 (20.0 % better), bootstrap Better [+12.0, +27.0] %; run evaluation-1"
    )
    assert isinstance(decision.registry_writes[0], SetGate)
    after = settled(observed(registry=on_trial(score(ComparisonVerdict.BETTER))))
    assert after.production == 1
    loser, winner = after.versions
    assert (loser.stage_tag, winner.stage_tag) == (Stage.ARCHIVED, Stage.PRODUCTION)
    assert [(v.moves[-1].by, v.moves[-1].reason) for v in (loser, winner)] == [
        (MovedBy.POLICY, Reason.PROBATION_FAILED)
    ] * 2


def test_interrupted_after_any_write_the_loser_still_says_that_it_failed() -> None:
    state = on_trial(score(ComparisonVerdict.BETTER))
    for write in decide(observed(registry=state), T0, TRAINER).registry_writes:
        state = apply_write(state, write)
        after = settled(observed(registry=state))
        loser = after.versions[0]
        assert after.production == 1, f"after {write.kind}"
        assert loser.gate is not None
        assert (loser.gate.reason, loser.moves[-1].reason) == (Reason.PROBATION_FAILED, Reason.PROBATION_FAILED)


def test_the_loser_counts_as_a_training_without_gain() -> None:
    after = settled(observed(registry=on_trial(score(ComparisonVerdict.BETTER))))
    assert [version.version for version in versions_without_gain(after)] == [2]


def test_somebody_who_stages_the_loser_again_does_not_make_the_gate_promote_it() -> None:
    after = settled(observed(registry=on_trial(score(ComparisonVerdict.BETTER))))
    staged_by_hand = after.model_copy(update={"staging": 2})
    again = settled(observed(registry=staged_by_hand))
    assert (again.production, again.staging) == (1, 2)


def test_a_person_may_promote_the_loser_and_then_it_stays() -> None:
    after = settled(observed(registry=on_trial(score(ComparisonVerdict.BETTER))))
    asked = model(annotations={"sensormodel.io/promote-version": "2@anna"})
    assert settled(observed(model=asked, registry=after)).production == 2


def test_a_pin_keeps_a_version_whatever_its_probation_says() -> None:
    pinned = observed(model=model(productionVersion=2), registry=on_trial(score(ComparisonVerdict.BETTER)))
    assert settled(pinned).production == 2


def due(state: RegisteredModel, *, promotion: dict[str, str] | None = None, **spec_: Any) -> EvaluationTask | None:
    """The evaluation that is due 30 hours after the promotion, with a day of telemetry that nobody has learnt."""
    assessment = Assessment(time=T0, newest_row_time=T0)
    rules = policy(triggers=SCORED, promotion=promotion or {}).spec
    assert rules is not None
    return evaluation_state(observed(registry=state), spec(**spec_), rules, assessment, T0).due


def test_during_probation_both_are_scored_three_times_as_often_as_it_is_long() -> None:
    task = due(on_trial(data_end=T0 - hours(40)))
    assert task is not None
    assert (task.version, task.predecessor) == (2, 1)
    assert task.message == "every 48h; on probation until 2026-11-26T06:00Z beside version 1"


def test_the_window_begins_where_neither_has_learnt_anything() -> None:
    state = registry(archived(1, data_end=T0 - hours(36)), promoted(data_end=T0 - hours(60)), production=2)
    task = due(state)
    assert task is not None
    assert (T0 - hours(36), T0.replace(hour=0)) == (task.window.start, task.window.end)


@pytest.mark.parametrize(("promotion", "pin"), [
    pytest.param({"probation": "0s"}, None, id="there is no probation"),
    pytest.param({"probation": "24h"}, None, id="it is over"),
    pytest.param({}, 2, id="a pin leaves nothing to find out"),
])  # fmt: skip
def test_the_predecessor_is_not_scored(promotion: dict[str, str], pin: int | None) -> None:
    state = on_trial(data_end=T0 - hours(40), create_time=T0 - hours(60))
    task = due(state, promotion=promotion, productionVersion=pin)
    assert task is not None
    assert task.predecessor is None
    assert task.message == "every 48h"


@given(st.sampled_from(ComparisonVerdict), st.floats(0.01, 1), st.none() | st.floats(0.01, 1))
def test_whatever_is_scored_the_predecessor_comes_back_only_when_it_is_better(
    verdict: ComparisonVerdict, own: float, other: float | None
) -> None:
    kpis = {} if other is None else {Kpi.RMSE: other}
    record = evaluation(1, kpis={Kpi.RMSE: own}, predecessor=score(verdict, kpis=kpis))
    after = settled(observed(registry=registry(archived(1), promoted(evaluations=(record,)), production=2)))
    if after.production == 1:
        assert verdict is ComparisonVerdict.BETTER
        assert other is None or other < own

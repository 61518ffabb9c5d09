"""What a pass decides: one sentence per case."""

from typing import Any

import pytest

from model_contract.keys import ComparisonVerdict
from model_contract.task import TriggerKind
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Action, Reason, Severity
from model_operator.core.identity import decision_id
from model_operator.core.observed import BudgetUse, Observed, SensorModelObject
from model_operator.core.reconcile import decide
from tests.builders import (
    T0,
    TRAINER,
    UID,
    better,
    drift,
    hours,
    job,
    kpis,
    model,
    observed,
    policy,
    registry,
    serving,
    staged,
    told_of,
    version,
    window,
)

SEVERE = window(Severity.HIGH, 0.74)
SEVERE_BEFORE = window(Severity.MODERATE, 0.55, end=T0 - hours(24))
CALM = window(Severity.NONE, 0.12)
ASKED = {"sensormodel.io/retrain-requested-at": "2026-11-24T12:00:00Z"}
OLD = registry(serving(1, create_time=T0 - hours(800)), production=1)
YOUNG = registry(serving(1, create_time=T0 - hours(2)), production=1)
EMPTY = registry()


def better_of(than: int, **overrides: Any) -> dict[str, Any]:
    """What a comparison adds to a version that is 20 % better than another."""
    fields = {"compared_with", "comparison", "kpis", "improvement_interval"}
    return better(2, than, **overrides).model_dump(include=fields)


def case(sentence: str, action: Action, reason: Reason, **overrides: Any) -> Any:
    return pytest.param(observed(**overrides), action, reason, id=sentence)


@pytest.mark.parametrize(("snapshot", "action", "reason"), [
    # Nothing can be decided.
    case("a spec that does not parse is told, not acted on", Action.NONE, Reason.INVALID_SPEC,
         model=SensorModelObject(namespace="plant", name="p-1", uid=UID, generation=1, spec=None, spec_error="spec.sensorID")),
    case("an unknown hyperparameter is told before any Job runs", Action.NONE, Reason.INVALID_SPEC,
         model=model(training={"hyperparameters": {"epoch": "3"}}), registry=EMPTY),
    case("a missing policy is told", Action.NONE, Reason.POLICY_NOT_FOUND, policy=None),
    case("a registry that cannot be read stops all decisions", Action.NONE, Reason.REGISTRY_UNAVAILABLE,
         registry=None, registry_problem="connection refused"),
    case("a registered model of another SensorModel is left alone", Action.NONE, Reason.REGISTERED_MODEL_OWNED,
         registry=registry(serving(1), production=1, owner="plant/other", owner_uid="other")),
    # Triggers.
    case("a model without a version is trained", Action.TRAIN, Reason.FIRST_TRAINING, registry=EMPTY),
    case("a version that is not complete does not count as one", Action.TRAIN, Reason.FIRST_TRAINING,
         registry=registry(version(1, is_complete=False))),
    case("a fresh model without drift rests", Action.NONE, Reason.UP_TO_DATE, drift=drift(CALM, CALM)),
    case("drift in two consecutive windows trains", Action.TRAIN, Reason.DRIFT_DETECTED, drift=drift(SEVERE, SEVERE_BEFORE)),
    case("drift in one window alone waits for the next", Action.NONE, Reason.DRIFT_NOT_CONFIRMED, drift=drift(SEVERE, CALM)),
    case("critical drift trains at once", Action.TRAIN, Reason.DRIFT_DETECTED,
         drift=drift(window(Severity.CRITICAL, 0.95), CALM)),
    case("drift below the policy's severity does not train", Action.NONE, Reason.UP_TO_DATE,
         drift=drift(SEVERE, SEVERE), policy=policy(triggers={"drift": {"severityThreshold": "Critical"}})),
    case("drift below the policy's score does not train", Action.NONE, Reason.UP_TO_DATE,
         drift=drift(SEVERE, SEVERE), policy=policy(triggers={"drift": {"scorePercent": 80}})),
    case("drift does not train when the trigger is off", Action.NONE, Reason.UP_TO_DATE,
         drift=drift(SEVERE, SEVERE), policy=policy(triggers={"drift": {"enabled": False}})),
    case("a drifted window that a version has learnt does not train again", Action.NONE, Reason.DRIFT_ALREADY_HANDLED,
         drift=drift(SEVERE, SEVERE_BEFORE), registry=registry(serving(1, data_end=T0), production=1)),
    case("too little data gives no drift verdict", Action.NONE, Reason.INSUFFICIENT_DATA,
         drift=drift(None, problem=Reason.INSUFFICIENT_DATA, message="12 of 1440 rows")),
    case("an old version is trained anew", Action.TRAIN, Reason.SCHEDULE_DUE, registry=OLD),
    case("an old version rests when the schedule is off", Action.NONE, Reason.UP_TO_DATE,
         registry=OLD, policy=policy(triggers={"schedule": {"enabled": False}})),
    case("a person's request trains", Action.TRAIN, Reason.RETRAIN_REQUESTED, model=model(annotations=ASKED)),
    case("a request that the status echoes is not acted on twice", Action.NONE, Reason.UP_TO_DATE,
         model=model(annotations=ASKED, status=SensorModelStatus(last_handled_retrain_request="2026-11-24T12:00:00Z"))),
    case("a request whose version exists is not acted on twice, even with a lost status", Action.NONE, Reason.UP_TO_DATE,
         model=model(annotations=ASKED),
         registry=registry(serving(1, decision_id=decision_id(UID, TriggerKind.MANUAL, "2026-11-24T12:00:00Z")), production=1)),
    case("a person's request names the training when drift fires too", Action.TRAIN, Reason.RETRAIN_REQUESTED,
         model=model(annotations=ASKED), drift=drift(SEVERE, SEVERE_BEFORE)),
    # Gates.
    case("a suspended model is not trained", Action.NONE, Reason.SUSPENDED, model=model(suspend=True), registry=OLD),
    case("a suspended model is not trained on request either", Action.NONE, Reason.SUSPENDED,
         model=model(suspend=True, annotations=ASKED)),
    case("a suspended policy stops its models", Action.NONE, Reason.POLICY_SUSPENDED, policy=policy(suspend=True), registry=OLD),
    case("a running Job is waited for", Action.NONE, Reason.TRAINING_IN_FLIGHT, jobs=(job(),), model=model(status=told_of(job())), registry=EMPTY),
    case("a Job that no status told of is told first", Action.TRAIN, Reason.FIRST_TRAINING, jobs=(job(),), registry=EMPTY),
    case("a Job whose version is not seen yet is waited for", Action.NONE, Reason.TRAINING_IN_FLIGHT,
         jobs=(job(succeeded=True, end_time=T0 - hours(0.01)),), model=model(status=told_of(job())), registry=EMPTY),
    case("drift waits for the cooldown", Action.NONE, Reason.COOLING_DOWN, registry=YOUNG, drift=drift(SEVERE, SEVERE_BEFORE)),
    case("a person's request passes the cooldown", Action.TRAIN, Reason.RETRAIN_REQUESTED,
         registry=YOUNG, model=model(annotations=ASKED)),
    case("a failed Job is followed by a pause", Action.NONE, Reason.BACKING_OFF,
         jobs=(job(failed=True, end_time=T0),), model=model(status=told_of(job())), registry=EMPTY),
    case("after the pause the next attempt starts", Action.TRAIN, Reason.FIRST_TRAINING,
         jobs=(job(failed=True, end_time=T0 - hours(0.02)),), model=model(status=told_of(job())), registry=EMPTY),
    case("a changed spec ends the pause", Action.TRAIN, Reason.FIRST_TRAINING,
         jobs=(job(failed=True, end_time=T0),), registry=EMPTY, model=model(generation=2, status=told_of(job()))),
    case("a person's request ends the pause", Action.TRAIN, Reason.RETRAIN_REQUESTED,
         jobs=(job(failed=True, end_time=T0),), model=model(annotations=ASKED, status=told_of(job()))),
    case("the budget of the policy is kept", Action.NONE, Reason.BUDGET_EXHAUSTED, registry=EMPTY, budget=BudgetUse(policy_running=10)),
    # Stages.
    case("a complete version goes to Staging", Action.MOVE_STAGE, Reason.STAGED, registry=registry(version(1))),
    case("a version of an earlier SensorModel of that name is not staged", Action.NONE, Reason.UP_TO_DATE,
         registry=registry(serving(1), version(2, owner_uid="earlier"), production=1)),
    case("a second version of the same Job is not staged", Action.MOVE_STAGE, Reason.PROMOTED,
         registry=registry(staged(1), version(2, job_uid="job-uid-1"), staging=1)),
    case("the first version is promoted when it beats the naive forecast", Action.MOVE_STAGE, Reason.PROMOTED,
         registry=registry(staged(1), staging=1)),
    case("the first version is refused when it does not beat the naive forecast", Action.REFUSE, Reason.WORSE_THAN_NAIVE,
         registry=registry(staged(1, kpis=kpis(0.6)), staging=1)),
    case("the first version is refused when it does not beat the baseline", Action.REFUSE, Reason.WORSE_THAN_BASELINE,
         registry=registry(staged(1, kpis=kpis(0.45)), staging=1)),
    case("the policy may waive the baseline", Action.MOVE_STAGE, Reason.PROMOTED,
         policy=policy(promotion={"mustBeatBaseline": False}), registry=registry(staged(1, kpis=kpis(0.45)), staging=1)),
    case("a version without the metric is refused", Action.REFUSE, Reason.METRIC_MISSING,
         registry=registry(staged(1, kpis={}), staging=1)),
    case("a version whose metric is not a number is refused", Action.REFUSE, Reason.METRIC_MISSING,
         registry=registry(staged(1, kpis=kpis(float("nan"))), staging=1)),
    case("a better version is promoted", Action.MOVE_STAGE, Reason.PROMOTED,
         registry=registry(serving(1), staged(2, **better_of(1)), production=1, staging=2)),
    case("a version that may be better by chance is refused", Action.REFUSE, Reason.CANNOT_TELL,
         registry=registry(serving(1), staged(2, **better_of(1, comparison=ComparisonVerdict.CANNOT_TELL)), production=1, staging=2)),
    case("a version that is not better is refused", Action.REFUSE, Reason.NOT_BETTER,
         registry=registry(serving(1), staged(2, **better_of(1, comparison=ComparisonVerdict.NOT_BETTER)), production=1, staging=2)),
    case("a version that is hardly better is refused", Action.REFUSE, Reason.IMPROVEMENT_TOO_SMALL,
         registry=registry(serving(1), staged(2, **better_of(1, kpis=kpis(0.098, champion=0.1))), production=1, staging=2)),
    case("a version that was compared with another champion is refused", Action.REFUSE, Reason.NOT_COMPARED,
         registry=registry(serving(3), staged(4, **better_of(1)), production=3, staging=4)),
    case("in manual mode a good version waits for a person", Action.AWAIT_APPROVAL, Reason.AWAITING_APPROVAL,
         policy=policy(promotion={"mode": "Manual"}), registry=registry(staged(1), staging=1)),
    case("a pin rolls back", Action.MOVE_STAGE, Reason.ROLLED_BACK,
         model=model(productionVersion=1), registry=registry(version(1), serving(2), production=2)),
    case("a pin to a version that does not exist is told", Action.NONE, Reason.VERSION_NOT_FOUND, model=model(productionVersion=9)),
    case("while pinned a better version stays in Staging", Action.NONE, Reason.PINNED, model=model(productionVersion=1),
         registry=registry(serving(1), staged(2, **better_of(1)), production=1, staging=2)),
    case("a request promotes the version it names", Action.MOVE_STAGE, Reason.PROMOTED,
         model=model(annotations={"sensormodel.io/promote-version": "2"}),
         registry=registry(serving(1), staged(2, **better_of(1, comparison=ComparisonVerdict.NOT_BETTER)), production=1, staging=2)),
    case("a request for a version that does not exist is refused once", Action.REFUSE, Reason.VERSION_NOT_FOUND,
         model=model(annotations={"sensormodel.io/promote-version": "9"})),
    case("an alias that a person moved is adopted", Action.MOVE_STAGE, Reason.ADOPTED,
         registry=registry(version(1), serving(2), production=1)),
    case("an alias that a person moved is moved back when the policy says so", Action.MOVE_STAGE, Reason.REVERTED,
         policy=policy(promotion={"onRegistryChange": "Revert"}), registry=registry(version(1), serving(2), production=1)),
    case("an alias that a person took away is adopted", Action.MOVE_STAGE, Reason.ADOPTED, registry=registry(serving(1))),
])  # fmt: skip
def test_a_pass_decides(snapshot: Observed, action: Action, reason: Reason) -> None:
    decision = decide(snapshot, T0, TRAINER)
    assert (action, reason) == (decision.action, decision.reason), decision.message


def test_a_closed_gate_still_says_what_would_have_fired() -> None:
    decision = decide(observed(registry=YOUNG, drift=drift(SEVERE, SEVERE_BEFORE)), T0, TRAINER)
    assert "drift 0.74 >= 0.50 (High" in decision.message
    assert "cooldown of 24h after the newest version lasts until 2026-11-25T10:00:00Z" in decision.message
    assert decision.look_again_at == T0 + hours(22)


def test_the_verdicts_of_all_triggers_are_kept_in_their_order() -> None:
    decision = decide(observed(registry=OLD, drift=drift(SEVERE, SEVERE_BEFORE)), T0, TRAINER)
    assert [v.check for v in decision.verdicts] == [
        "manual",
        "initial",
        "performance",
        "drift",
        "data-quality",
        "schedule",
    ]
    assert [v.check for v in decision.verdicts if v.fires] == ["drift", "schedule"]


def test_a_resting_model_is_looked_at_when_its_schedule_is_due() -> None:
    decision = decide(observed(), T0, TRAINER)
    assert decision.look_again_at == T0 - hours(99) + hours(720)


def test_a_job_that_no_status_told_of_is_not_created_again() -> None:
    decision = decide(observed(jobs=(job(trigger_message="there is no version"),), registry=EMPTY), T0, TRAINER)
    assert decision.launch is None
    assert decision.message == "there is no version; training starts"

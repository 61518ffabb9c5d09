"""When holding still is right: bad telemetry, trainings without gain, and several reasons at once."""

from typing import Any

import pytest

from model_contract.keys import ComparisonVerdict, Kpi
from model_contract.quality.report import QualityCheck
from model_contract.task import TrainingTask, TriggerKind
from model_operator.api.promotion import Promotion
from model_operator.api.retrainingpolicy import CommonCauseHold
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Action, Reason, Severity, Stage
from model_operator.core.announcements import announcements
from model_operator.core.gates import versions_without_gain
from model_operator.core.observed import GateRecord, Observed, Version
from model_operator.core.promotion import judge_candidate
from model_operator.core.reconcile import decide
from model_operator.core.status import status_of
from tests.builders import (
    T0,
    TRAINER,
    archived,
    better,
    drift,
    evaluation,
    hours,
    kpis,
    model,
    observed,
    policy,
    quality,
    registry,
    serving,
    staged,
    version,
    window,
)

BAD = quality(55, (QualityCheck.NOT_FINITE, 45, "value: 45 % of 1440 rows are NaN, from 02:10 to 12:58"))
SEVERE = window(Severity.HIGH, 0.74)
SEVERE_BEFORE = window(Severity.MODERATE, 0.55, end=T0 - hours(24))
ASKED = {"sensormodel.io/retrain-requested-at": "2026-11-24T12:00:00Z"}
RETRAIN = policy(triggers={"dataQuality": {"onBreach": "Retrain"}})
OLD = registry(serving(1, create_time=T0 - hours(800)), production=1)


def case(sentence: str, action: Action, reason: Reason, **overrides: Any) -> Any:
    return pytest.param(observed(**overrides), action, reason, id=sentence)


@pytest.mark.parametrize(("snapshot", "action", "reason"), [
    case("bad telemetry holds even where nothing else asks", Action.NONE, Reason.DATA_ON_HOLD, drift=drift(window(), quality=BAD)),
    case("bad telemetry holds a training for drift", Action.NONE, Reason.DATA_ON_HOLD, drift=drift(SEVERE, SEVERE_BEFORE, quality=BAD)),
    case("bad telemetry holds the schedule", Action.NONE, Reason.DATA_ON_HOLD, registry=OLD, drift=drift(window(), quality=BAD)),
    case("bad telemetry holds a person's request", Action.NONE, Reason.DATA_ON_HOLD, model=model(annotations=ASKED), drift=drift(window(), quality=BAD)),
    case("bad telemetry holds promotion by the gate", Action.NONE, Reason.DATA_ON_HOLD, drift=drift(window(), quality=BAD),
         registry=registry(serving(1), staged(2, **better(2, 1).model_dump(include={"compared_with", "comparison", "kpis"})), production=1, staging=2)),
    case("bad telemetry does not hold a pin", Action.MOVE_STAGE, Reason.ROLLED_BACK, model=model(productionVersion=1),
         registry=registry(version(1), serving(2), production=2), drift=drift(window(), quality=BAD)),
    case("telemetry that is gone holds the schedule", Action.NONE, Reason.DATA_ON_HOLD, registry=OLD,
         drift=drift(None, problem=Reason.TELEMETRY_UNAVAILABLE, message="file:///telemetry/P-1.parquet: there is no such file")),
    case("telemetry that the operator may not read holds nothing", Action.TRAIN, Reason.SCHEDULE_DUE, registry=OLD,
         drift=drift(None, problem=Reason.TELEMETRY_NOT_ALLOWED, message="outside the roots")),
    case("too little data for a verdict about drift holds nothing", Action.TRAIN, Reason.SCHEDULE_DUE, registry=OLD,
         drift=drift(None, problem=Reason.INSUFFICIENT_DATA, message="12 of 1440 rows", quality=quality(90))),
    case("a score at the minimum is good enough", Action.NONE, Reason.UP_TO_DATE, drift=drift(window(), quality=quality(70))),
    case("a disabled trigger holds nothing", Action.TRAIN, Reason.DRIFT_DETECTED, policy=policy(triggers={"dataQuality": {"enabled": False}}),
         drift=drift(SEVERE, SEVERE_BEFORE, quality=BAD)),
    case("bad telemetry trains when the policy says so", Action.TRAIN, Reason.DATA_QUALITY_BREACHED, policy=RETRAIN, drift=drift(window(), quality=BAD)),
    case("a bad window that a version has learnt does not train again", Action.NONE, Reason.DATA_QUALITY_ALREADY_HANDLED,
         policy=RETRAIN, drift=drift(window(), quality=BAD), registry=registry(serving(1, data_end=T0), production=1)),
])  # fmt: skip
def test_bad_telemetry(snapshot: Observed, action: Action, reason: Reason) -> None:
    decision = decide(snapshot, T0, TRAINER)
    assert (action, reason) == (decision.action, decision.reason), decision.message


def after(snapshot: Observed) -> SensorModelStatus:
    return status_of(snapshot, decide(snapshot, T0, TRAINER), T0)


def test_a_hold_names_the_fault_gives_no_verdict_about_drift_and_its_end_is_told() -> None:
    held = after(observed(drift=drift(SEVERE, SEVERE_BEFORE, quality=BAD)))
    said = {condition.type: (condition.status, condition.reason) for condition in held.conditions}
    assert said["DataHealthy"] == ("False", "DataOnHold")
    assert said["DriftDetected"] == ("Unknown", "DataOnHold")
    assert said["Ready"] == ("True", "UpToDate")
    assert held.last_decision is not None
    assert "45 % of 1440 rows are NaN" in held.last_decision.message
    good = observed(model=model(status=held), drift=drift(window(), window(), quality=quality()))
    told = announcements(held, after(good))
    assert [event.note for event in told] == [
        "recovered: data quality 100 % >= 70 % in window 2026-11-23T12:00 to 2026-11-24T12:00Z"
    ]


def refused(number: int, trigger: TriggerKind, reason: Reason = Reason.NOT_BETTER, **overrides: Any) -> Version:
    gate = GateRecord(reason=reason, message="RMSE 0.11 against 0.10")
    return version(number, trigger=trigger, gate=gate, **overrides)


@pytest.mark.parametrize(("versions", "expected"), [
    pytest.param((), 0, id="no training since Production"),
    pytest.param((refused(2, TriggerKind.DRIFT),), 1, id="one refused version"),
    pytest.param((refused(2, TriggerKind.DRIFT), refused(3, TriggerKind.PERFORMANCE)), 2, id="two in a row"),
    pytest.param((refused(2, TriggerKind.SCHEDULE), refused(3, TriggerKind.SCHEDULE)), 0, id="trainings by age prove nothing"),
    pytest.param((refused(2, TriggerKind.DRIFT), refused(3, TriggerKind.SCHEDULE), refused(4, TriggerKind.DRIFT)), 2, id="a training by age lies between"),
    pytest.param((refused(2, TriggerKind.DRIFT), version(3, trigger=TriggerKind.DRIFT)), 0, id="the newest is not judged yet"),
    pytest.param((refused(2, TriggerKind.DRIFT), refused(3, TriggerKind.DRIFT, Reason.AWAITING_APPROVAL)), 0, id="the newest waits for approval"),
])  # fmt: skip
def test_trainings_without_gain(versions: tuple[Version, ...], expected: int) -> None:
    assert expected == len(versions_without_gain(registry(serving(1), *versions, production=1)))


WORSE = {"compared_with": 1, "comparison": ComparisonVerdict.NOT_BETTER, "kpis": kpis(0.11, champion=0.1)}
NEWEST = staged(3, trigger=TriggerKind.DRIFT, **WORSE)
FRUITLESS = registry(
    serving(1),
    refused(2, TriggerKind.DRIFT, stage_tag=Stage.ARCHIVED, moves=archived(2).moves),
    NEWEST.model_copy(update={"gate": judge_candidate(NEWEST, serving(1), Promotion())}),
    production=1,
    staging=3,
)


def test_two_trainings_without_gain_need_a_person() -> None:
    snapshot = observed(registry=FRUITLESS, drift=drift(SEVERE, SEVERE_BEFORE))
    decision = decide(snapshot, T0, TRAINER)
    assert (decision.action, decision.reason) == (Action.NONE, Reason.NEEDS_HUMAN)
    assert "versions 2 (Drift) and 3 (Drift)" in decision.message
    stalled = next(c for c in status_of(snapshot, decision, T0).conditions if c.type == "Stalled")
    assert stalled.reason == "NeedsHuman"
    assert "Look at the telemetry" in stalled.message


@pytest.mark.parametrize(("overrides", "reason"), [
    pytest.param({"model": model(annotations=ASKED)}, Reason.RETRAIN_REQUESTED, id="a person may ask for another training"),
    pytest.param({"policy": policy(triggers={"schedule": {"interval": "24h"}})}, Reason.SCHEDULE_DUE, id="the schedule goes on"),
])  # fmt: skip
def test_after_trainings_without_gain(overrides: dict[str, Any], reason: Reason) -> None:
    snapshot = observed(registry=FRUITLESS, drift=drift(SEVERE, SEVERE_BEFORE), **overrides)
    decision = decide(snapshot, T0, TRAINER)
    assert (Action.TRAIN, reason) == (decision.action, decision.reason), decision.message


def test_all_reasons_of_one_second_give_one_job_that_names_them_all() -> None:
    degraded = {"kpis": kpis(0.1), "evaluations": (evaluation(kpis={Kpi.RMSE: 0.3}),), "create_time": T0 - hours(800)}
    snapshot = observed(
        model=model(annotations=ASKED),
        policy=policy(triggers={"performance": {"metric": "RMSE"}}),
        registry=registry(serving(1, **degraded), production=1),
        drift=drift(SEVERE, SEVERE_BEFORE, quality=quality()),
    )
    decision = decide(snapshot, T0, TRAINER)
    assert (decision.action, decision.reason) == (Action.TRAIN, Reason.RETRAIN_REQUESTED)
    assert [verdict.check for verdict in decision.verdicts if verdict.fires] == [
        "manual",
        "performance",
        "drift",
        "schedule",
    ]
    assert decision.launch is not None
    assert isinstance(decision.launch.task, TrainingTask)
    for part in ("a person asked", "also RMSE 0.3", "also drift 0.74", "also interval 720h"):
        assert part in decision.message
        assert part in decision.launch.task.trigger.message


def test_a_request_that_passes_the_cooldown_says_so() -> None:
    young = registry(serving(1, create_time=T0 - hours(2)), production=1)
    decision = decide(observed(model=model(annotations=ASKED), registry=young), T0, TRAINER)
    assert decision.action is Action.TRAIN
    assert "passes: cooldown of 24h" in decision.message


def test_a_model_that_joins_a_common_cause_raises_no_event_of_its_own() -> None:
    hold = CommonCauseHold(since_time=T0 - hours(1), until_time=T0 + hours(23), drifting=9, models=12)
    calm = after(observed(drift=drift(window(), window())))
    held = policy().model_copy(update={"hold": hold})
    joins = observed(model=model(status=calm), policy=held, drift=drift(SEVERE, SEVERE_BEFORE))
    told = after(joins)
    assert told.last_decision is not None
    assert told.last_decision.reason is Reason.COMMON_CAUSE
    assert next(c.status for c in told.conditions if c.type == "DriftDetected") == "True"
    assert announcements(calm, told) == ()

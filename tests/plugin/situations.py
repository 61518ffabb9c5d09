"""Models in situations that people ask about, with the status that the real decision gives."""

from typing import Any

from model_contract.keys import ComparisonVerdict, Kpi
from model_contract.progress import TrainingProgress, TrainingStep
from model_contract.quality.report import QualityCheck
from model_contract.task import TriggerKind
from model_operator.api.promotion import Promotion
from model_operator.api.retrainingpolicy import CommonCauseHold, RetrainingPolicyStatus
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.observed import BudgetUse, GateRecord, Observed
from model_operator.core.promotion import judge_candidate
from model_operator.core.reconcile import decide
from model_operator.core.status import status_of
from sensormodel.objects import Model, Policy
from tests.builders import (
    T0,
    TRAINER,
    archived,
    drift,
    evaluation,
    hours,
    job,
    kpis,
    model,
    observed,
    policy,
    quality,
    registry,
    serving,
    staged,
    told_of,
    window,
)

SEVERE = (window(Severity.HIGH, 0.78), window(Severity.HIGH, 0.72, end=T0 - hours(24)))
DRIFTING = drift(*SEVERE)
HOLD = CommonCauseHold(since_time=T0 - hours(1), until_time=T0 + hours(23), drifting=40, models=60)
HALFWAY = TrainingProgress(
    step=TrainingStep.FITTING, percent=43, time=T0, epoch=12, epochs=30, loss=0.0123, eta_seconds=95.0
)
_WORSE = {"compared_with": 1, "comparison": ComparisonVerdict.NOT_BETTER, "kpis": kpis(0.11, champion=0.1)}
_NEWEST = staged(3, trigger=TriggerKind.DRIFT, **_WORSE)
_JUDGED = _NEWEST.model_copy(update={"gate": judge_candidate(_NEWEST, serving(1), Promotion())})
_BEFORE = archived(2, trigger=TriggerKind.DRIFT, gate=GateRecord(reason=Reason.NOT_BETTER, message="worse"))
FRUITLESS = registry(serving(1), _BEFORE, _JUDGED, production=1, staging=3)
_FAILED = SensorModelStatus(
    training=told_of(job(1)).training.model_copy(  # type: ignore[union-attr]
        update={
            "outcome": Reason.OUT_OF_MEMORY,
            "message": "the trainer was killed for memory",
            "end_time": T0 - hours(0.01),
            "failed_attempts": 4,
            "failed_generation": 1,
        }
    )
)
REQUEST = {"sensormodel.io/retrain-requested-at": "2026-11-24T11:59:00Z pump replaced"}

SITUATIONS: dict[str, Observed] = {
    "all is well": observed(drift=drift(window(), window(end=T0 - hours(24)))),
    "drift waits for the cooldown": observed(
        drift=DRIFTING, registry=registry(serving(1, create_time=T0 - hours(5)), production=1)
    ),
    "a request waits while suspended": observed(model=model(suspend=True, annotations=REQUEST)),
    "the policy is missing": observed(policy=None),
    "the first training runs": observed(
        progress=HALFWAY, model=model(status=told_of(job(1))), jobs=(job(1),), registry=registry(), policy=policy()
    ),
    "the first version is worse than naive": observed(
        registry=registry(staged(1, kpis=kpis(0.9)), staging=1), policy=policy()
    ),
    "approval is awaited": observed(
        registry=registry(
            serving(1),
            staged(
                2,
                compared_with=1,
                comparison="Better",
                kpis=kpis(0.08, champion=0.1),
                improvement_interval=(12.0, 27.0),
            ),
            production=1,
            staging=2,
        ),
        policy=policy(promotion={"mode": "Manual"}),
    ),
    "telemetry is on hold": observed(
        drift=drift(
            window(),
            quality=quality(55, (QualityCheck.NOT_FINITE, 45, "value: 45 % of 1440 rows are NaN, from 02:10 to 12:58")),
        )
    ),
    "everything fires at once": observed(
        model=model(annotations=REQUEST),
        policy=policy(triggers={"performance": {"metric": "RMSE"}}),
        registry=registry(
            serving(1, kpis=kpis(0.1), evaluations=(evaluation(kpis={Kpi.RMSE: 0.3}),), create_time=T0 - hours(800)),
            production=1,
        ),
        drift=drift(*SEVERE, quality=quality()),
    ),
    "many models drift at once": observed(
        policy=policy(commonCause={"sharePercent": 30}).model_copy(update={"hold": HOLD}), drift=DRIFTING
    ),
    "two trainings brought nothing": observed(registry=FRUITLESS, drift=DRIFTING),
    "others are training": observed(drift=DRIFTING, budget=BudgetUse(policy_running=10, place=3, waiting=7)),
    "trainings failed": observed(model=model(status=_FAILED), drift=DRIFTING),
    "the policy is suspended": observed(policy=policy(suspend=True), drift=DRIFTING),
    "telemetry is too short": observed(
        drift=drift(None, problem=Reason.INSUFFICIENT_DATA, message="the newest window holds 12 rows, 240 are needed")
    ),
}


def status_in(seen: Observed) -> SensorModelStatus:
    """The status that the operator writes, once what it decided is done and looked at again."""
    return status_of(seen, decide(seen, T0, TRAINER), T0)


def model_in(seen: Observed) -> Model:
    """The SensorModel as the plugin reads it."""
    it = seen.model
    return Model(it.namespace, it.name, it.generation, dict(it.annotations), it.spec, status_in(seen))


def policy_in(seen: Observed) -> Policy | None:
    """The policy as the plugin reads it."""
    if seen.policy is None or seen.policy.spec is None:
        return None
    status = RetrainingPolicyStatus(
        models=12, ready=11, training=seen.budget.policy_running, waiting=seen.budget.waiting, hold=seen.policy.hold
    )
    return Policy(seen.policy.name, seen.policy.spec, status)


def as_written(status: SensorModelStatus) -> dict[str, Any]:
    """The status as it is stored in the cluster."""
    return dict(status.model_dump(mode="json", by_alias=True, exclude_none=True))

"""Models in situations that people ask about, with the status that the real decision gives."""

from datetime import timedelta
from typing import Any

from kubectl_sensormodel.objects import Model, Policy
from model_operator.api.retrainingpolicy import RetrainingPolicyStatus
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.observed import Observed
from model_operator.core.reconcile import decide
from model_operator.core.status import status_of
from tests.builders import (
    T0,
    TRAINER,
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
    window,
)

DRIFTING = drift(window(Severity.HIGH, 0.78), window(Severity.HIGH, 0.72, end=T0 - timedelta(hours=24)))
REQUEST = {"sensormodel.io/retrain-requested-at": "2026-11-24T11:59:00Z pump replaced"}

SITUATIONS: dict[str, Observed] = {
    "all is well": observed(drift=drift(window(), window(end=T0 - hours(24)))),
    "drift waits for the cooldown": observed(
        drift=DRIFTING, registry=registry(serving(1, create_time=T0 - hours(5)), production=1)
    ),
    "a request waits while suspended": observed(model=model(suspend=True, annotations=REQUEST)),
    "the policy is missing": observed(policy=None),
    "the first training runs": observed(
        model=model(status=told_of(job(1))), jobs=(job(1),), registry=registry(), policy=policy()
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
    return Policy(seen.policy.name, seen.policy.spec, RetrainingPolicyStatus(models=3, ready=3, training=1))


def as_written(status: SensorModelStatus) -> dict[str, Any]:
    """The status as it is stored in the cluster."""
    return dict(status.model_dump(mode="json", by_alias=True, exclude_none=True))

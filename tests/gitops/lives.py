"""Objects as a cluster holds them, at every state of a life: the statuses are those that the real decisions write."""

from typing import Any

from model_contract.keys import ComparisonVerdict
from model_contract.quality.report import QualityCheck
from model_contract.result import FailureReason
from model_operator.api.retrainingpolicy import RetrainingPolicyStatus
from model_operator.core.observed import PolicyObject
from model_operator.core.policystatus import Member, policy_status_of
from tests.builders import T0, hours, policy, quality
from tests.stories.world import World, window

Object = dict[str, Any]
_META = {"name": "p-1", "namespace": "plant", "uid": "6f1c2d3e-0000-4000-8000-000000000001"}


def sensor_model(world: World, *, generation: int | None = None) -> Object:
    """The SensorModel of a world as `kubectl get -o json` shows it."""
    spec = {
        "sensorID": "P-1",
        "modelType": "Telemanom",
        "telemetry": {"uri": "file:///telemetry/P-1.parquet"},
        "policyRef": {"name": "default"},
        **world.spec,
    }
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "metadata": {**_META, "generation": generation or world.generation},
        "spec": spec,
        "status": world.status.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def retraining_policy(status: RetrainingPolicyStatus, *, generation: int = 1) -> Object:
    """The RetrainingPolicy with a status."""
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "RetrainingPolicy",
        "metadata": {**_META, "name": "default", "generation": generation},
        "spec": {},
        "status": status.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def sensor_model_states() -> dict[str, Object]:
    """A SensorModel by the name of its state."""
    new = {**sensor_model(World()), "status": {"observedGeneration": -1}}
    states = {"just created": new}
    world = World()
    world.says("created")
    states["first training runs"] = sensor_model(world)
    world.waits(minutes=20)
    world.job_succeeds(0.05)
    world.says("trained")
    states["serves"] = sensor_model(world)
    states["edited, not seen yet"] = sensor_model(world, generation=2)
    _drift(world)
    states["serves and retrains"] = sensor_model(world)
    world.job_fails()
    world.says("failed")
    states["serves, the retraining failed"] = sensor_model(world)
    world.waits(minutes=2)
    world.says("again")
    world.job_succeeds(0.04, champion=0.09, verdict=ComparisonVerdict.BETTER)
    world.says("better")
    states["serves the second version"] = sensor_model(world)
    world.measures(window(world.now), quality=quality(40, (QualityCheck.COMPLETENESS, 60, "60 % missing")))
    world.says("bad data")
    states["serves, bad data"] = sensor_model(world)
    return states | _states_that_wait_for_a_person() | _states_that_a_person_must_mend()


def _drift(world: World) -> None:
    world.waits(hours=49)
    world.measures(window(world.now, "High", 0.74), window(world.now - hours(24), "High", 0.74))
    world.says("drifts")


def _states_that_wait_for_a_person() -> dict[str, Object]:
    states = {}
    suspended = World(suspend=True)
    suspended.says("created")
    states["suspended before its first version"] = sensor_model(suspended)
    manual = World(policy={"promotion": {"mode": "Manual"}})
    manual.says("created")
    manual.job_succeeds(0.05)
    manual.says("complete")
    states["first version awaits approval"] = sensor_model(manual)
    manual.annotations = {"sensormodel.io/promote-version": "1"}
    manual.says("approved")
    manual.edits(suspend=True)
    manual.says("suspended")
    states["serves, suspended"] = sensor_model(manual)
    return states


def _states_that_a_person_must_mend() -> dict[str, Object]:
    states = {}
    hopeless = World()
    hopeless.says("created")
    hopeless.job_fails(FailureReason.COLUMN_NOT_FOUND, "no column 'valeu'")
    hopeless.says("failed")
    states["the first training cannot work"] = sensor_model(hopeless)
    naive = World()
    naive.says("created")
    naive.job_succeeds(0.5)
    naive.says("worse than the last value")
    states["the first version is worse than naive"] = sensor_model(naive)
    pinned = World(productionVersion=7)
    pinned.says("created")
    pinned.job_succeeds(0.05)
    pinned.says("complete")
    states["pinned to a version that is not there"] = sensor_model(pinned)
    return states


def policy_states() -> dict[str, Object]:
    """A RetrainingPolicy by the name of its state."""
    used = policy_status_of(policy(), [], RetrainingPolicyStatus(), T0)
    broken = PolicyObject(name="default", generation=1, spec=None, spec_error="spec.cooldown: write for example 24h")
    held = policy(commonCause={"sharePercent": 50, "minModels": 2})
    drifting = [Member((), T0), Member((), T0)]
    return {
        "just created": {**retraining_policy(used), "status": {"observedGeneration": -1}},
        "in use": retraining_policy(used),
        "edited, not seen yet": retraining_policy(used, generation=2),
        "its spec cannot be used": retraining_policy(policy_status_of(broken, [], RetrainingPolicyStatus(), T0)),
        "holds for a common cause": retraining_policy(policy_status_of(held, drifting, RetrainingPolicyStatus(), T0)),
    }

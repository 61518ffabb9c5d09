"""Whom a change wakes: one sentence per rule."""

from collections.abc import Callable
from typing import Any

import pytest

from model_operator.gateways.resources import Resource
from model_operator.shell.cache import Cache, Change
from model_operator.shell.kept import Key
from model_operator.shell.wake import POLICY_STATUS_DELAY, Wake, wakes
from tests.shell.objects import condition, job, pod, retraining_policy, sensor_model

MODEL = Key(Resource.SENSOR_MODEL, "plant", "p-1")
OTHER = Key(Resource.SENSOR_MODEL, "plant", "p-2")
POLICY = Key(Resource.RETRAINING_POLICY, "plant", "default")
STRICT = Key(Resource.RETRAINING_POLICY, "plant", "strict")

at_once = Wake(MODEL, 0.0)


def known() -> Cache:
    """Two models of one policy; the first has a Job with a pod."""
    cache = Cache()
    for resource, obj in (
        (Resource.RETRAINING_POLICY, retraining_policy()),
        (Resource.SENSOR_MODEL, sensor_model()),
        (Resource.SENSOR_MODEL, sensor_model("p-2")),
        (Resource.JOB, job()),
        (Resource.POD, pod()),
    ):
        cache.put(resource, obj)
    return cache


def put(resource: Resource, obj: dict[str, Any]) -> Callable[[Cache], Change | None]:
    return lambda cache: cache.put(resource, obj)


def drop(resource: Resource, obj: dict[str, Any]) -> Callable[[Cache], Change | None]:
    return lambda cache: cache.drop(resource, obj)


RULES = {
    "a new SensorModel wakes itself and the status of its policy": (
        put(Resource.SENSOR_MODEL, sensor_model("p-3", version=2)),
        [Wake(Key(Resource.SENSOR_MODEL, "plant", "p-3"), 0.0), Wake(POLICY, POLICY_STATUS_DELAY)],
    ),
    "a changed spec wakes the SensorModel": (
        put(Resource.SENSOR_MODEL, sensor_model(version=2, metadata={"generation": 2}, spec={"suspend": True})),
        [at_once],
    ),
    "one of our annotations wakes the SensorModel": (
        put(
            Resource.SENSOR_MODEL,
            sensor_model(version=2, metadata={"annotations": {"sensormodel.io/retrain-requested-at": "now"}}),
        ),
        [at_once],
    ),
    "a foreign annotation or label wakes nobody": (
        put(
            Resource.SENSOR_MODEL,
            sensor_model(version=2, metadata={"annotations": {"argocd.example/tracking": "x"}, "labels": {"a": "b"}}),
        ),
        [],
    ),
    "a status write wakes nobody": (
        put(Resource.SENSOR_MODEL, sensor_model(version=2, status={"observedGeneration": 1, "summary": {}})),
        [],
    ),
    "another policyRef wakes the SensorModel and the status of both policies": (
        put(
            Resource.SENSOR_MODEL,
            sensor_model(version=2, policy="strict", metadata={"generation": 2}),
        ),
        [at_once, Wake(POLICY, POLICY_STATUS_DELAY), Wake(STRICT, POLICY_STATUS_DELAY)],
    ),
    "a SensorModel that is being deleted wakes itself": (
        put(Resource.SENSOR_MODEL, sensor_model(version=2, metadata={"deletionTimestamp": "2026-03-02T00:00:00Z"})),
        [at_once],
    ),
    "a deleted SensorModel wakes itself, to be forgotten, and the status of its policy": (
        drop(Resource.SENSOR_MODEL, sensor_model(version=2)),
        [at_once, Wake(POLICY, POLICY_STATUS_DELAY)],
    ),
    "a changed policy wakes itself and, spread, its models": (
        put(
            Resource.RETRAINING_POLICY,
            retraining_policy(version=2, spec={"cooldown": "1h"}, metadata={"generation": 2}),
        ),
        [Wake(POLICY, 0.0), at_once, Wake(OTHER, 0.002)],
    ),
    "the status of a policy wakes nobody": (
        put(Resource.RETRAINING_POLICY, retraining_policy(version=2, status={"models": 2})),
        [],
    ),
    "a hold that begins wakes the models, spread as a change of the policy": (
        put(
            Resource.RETRAINING_POLICY,
            retraining_policy(version=2, status={"conditions": [condition("CommonCause")]}),
        ),
        [at_once, Wake(OTHER, 0.002)],
    ),
    "a deleted policy wakes its models": (
        drop(Resource.RETRAINING_POLICY, retraining_policy(version=2)),
        [Wake(POLICY, 0.0), at_once, Wake(OTHER, 0.002)],
    ),
    "a Job that ends wakes its owner": (
        put(Resource.JOB, job(version=2, status={"conditions": [condition("Complete")]})),
        [at_once],
    ),
    "counters of a Job wake nobody": (put(Resource.JOB, job(version=2, status={"active": 1, "ready": 1})), []),
    "a deleted Job wakes its owner": (drop(Resource.JOB, job(version=2)), [at_once]),
    "a Job that only claims by label to belong to a SensorModel wakes nobody": (
        put(
            Resource.JOB,
            job("forged", version=2, owner=None, metadata={"labels": {"sensormodel.io/sensor-model": "p-1"}}),
        ),
        [],
    ),
    "a Job of an earlier SensorModel of the same name wakes nobody": (
        put(Resource.JOB, job("old", version=2, owner="uid-of-the-deleted")),
        [],
    ),
    "a pod that cannot start wakes the owner of its Job": (
        put(
            Resource.POD,
            pod(version=2, status={"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]}),
        ),
        [at_once],
    ),
    "a pod that runs wakes nobody": (
        put(
            Resource.POD,
            pod(version=2, status={"phase": "Running", "containerStatuses": [{"state": {"running": {}}}]}),
        ),
        [],
    ),
    "a pod of a foreign Job wakes nobody": (put(Resource.POD, pod("x", version=2, owner="uid-of-another")), []),
}


@pytest.mark.parametrize(("change", "expected"), RULES.values(), ids=RULES.keys())
def test_wake_rules(change: Callable[[Cache], Change | None], expected: list[Wake]) -> None:
    cache = known()
    result = change(cache)
    assert result is not None
    assert list(wakes(result, cache)) == expected


def test_a_hold_that_goes_on_wakes_nobody_and_its_end_wakes_the_models() -> None:
    cache = known()
    held = {"conditions": [condition("CommonCause")]}
    cache.put(Resource.RETRAINING_POLICY, retraining_policy(version=2, status=held))
    going_on = cache.put(Resource.RETRAINING_POLICY, retraining_policy(version=3, status=held | {"waiting": 3}))
    ended = cache.put(Resource.RETRAINING_POLICY, retraining_policy(version=4, status={"conditions": []}))
    assert going_on is not None
    assert ended is not None
    assert list(wakes(going_on, cache)) == []
    assert list(wakes(ended, cache)) == [at_once, Wake(OTHER, 0.002)]


def test_a_status_that_somebody_wiped_wakes_the_model() -> None:
    cache = known()
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=2, status={"observedGeneration": 1}))
    change = cache.put(Resource.SENSOR_MODEL, sensor_model(version=3, status={}))
    assert change is not None
    assert list(wakes(change, cache)) == [at_once]

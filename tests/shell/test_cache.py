"""The cache: what it keeps, in which order events may come, and the relations it answers."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from model_operator.gateways.resources import Resource
from model_operator.shell.cache import Cache
from model_operator.shell.kept import Key
from tests.shell.objects import condition, job, pod, retraining_policy, sensor_model

MODEL = Key(Resource.SENSOR_MODEL, "plant", "p-1")
JOB = Key(Resource.JOB, "plant", "p-1-job")
POLICY = Key(Resource.RETRAINING_POLICY, "plant", "default")
STRICT = Key(Resource.RETRAINING_POLICY, "plant", "strict")


def version_of(cache: Cache, key: Key) -> int | None:
    kept = cache.get(key)
    return kept.resource_version if kept else None


def test_only_what_passes_read_is_kept() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model(metadata={"annotations": {"other.example/a": "b"}}))
    cache.put(Resource.JOB, job())
    model, training = cache.get(MODEL), cache.get(JOB)
    assert model is not None
    assert training is not None
    assert (json.loads(model.body)["sensorID"], dict(model.annotations)) == ("P-1", {})
    assert json.loads(training.body).keys() == {"metadata", "spec", "status"}
    assert json.loads(training.body)["spec"] == {"suspend": False}
    assert b"managedFields" not in model.body + training.body


def test_an_older_version_never_replaces_a_newer_one() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=5))
    assert cache.put(Resource.SENSOR_MODEL, sensor_model(version=4)) is None
    assert cache.put(Resource.SENSOR_MODEL, sensor_model(version=5)) is None
    assert version_of(cache, MODEL) == 5


def test_versions_are_compared_as_numbers() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=9))
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=10))
    assert version_of(cache, MODEL) == 10


def test_a_deleted_object_does_not_come_back_with_a_late_event() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=5))
    cache.drop(Resource.SENSOR_MODEL, sensor_model(version=7))
    assert cache.put(Resource.SENSOR_MODEL, sensor_model(version=6)) is None
    assert version_of(cache, MODEL) is None


def test_a_late_deletion_does_not_remove_the_object_that_was_created_anew() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=9, uid="the-new-one"))
    assert cache.drop(Resource.SENSOR_MODEL, sensor_model(version=7, uid="the-old-one")) is None
    assert version_of(cache, MODEL) == 9


def test_a_relist_removes_what_it_does_not_show() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=5))
    unlisted = cache.begin_listing(Resource.SENSOR_MODEL)
    assert [change.new for change in cache.prune(unlisted)] == [None]
    assert version_of(cache, MODEL) is None


def test_a_relist_keeps_what_became_known_while_it_ran() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model("p-1", version=5))
    unlisted = cache.begin_listing(Resource.SENSOR_MODEL)
    cache.put(Resource.SENSOR_MODEL, sensor_model("p-1", version=6))
    cache.put(Resource.SENSOR_MODEL, sensor_model("p-2", version=7))
    assert cache.prune(unlisted) == []
    assert len(cache.all(Resource.SENSOR_MODEL)) == 2


def test_a_relist_does_not_bring_back_what_was_deleted_while_it_ran() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=5))
    cache.begin_listing(Resource.SENSOR_MODEL)
    cache.drop(Resource.SENSOR_MODEL, sensor_model(version=6))
    assert cache.put(Resource.SENSOR_MODEL, sensor_model(version=5)) is None


def test_jobs_and_pods_belong_to_the_uid_of_their_controller() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model())
    cache.put(Resource.JOB, job())
    cache.put(Resource.JOB, job("forged", version=2, owner=None))
    cache.put(Resource.JOB, job("old", version=3, owner="uid-of-the-deleted"))
    cache.put(Resource.POD, pod(version=4))
    model, training = cache.get(MODEL), cache.get(JOB)
    assert model is not None
    assert training is not None
    assert [kept.key.name for kept in cache.owned_by(model)] == ["p-1-job"]
    assert [kept.key.name for kept in cache.owned_by(training)] == ["p-1-job-x"]


def test_models_are_found_by_the_policy_that_they_name_even_when_it_does_not_exist() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model())
    assert cache.models_of(POLICY) == (MODEL,)
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=2, policy="strict"))
    assert (cache.models_of(POLICY), cache.models_of(STRICT)) == ((), (MODEL,))


@pytest.mark.parametrize("job_comes_first", [False, True])
def test_live_jobs_are_counted_by_policy_in_whatever_order_objects_come(*, job_comes_first: bool) -> None:
    cache = Cache()
    objects = [(Resource.SENSOR_MODEL, sensor_model()), (Resource.JOB, job())]
    for resource, obj in reversed(objects) if job_comes_first else objects:
        cache.put(resource, obj)
    assert cache.live_jobs(POLICY) == 1
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=2, policy="strict"))
    assert (cache.live_jobs(POLICY), cache.live_jobs(STRICT)) == (0, 1)
    cache.put(Resource.JOB, job(version=3, status={"conditions": [condition("Failed")]}))
    assert cache.live_jobs(STRICT) == 0


def test_nothing_of_a_deleted_object_stays_behind() -> None:
    cache, empty = Cache(), Cache()
    fleet = [
        (Resource.RETRAINING_POLICY, retraining_policy()),
        (Resource.SENSOR_MODEL, sensor_model()),
        (Resource.JOB, job()),
        (Resource.POD, pod()),
    ]
    for resource, obj in fleet:
        cache.put(resource, obj)
    for resource, obj in fleet:
        cache.drop(resource, obj)
        cache.begin_listing(resource)
    assert vars(cache) == vars(empty)


def test_a_live_job_counts_until_it_is_gone_although_its_model_is_gone_before() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model())
    cache.put(Resource.JOB, job())
    cache.drop(Resource.SENSOR_MODEL, sensor_model(version=2))
    orphan = cache.get(JOB)
    assert orphan is not None
    assert (cache.live_jobs(POLICY), cache.all_live_jobs(), cache.policy_of_owner(orphan)) == (1, 1, POLICY)
    cache.put(Resource.JOB, job(version=3, metadata={"deletionTimestamp": "2026-03-02T00:00:00Z"}))
    assert (cache.live_jobs(POLICY), cache.all_live_jobs()) == (0, 0)


def test_a_model_that_comes_back_takes_over_the_count_of_its_jobs() -> None:
    cache = Cache()
    cache.put(Resource.SENSOR_MODEL, sensor_model())
    cache.put(Resource.JOB, job())
    cache.prune({MODEL: 1})
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=2, policy="strict"))
    assert (cache.live_jobs(POLICY), cache.live_jobs(STRICT)) == (0, 1)


def test_what_the_fleet_needs_of_a_status_is_kept() -> None:
    cache = Cache()
    status = {
        "conditions": [condition("Ready"), condition("DriftDetected")],
        "lastDecision": {"reason": "BudgetExhausted"},
    }
    cache.put(Resource.SENSOR_MODEL, sensor_model(status=status))
    model = cache.get(MODEL)
    assert model is not None
    assert (model.drifting_since, model.waits) == (datetime(2026, 3, 1, 13, tzinfo=UTC), True)
    status["conditions"] = [condition("DriftDetected", status="False")]
    cache.put(Resource.SENSOR_MODEL, sensor_model(version=2, status=status))
    healthy = cache.get(MODEL)
    assert healthy is not None
    assert healthy.drifting_since is None


@pytest.mark.parametrize(
    ("status", "minutes"),
    [
        ({"conditions": [condition("Complete")], "completionTime": "2026-03-01T12:30:00Z"}, 30),
        ({"conditions": [condition("Failed")]}, 60),
        ({"conditions": [condition("FailureTarget")]}, None),
        ({}, None),
    ],
    ids=["a complete Job", "a failed Job", "a Job whose pods still end", "a running Job"],
)
def test_how_long_a_job_ran_is_known_when_it_has_ended(status: dict[str, object], minutes: int | None) -> None:
    cache = Cache()
    cache.put(Resource.JOB, job(status=status))
    ended = cache.get(JOB)
    assert ended is not None
    assert (ended.ran and ended.ran.until - ended.ran.since) == (minutes and timedelta(minutes=minutes))

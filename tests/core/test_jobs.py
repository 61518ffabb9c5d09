"""What a Job and its pods say about a training."""

from datetime import UTC, datetime
from typing import Any

import pytest

from model_contract.result import FailureReason, TrainingFailed, TrainingSucceeded
from model_contract.task import TriggerKind
from model_operator.core.jobs import is_live, observe_job
from model_operator.core.observed import PodProblem
from tests.shell.objects import condition, job, pod

Object = dict[str, Any]

FAILED = TrainingFailed(reason=FailureReason.TOO_LITTLE_DATA, message="found 80 rows, needed 300").to_json()
SUCCEEDED = TrainingSucceeded(run_id="r", registered_model="telemanom_P-1", version=3).to_json()


def terminated(exit_code: int, reason: str = "Error", message: str | None = None) -> Object:
    return {"terminated": {"exitCode": exit_code, "reason": reason, "message": message}}


def waiting(reason: str) -> Object:
    return {"waiting": {"reason": reason, "message": "back-off pulling"}}


def with_state(state: Object, **extra: Any) -> Object:
    return pod(status={"containerStatuses": [{"state": state}]}, **extra)


def test_what_the_operator_wrote_on_the_job_is_read_back() -> None:
    seen = observe_job(job(), [])
    assert (seen.name, seen.uid, seen.decision_id) == ("p-1-job", "uid-p-1-job", "d1")
    assert (seen.trigger, seen.trigger_identity, seen.attempt, seen.generation) == (
        TriggerKind.DRIFT,
        "window-7",
        2,
        3,
    )
    assert seen.create_time == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_job_whose_labels_and_annotations_were_stripped_still_counts_as_a_training() -> None:
    seen = observe_job(job(metadata={"labels": None, "annotations": {"sensormodel.io/attempt": "-²"}}), [])
    assert (seen.is_live, seen.attempt, seen.generation, seen.decision_id) == (True, 1, 0, "")


JOBS = {
    "a new Job is live": (job(), {"is_live": True, "start_time": None, "end_time": None}),
    "a started Job has a start": (
        job(status={"startTime": "2026-03-01T12:00:05Z"}),
        {"is_live": True, "start_time": datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)},
    ),
    "a suspended Job is live": (job(spec={"suspend": True}), {"is_live": True, "suspended": True}),
    "a complete Job has succeeded and ended": (
        job(status={"conditions": [condition("Complete")], "completionTime": "2026-03-01T12:30:00Z"}),
        {"is_live": False, "succeeded": True, "end_time": datetime(2026, 3, 1, 12, 30, tzinfo=UTC)},
    ),
    "a failed Job ended when its condition came": (
        job(status={"conditions": [condition("Failed", "DeadlineExceeded", "too long")]}),
        {
            "is_live": False,
            "failed": True,
            "failure_reason": "DeadlineExceeded",
            "failure_message": "too long",
            "end_time": datetime(2026, 3, 1, 13, tzinfo=UTC),
        },
    ),
    "a Job that will fail is live until its pods have ended": (
        job(status={"conditions": [condition("FailureTarget", "BackoffLimitExceeded")]}),
        {"is_live": True, "failed": False, "failure_reason": "BackoffLimitExceeded", "end_time": None},
    ),
    "a condition that is not True says nothing": (
        job(status={"conditions": [condition("Failed", status="False")]}),
        {"is_live": True, "failed": False, "failure_reason": ""},
    ),
    "a Job that is being deleted is not live": (
        job(metadata={"deletionTimestamp": "2026-03-01T12:10:00Z"}),
        {"is_live": False, "being_deleted": True},
    ),
}


@pytest.mark.parametrize(("training", "expected"), JOBS.values(), ids=JOBS.keys())
def test_jobs(training: Object, expected: Object) -> None:
    seen = observe_job(training, [])
    assert {field: getattr(seen, field) for field in expected} == expected
    assert is_live(training) == expected["is_live"]


PODS = {
    "a running pod is no problem": (with_state({"running": {}}), None),
    "a pod that is being set up is no problem": (with_state(waiting("ContainerCreating")), None),
    "an image that cannot be pulled": (
        with_state(waiting("ImagePullBackOff")),
        PodProblem(reason="ImagePullBackOff", message="back-off pulling"),
    ),
    "a Secret that is missing": (
        with_state(waiting("CreateContainerConfigError")),
        PodProblem(reason="CreateContainerConfigError", message="back-off pulling"),
    ),
    "a pod that fits on no node": (
        pod(status={"conditions": [condition("PodScheduled", "Unschedulable", "0/3 nodes", status="False")]}),
        PodProblem(reason="Unschedulable", message="0/3 nodes"),
    ),
    "a pod that waits for its scheduling gates is no problem": (
        pod(status={"conditions": [condition("PodScheduled", "SchedulingGated", status="False")]}),
        None,
    ),
    "a trainer that was killed for memory": (
        with_state(terminated(137, "OOMKilled")),
        PodProblem(reason="OOMKilled", message="the trainer's container ended with exit code 137"),
    ),
    "a trainer that ended without a word": (
        with_state(terminated(1, message="Traceback (most recent call last)")),
        PodProblem(reason="Error", message="the trainer's container ended with exit code 1"),
    ),
    "a trainer that ended well is no problem": (with_state(terminated(0, "Completed")), None),
    "a trainer that explained itself is no problem of its pod": (with_state(terminated(65, message=FAILED)), None),
    "an evicted pod": (
        pod(status={"reason": "Evicted", "message": "the node was low on memory"}),
        PodProblem(reason="Evicted", message="the node was low on memory"),
    ),
}


@pytest.mark.parametrize(("training_pod", "expected"), PODS.values(), ids=PODS.keys())
def test_pod_problems(training_pod: Object, expected: PodProblem | None) -> None:
    assert observe_job(job(), [training_pod]).pod_problem == expected


@pytest.mark.parametrize(
    ("message", "said", "said_message"),
    [
        pytest.param(FAILED, FailureReason.TOO_LITTLE_DATA, "found 80 rows, needed 300", id="why it failed"),
        pytest.param(SUCCEEDED, None, "", id="success, which only the registry can prove"),
        pytest.param(FAILED[:-9], None, "", id="a message that was cut"),
        pytest.param('{"outcome":"Failed","reason":"Forged"}', None, "", id="a reason that does not exist"),
        pytest.param("\x00\x1b[31m", None, "", id="anything else"),
    ],
)
def test_what_the_trainer_said(message: str, said: FailureReason | None, said_message: str) -> None:
    seen = observe_job(job(), [with_state(terminated(65, message=message))])
    assert (seen.said, seen.said_message) == (said, said_message)


def test_the_newest_pod_speaks() -> None:
    first = with_state(terminated(75, message=FAILED), metadata={"creationTimestamp": "2026-03-01T12:00:00Z"})
    second = pod("second", metadata={"creationTimestamp": "2026-03-01T12:20:00Z"})
    assert observe_job(job(), [second, first]).said is None
    assert observe_job(job(), [first, second]).said is None

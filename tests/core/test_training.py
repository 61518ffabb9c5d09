"""How the newest training stands."""

from typing import Any

import pytest

from model_contract.result import FailureReason
from model_contract.task import TriggerKind
from model_operator.api.sensormodelstatus import SensorModelStatus, TrainingRecord
from model_operator.api.vocabulary import Reason
from model_operator.core.observed import Observed, PodProblem
from model_operator.core.training import BACK_OFF_LIMIT, back_off_until, newest_training
from tests.builders import T0, hours, job, model, observed, registry, version

ENDED: dict[str, Any] = {"failed": True, "end_time": T0}


def record(outcome: Reason = Reason.TRAINING_STARTED, **overrides: Any) -> TrainingRecord:
    return TrainingRecord(
        **{
            "job_name": "p-1-job1",
            "job_uid": "job-uid-1",
            "trigger": TriggerKind.INITIAL,
            "trigger_identity": "first-version",
            "attempt": 1,
            "outcome": outcome,
            "start_time": T0 - hours(1),
            **overrides,
        }
    )


def remembered(training: TrainingRecord, **overrides: Any) -> Observed:
    return observed(
        **{"model": model(status=SensorModelStatus(training=training)), "registry": registry(), **overrides}
    )


@pytest.mark.parametrize(("snapshot", "outcome", "failed_attempts"), [
    pytest.param(observed(jobs=(job(),), registry=registry()), Reason.TRAINING_STARTED, 0, id="a Job without an end is running"),
    pytest.param(observed(jobs=(job(pod_problem=PodProblem(reason="ErrImagePull")),), registry=registry()),
                 Reason.TRAINING_STARTED, 0, id="a Job whose image is missing still runs until its deadline"),
    pytest.param(observed(jobs=(job(succeeded=True, end_time=T0),)), Reason.TRAINING_SUCCEEDED, 0,
                 id="a complete Job with its version succeeded"),
    pytest.param(observed(jobs=(job(**ENDED),)), Reason.TRAINING_SUCCEEDED, 0,
                 id="a failed Job whose version is complete succeeded: the pod died after its work"),
    pytest.param(observed(jobs=(job(succeeded=True, end_time=T0),), registry=registry(version(1, is_complete=False))),
                 Reason.TRAINING_STARTED, 0, id="a complete Job is given time for its version to appear"),
    pytest.param(observed(jobs=(job(succeeded=True, end_time=T0 - hours(1)),), registry=registry()), Reason.VERSION_MISSING, 1,
                 id="a complete Job that registered nothing failed"),
    pytest.param(observed(jobs=(job(**ENDED, failure_reason="DeadlineExceeded"),), registry=registry()),
                 Reason.DEADLINE_EXCEEDED, 1, id="a Job over its deadline is told so"),
    pytest.param(observed(jobs=(job(**ENDED, pod_problem=PodProblem(reason="OOMKilled")),), registry=registry()),
                 Reason.OUT_OF_MEMORY, 1, id="a Job killed for memory is told so"),
    pytest.param(observed(jobs=(job(**ENDED, said=FailureReason.OUT_OF_MEMORY),), registry=registry()),
                 Reason.OUT_OF_MEMORY, 1, id="a trainer that lived to say that memory did not suffice is told so"),
    pytest.param(observed(jobs=(job(**ENDED, said=FailureReason.DISK_FULL),), registry=registry()),
                 Reason.TRAINING_FAILED, 1, id="a trainer whose disk was full may work later"),
    pytest.param(observed(jobs=(job(**ENDED, said=FailureReason.TOO_LITTLE_DATA, said_message="425 of 1000"),), registry=registry()),
                 Reason.TRAINING_CANNOT_WORK, 1, id="a trainer that cannot work is believed about why it failed"),
    pytest.param(observed(jobs=(job(**ENDED, said=FailureReason.REGISTRY_UNAVAILABLE),), registry=registry()),
                 Reason.TRAINING_FAILED, 1, id="a trainer that lost MLflow may work later"),
    pytest.param(observed(jobs=(job(3, **ENDED), job(2, **ENDED), job(1, succeeded=True)), registry=registry(version(1))),
                 Reason.TRAINING_FAILED, 2, id="failures are counted back to the last success"),
    pytest.param(remembered(record()), Reason.JOB_DELETED, 1, id="a running Job that vanished was deleted"),
    pytest.param(remembered(record(), registry=registry(version(1))), Reason.TRAINING_SUCCEEDED, 0,
                 id="a running Job that vanished after its version was registered succeeded"),
    pytest.param(remembered(record(), jobs=(job(being_deleted=True),)), Reason.JOB_DELETED, 1,
                 id="a running Job that is being deleted counts as a failure"),
    pytest.param(remembered(record(Reason.TRAINING_FAILED, failed_attempts=4)), Reason.TRAINING_FAILED, 4,
                 id="a failure whose Job was cleaned up is remembered"),
    pytest.param(remembered(record(Reason.TRAINING_FAILED, failed_attempts=4), jobs=(job(2, **ENDED),)), Reason.TRAINING_FAILED, 5,
                 id="failures add up although earlier Jobs were cleaned up"),
])  # fmt: skip
def test_a_training_ends(snapshot: Observed, outcome: Reason, failed_attempts: int) -> None:
    training = newest_training(snapshot, T0)
    assert training is not None
    assert (outcome, failed_attempts) == (training.outcome, training.failed_attempts)


@pytest.mark.parametrize(("kubelet_says", "problem"), [
    ("ImagePullBackOff", Reason.IMAGE_UNAVAILABLE), ("Unschedulable", Reason.UNSCHEDULABLE), ("CreateContainerConfigError", None),
])  # fmt: skip
def test_what_keeps_a_pod_from_working_is_named(kubelet_says: str, problem: Reason | None) -> None:
    stuck = job(pod_problem=PodProblem(reason=kubelet_says))
    training = newest_training(observed(jobs=(stuck,), registry=registry()), T0)
    assert training is not None
    assert problem is training.problem


def test_a_model_that_was_never_trained_has_no_training() -> None:
    assert newest_training(observed(), T0) is None


def test_the_end_of_a_deleted_job_stays_where_it_was_first_seen() -> None:
    first = newest_training(remembered(record()), T0)
    assert first is not None
    assert first == newest_training(remembered(first), T0 + hours(5))


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 360), (500, 360)])
def test_the_pause_doubles_from_a_minute_to_six_hours(failures: int, minutes: int) -> None:
    failed = record(Reason.TRAINING_FAILED, failed_attempts=failures, end_time=T0, failed_generation=1)
    until = back_off_until(failed, 1)
    assert until is not None
    assert minutes == (until - T0).total_seconds() / 60
    assert until - T0 <= BACK_OFF_LIMIT


def test_a_changed_spec_ends_the_pause() -> None:
    failed = record(Reason.TRAINING_FAILED, failed_attempts=3, end_time=T0, failed_generation=1)
    assert back_off_until(failed, 2) is None

"""How the newest training stands, and when the next attempt may start.

Read from the owned Jobs and the registry. The previous status is consulted only for what neither can tell any more: a
Job that somebody deleted, and failures whose Jobs are gone.
"""

from datetime import datetime, timedelta

from model_contract.result import FailureReason
from model_operator.api.sensormodelstatus import TrainingRecord
from model_operator.api.vocabulary import Reason
from model_operator.core.observed import JobObservation, Observed, Version
from model_operator.core.training_progress import progress_fields

REGISTRATION_GRACE = timedelta(minutes=2)  # a version may be seen later than the end of its Job
BACK_OFF_BASE = timedelta(minutes=1)
BACK_OFF_LIMIT = timedelta(hours=6)
FAILURES_BEFORE_STALLED = 3

_REGISTRATION_FAILED = "FAILED_REGISTRATION"  # in MLflow's words

FAILURES = frozenset(
    {
        Reason.TRAINING_FAILED,
        Reason.TRAINING_CANNOT_WORK,
        Reason.DEADLINE_EXCEEDED,
        Reason.OUT_OF_MEMORY,
        Reason.JOB_DELETED,
        Reason.VERSION_MISSING,
    }
)
_IMAGE_PROBLEMS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
)
_MAY_WORK_LATER = frozenset(
    {
        FailureReason.TELEMETRY_UNAVAILABLE,
        FailureReason.REGISTRY_UNAVAILABLE,
        FailureReason.DISK_FULL,
        FailureReason.INTERRUPTED,
    }
)


def newest_training(observed: Observed, now: datetime) -> TrainingRecord | None:
    """The newest training with its outcome; None when the model was never trained."""
    previous = observed.model.previous.training
    newest = observed.jobs[0] if observed.jobs else None
    if previous and previous.outcome is Reason.TRAINING_STARTED and _is_newer(previous, newest, observed.jobs):
        return _without_its_job(previous, observed, now)
    if newest is None:
        return previous
    outcome, message = _outcome(newest, observed, now)
    version = version_of_job(observed, newest.uid)
    failed = outcome in FAILURES
    same = previous if previous and previous.job_uid == newest.uid else None
    return TrainingRecord(
        job_name=newest.name,
        job_uid=newest.uid,
        trigger=newest.trigger,
        trigger_identity=newest.trigger_identity,
        attempt=newest.attempt,
        outcome=outcome,
        message=message[:1024] or None,
        problem=_problem(newest) if outcome is Reason.TRAINING_STARTED else None,
        start_time=newest.create_time,  # that of the Job controller would be a second write for the same news
        end_time=newest.end_time or (same.end_time if same else None) or (now if failed else None),
        failed_attempts=_failed_attempts(observed, newest, now) if failed else 0,
        failed_generation=newest.generation if failed else None,
        version=version.version if version else None,
        **progress_fields(outcome, observed.progress, same),
    )


def version_of_job(observed: Observed, job_uid: str) -> Version | None:
    """The complete version that a Job registered; of several, the first counts."""
    if observed.registry is None:
        return None
    made = [version for version in observed.registry.versions if version.job_uid == job_uid and version.is_complete]
    return min(made, key=lambda version: version.version, default=None)


def _unready_version(observed: Observed, job_uid: str) -> Version | None:
    """The first version that a Job registered and that MLflow has not made ready."""
    versions = observed.registry.versions if observed.registry else ()
    made = [version for version in versions if version.job_uid == job_uid and version.unready]
    return min(made, key=lambda version: version.version, default=None)


def back_off_until(training: TrainingRecord | None, generation: int) -> datetime | None:
    """Until when no automatic training starts after failures; None: no failure, or the spec has changed since."""
    if training is None or training.failed_attempts == 0 or training.end_time is None:
        return None
    if training.failed_generation is not None and training.failed_generation != generation:
        return None
    return training.end_time + back_off(training.failed_attempts)


def back_off(failures: int) -> timedelta:
    """The pause after so many failures in a row: a minute, doubled by each, at most six hours."""
    return min(BACK_OFF_BASE * (1 << min(failures - 1, 20)), BACK_OFF_LIMIT)


def _is_newer(previous: TrainingRecord, newest: JobObservation | None, jobs: tuple[JobObservation, ...]) -> bool:
    """Whether the training that the status knows is gone and no later one has taken its place."""
    if any(job.uid == previous.job_uid for job in jobs):
        return False
    return newest is None or (previous.start_time is not None and newest.create_time < previous.start_time)


def _without_its_job(previous: TrainingRecord, observed: Observed, now: datetime) -> TrainingRecord:
    """A training whose Job has vanished: the registry tells whether it had finished."""
    if version := version_of_job(observed, previous.job_uid):
        update = {"outcome": Reason.TRAINING_SUCCEEDED, "end_time": version.create_time, "version": version.version}
        update |= {"message": f"registered version {version.version}", "failed_attempts": 0}
        return previous.model_copy(update=update | {"progress_percent": 100, "step": None, "estimated_end_time": None})
    message = f"Job {previous.job_name} is gone and registered no version; somebody or something deleted it"
    update = {"outcome": Reason.JOB_DELETED, "end_time": now, "message": message, "estimated_end_time": None}
    failures = {"failed_attempts": previous.failed_attempts + 1, "failed_generation": observed.model.generation}
    return previous.model_copy(update=update | failures)


def _outcome(job: JobObservation, observed: Observed, now: datetime) -> tuple[Reason, str]:
    """What became of a Job that is there, and a sentence about it."""
    if version := version_of_job(observed, job.uid):
        return Reason.TRAINING_SUCCEEDED, f"registered version {version.version}"
    if job.being_deleted:
        return Reason.JOB_DELETED, f"Job {job.name} is being deleted before it registered a version"
    if job.failed:
        return _failure(job)
    if not job.succeeded:
        problem = job.pod_problem
        return Reason.TRAINING_STARTED, f"{problem.reason}: {problem.message}" if problem else ""
    in_time = job.end_time is None or now < job.end_time + REGISTRATION_GRACE
    if unready := _unready_version(observed, job.uid):
        hopeless = unready.unready == _REGISTRATION_FAILED or not in_time
        said = f"its version {unready.version} is {unready.unready} in MLflow"
        return Reason.VERSION_MISSING if hopeless else Reason.TRAINING_STARTED, f"the Job is complete, {said}"
    if observed.registry is None or in_time:
        return Reason.TRAINING_STARTED, "the Job is complete, its version is not yet seen in the registry"
    return (
        Reason.VERSION_MISSING,
        f"Job {job.name} is complete, but no version in the registry carries its uid {job.uid}",
    )


def _problem(job: JobObservation) -> Reason | None:
    """What keeps the pod of a running Job from working, if that is known."""
    if job.pod_problem is None:
        return None
    if job.pod_problem.reason in _IMAGE_PROBLEMS:
        return Reason.IMAGE_UNAVAILABLE
    return Reason.UNSCHEDULABLE if job.pod_problem.reason == "Unschedulable" else None


def describe_failure(job: JobObservation) -> tuple[bool, str]:
    """Whether trying a failed Job again is hopeless, and why it failed."""
    if job.being_deleted:
        return False, "it is being deleted"
    reason, message = _failure(job)
    return reason is Reason.TRAINING_CANNOT_WORK, message


def _failure(job: JobObservation) -> tuple[Reason, str]:
    """Why a Job failed: the trainer's own words first, then the kubelet's, then the Job controller's."""
    if job.failure_reason == "DeadlineExceeded":
        return Reason.DEADLINE_EXCEEDED, job.failure_message or "the Job was active longer than its deadline"
    if job.pod_problem and job.pod_problem.reason == "OOMKilled":
        return Reason.OUT_OF_MEMORY, job.pod_problem.message or "the trainer was killed for memory: raise its limit"
    if job.said is FailureReason.OUT_OF_MEMORY:
        return Reason.OUT_OF_MEMORY, job.said_message
    if job.said and job.said not in _MAY_WORK_LATER:
        return Reason.TRAINING_CANNOT_WORK, f"{job.said}: {job.said_message}"
    if job.said:
        return Reason.TRAINING_FAILED, f"{job.said}: {job.said_message}"
    if job.pod_problem:
        return Reason.TRAINING_FAILED, f"{job.pod_problem.reason}: {job.pod_problem.message}"
    return Reason.TRAINING_FAILED, f"{job.failure_reason or 'Failed'}: {job.failure_message or 'the Job says no more'}"


def _failed_attempts(observed: Observed, newest: JobObservation, now: datetime) -> int:
    """Failures in a row, counted from the Jobs and, for Jobs that are gone, carried on from the status."""
    in_a_row = 0
    for job in observed.jobs:
        if _outcome(job, observed, now)[0] not in FAILURES:
            break
        in_a_row += 1
    previous = observed.model.previous.training
    if previous is None:
        carried = 1
    elif previous.job_uid == newest.uid:
        carried = max(1, previous.failed_attempts)
    else:
        carried = previous.failed_attempts + 1
    return max(in_a_row, carried)

"""When the Production version is scored anew, and what came of the last try.

Level based: the records with the version and the evaluation Jobs tell all. An evaluation is identified by the version,
the end of the window and the state of the labels, so labels that come late have the window judged again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from model_contract.evaluation import EvaluatedWindow, EvaluationTask
from model_contract.task import SensorModelIdentity, TaskKind
from model_operator.api.base import parse_duration
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import Assessment
from model_operator.core.identity import decision_id
from model_operator.core.observed import JobObservation, Observation, Observed, Version
from model_operator.core.performance import newest_evaluation
from model_operator.core.training import REGISTRATION_GRACE, back_off, describe_failure
from model_operator.core.training_task import drift_windows, telemetry_source

ATTEMPTS: Final = 3
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EvaluationState(Observation):
    """Where evaluations of the Production version stand."""

    due: EvaluationTask | None = None  # to be launched now
    next_at: datetime | None = None  # when time alone makes one due; None: not by time
    failure: str | None = None  # why the newest one gave no record; None: it did, runs, or there was none
    in_flight: str | None = None  # the Job that runs; None: none does


def evaluation_state(
    observed: Observed,
    spec: SensorModelSpec,
    policy: RetrainingPolicySpec,
    assessment: Assessment | None,
    now: datetime,
) -> EvaluationState:
    """What to do about evaluations, by what is known of telemetry, labels, records and Jobs."""
    trigger = policy.triggers.performance
    version = observed.registry.version(observed.registry.production) if observed.registry else None
    if not trigger.enabled or version is None:
        return EvaluationState()
    live = next((job for job in observed.evaluations if job.is_live), None)
    if live is not None:
        return EvaluationState(in_flight=live.name)
    record = newest_evaluation(version)
    next_at = (record.time if record else version.create_time) + parse_duration(trigger.check_interval)
    window = _window(version, policy, assessment)
    if window is None:
        return EvaluationState(next_at=next_at if next_at > now else None)
    labels = assessment.labels_digest if assessment else None
    new_labels = record is not None and labels is not None and labels != record.labels_digest
    is_new = record is None or window.end > record.window.end or new_labels
    if not is_new or (next_at > now and not new_labels):
        return EvaluationState(next_at=next_at if next_at > now else None)
    identity = f"{version.version}/{window.end.isoformat()}/{(labels or 'no labels')[:12]}"
    evaluation = decision_id(observed.model.uid, TaskKind.EVALUATE, identity)
    tried = [job for job in observed.evaluations if job.decision_id == evaluation]
    if tried and (blocked := _after_tries(tried, now)):
        return blocked
    why = "the labels have changed" if new_labels else f"every {trigger.check_interval}"
    task = _task(observed, spec, policy, version, window, evaluation)
    tries = {"attempt": max((job.attempt for job in tried), default=0) + 1, "labels_digest": labels, "message": why}
    return EvaluationState(due=task.model_copy(update=tries))


def _window(version: Version, policy: RetrainingPolicySpec, assessment: Assessment | None) -> EvaluatedWindow | None:
    """The newest telemetry that the version has not learnt; None while there is less than one current window of it."""
    end = _newest_complete(policy, assessment)
    if end is None:
        return None
    start = end - parse_duration(policy.triggers.performance.window)
    if version.data_end is not None:
        start = max(start, version.data_end)
    least = min(
        parse_duration(policy.triggers.drift.current_window), parse_duration(policy.triggers.performance.window)
    )
    return EvaluatedWindow(start=start, end=end) if end - start >= least else None


def _newest_complete(policy: RetrainingPolicySpec, assessment: Assessment | None) -> datetime | None:
    """The end of the newest complete window of the telemetry, as the newest measurement knows it."""
    if assessment is None:
        return None
    if assessment.data_quality:
        return assessment.data_quality.window_end_time
    if assessment.drift:
        return assessment.drift.window_end_time
    if assessment.newest_row_time is None:
        return None
    length = parse_duration(policy.triggers.drift.current_window)
    return assessment.newest_row_time - (assessment.newest_row_time - _EPOCH) % length


def _after_tries(tried: Sequence[JobObservation], now: datetime) -> EvaluationState | None:
    """Why the same evaluation is not tried again now; None: it may be."""
    newest = max(tried, key=lambda job: job.attempt)
    if newest.succeeded:
        seen_by = (newest.end_time or newest.create_time) + REGISTRATION_GRACE
        if now < seen_by:
            return EvaluationState(next_at=seen_by, in_flight=newest.name)
        return EvaluationState(failure=f"Job {newest.name} is complete, but the version holds no record of it")
    hopeless, message = describe_failure(newest)
    if hopeless or newest.attempt >= ATTEMPTS:
        return EvaluationState(failure=f"Job {newest.name} failed (attempt {newest.attempt}): {message}")
    again_at = (newest.end_time or newest.create_time) + back_off(newest.attempt)
    return EvaluationState(next_at=again_at, failure=message) if again_at > now else None


def _task(
    observed: Observed,
    spec: SensorModelSpec,
    policy: RetrainingPolicySpec,
    version: Version,
    window: EvaluatedWindow,
    evaluation: str,
) -> EvaluationTask:
    model = observed.model
    return EvaluationTask(
        evaluation_id=evaluation,
        sensor_model=SensorModelIdentity(namespace=model.namespace, name=model.name, uid=model.uid),
        sensor_id=spec.sensor_id,
        model_type=spec.model_type,
        telemetry=telemetry_source(spec.telemetry),
        window=window,
        drift=drift_windows(policy.triggers.drift),
        hyperparameters=dict(spec.training.hyperparameters),
        seed=spec.training.seed,
        experiment=spec.experiment,
        registered_model=spec.registered_model,
        version=version.version,
    )

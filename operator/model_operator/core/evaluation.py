"""When the Production version is scored anew, and what came of the last try.

Level based: the records with the version and the evaluation Jobs tell all. An evaluation is identified by the version,
the end of the window and the state of the labels, so labels that come late have the window judged again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from model_contract.evaluation import EvaluatedWindow, EvaluationTask
from model_contract.task import TaskKind
from model_operator.api.base import parse_duration
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import Assessment
from model_operator.core.identity import decision_id
from model_operator.core.observed import JobObservation, Observation, Observed, Version
from model_operator.core.performance import newest_evaluation
from model_operator.core.probation import Probation, probation_of
from model_operator.core.training import REGISTRATION_GRACE, back_off, describe_failure
from model_operator.core.training_task import drift_windows, identity_of, telemetry_source

ATTEMPTS: Final = 3
SCORES_IN_PROBATION: Final = 3  # at least, where the telemetry has windows enough
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
    record, probation = newest_evaluation(version), _probation(observed, spec, policy, now)
    next_at = (record.time if record else version.create_time) + _interval(policy, probation)
    window = _window(version, probation, policy, assessment)
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
    tries = {
        "attempt": max((job.attempt for job in tried), default=0) + 1,
        "labels_digest": labels,
        "predecessor": probation.predecessor.version if probation else None,
        "message": _why(policy, probation, new_labels=new_labels),
    }
    task = _task(observed, spec, policy, version, window, evaluation)
    return EvaluationState(due=task.model_copy(update=tries))


def _probation(
    observed: Observed, spec: SensorModelSpec, policy: RetrainingPolicySpec, now: datetime
) -> Probation | None:
    """The probation that runs now; a pin leaves nothing to find out."""
    if observed.registry is None or spec.production_version is not None:
        return None
    probation = probation_of(observed.registry, policy.promotion)
    return probation if probation and now < probation.until else None


def _interval(policy: RetrainingPolicySpec, probation: Probation | None) -> timedelta:
    """From one evaluation to the next: as the policy says, and often enough for a probation to come to a verdict."""
    usual = parse_duration(policy.triggers.performance.check_interval)
    return min(usual, probation.length / SCORES_IN_PROBATION) if probation else usual


def _why(policy: RetrainingPolicySpec, probation: Probation | None, *, new_labels: bool) -> str:
    why = "the labels have changed" if new_labels else f"every {policy.triggers.performance.check_interval}"
    if probation is None:
        return why
    return f"{why}; on probation until {probation.until:%Y-%m-%dT%H:%MZ} beside version {probation.predecessor.version}"


def _window(
    version: Version, probation: Probation | None, policy: RetrainingPolicySpec, assessment: Assessment | None
) -> EvaluatedWindow | None:
    """The newest telemetry that nobody who is scored has learnt; None while that is less than one current window."""
    end = _newest_complete(policy, assessment)
    if end is None:
        return None
    start = end - parse_duration(policy.triggers.performance.window)
    for scored in (version, probation.predecessor if probation else version):
        start = max(start, scored.data_end or start)
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
    return EvaluationTask(
        evaluation_id=evaluation,
        sensor_model=identity_of(observed),
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

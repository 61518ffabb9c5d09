"""From a trigger that fires to the task that the trainer gets."""

from model_contract.task import (
    DataWindow,
    DriftWindows,
    SensorModelIdentity,
    TelemetrySource,
    TrainingTask,
    Trigger,
)
from model_operator.api.base import parse_duration
from model_operator.api.retrainingpolicy import DriftTrigger, RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec, TelemetrySpec
from model_operator.api.sensormodelstatus import TrainingRecord
from model_operator.core.decision import Verdict
from model_operator.core.identity import decision_id
from model_operator.core.observed import Observed


def build_task(
    observed: Observed,
    spec: SensorModelSpec,
    policy: RetrainingPolicySpec,
    trigger: Verdict,
    training: TrainingRecord | None,
) -> TrainingTask:
    """The task of the next attempt for this trigger.

    Raises:
        ValueError: the verdict is not that of a trigger.
    """
    if trigger.trigger is None:
        raise ValueError(f"{trigger.check} is no trigger")
    model, drift = observed.model, policy.triggers.drift
    decision = decision_id(model.uid, trigger.trigger, trigger.identity)
    return TrainingTask(
        decision_id=decision,
        attempt=next_attempt(observed, decision, trigger, training),
        sensor_model=identity_of(observed),
        sensor_id=spec.sensor_id,
        model_type=spec.model_type,
        telemetry=telemetry_source(spec.telemetry),
        window=DataWindow(lookback_seconds=parse_duration(spec.training.lookback).total_seconds()),
        drift=drift_windows(drift),
        hyperparameters=dict(spec.training.hyperparameters),
        seed=spec.training.seed,
        experiment=spec.experiment,
        registered_model=spec.registered_model,
        champion_version=observed.registry.production if observed.registry else None,
        trigger=Trigger(kind=trigger.trigger, identity=trigger.identity, message=trigger.message[:512]),
    )


def next_attempt(observed: Observed, decision: str, trigger: Verdict, training: TrainingRecord | None) -> int:
    """One more than any attempt for the same decision that is known to have failed."""
    tried = [job.attempt for job in observed.jobs if job.decision_id == decision]
    if training and (training.trigger, training.trigger_identity) == (trigger.trigger, trigger.identity):
        tried.append(training.attempt)
    return max(tried, default=0) + 1


def identity_of(observed: Observed) -> SensorModelIdentity:
    """The SensorModel in the words of the contract."""
    model = observed.model
    return SensorModelIdentity(namespace=model.namespace, name=model.name, uid=model.uid, cluster=observed.cluster)


def drift_windows(drift: DriftTrigger) -> DriftWindows:
    """The windows of the drift trigger in the words of the contract."""
    return DriftWindows(
        reference_seconds=parse_duration(drift.reference_window).total_seconds(),
        current_seconds=parse_duration(drift.current_window).total_seconds(),
        min_samples=drift.min_samples,
    )


def telemetry_source(telemetry: TelemetrySpec) -> TelemetrySource:
    """The spec's telemetry in the words of the contract."""
    interval = telemetry.sampling_interval
    return TelemetrySource(
        uri=telemetry.uri,
        timestamp_column=telemetry.timestamp_column,
        value_column=telemetry.value_column,
        feature_columns=telemetry.feature_columns,
        sampling_interval_seconds=parse_duration(interval).total_seconds() if interval else None,
        labels_uri=telemetry.labels.uri if telemetry.labels else None,
    )

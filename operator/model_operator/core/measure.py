"""What to measure in this pass: plans that the shell hands to worker processes.

A measurement is due when the newest one is older than the policy's check interval. The plan holds all that a worker
needs, so that a worker knows neither Kubernetes nor MLflow.
"""

from datetime import UTC, datetime

from model_contract.evaluation import ResidualView
from model_operator.api.base import parse_duration
from model_operator.api.sensormodel import TelemetrySpec
from model_operator.core.observed import Observation, Observed

AT_ONCE = datetime.min.replace(tzinfo=UTC)


class MeasurementPlan(Observation):
    """Judge the newest complete windows of the telemetry: drift from the profile of a version, and quality."""

    model: str  # registered model
    version: int  # the Production version
    run_id: str
    profile_digest: str | None  # None: the version has no profile, only quality is judged
    telemetry: TelemetrySpec
    window_seconds: float
    min_samples: int
    judges_drift: bool = True
    judges_quality: bool = True
    max_age_seconds: float | None = None  # None: the age of the newest row is not judged
    residuals: tuple[ResidualView, ...] = ()  # the version's own forecast errors, where an evaluation measured them


def next_measurement_at(observed: Observed, measured_at: datetime | None) -> datetime | None:
    """When the next measurement is due; None when nothing can be measured.

    Args:
        observed: the snapshot, without a measurement.
        measured_at: when this process last measured this plan; None when it did not, then the status counts.
    """
    policy, plan = observed.policy.spec if observed.policy else None, plan_measurement(observed)
    if policy is None or not policy.triggers.drift.enabled or plan is None:
        return None
    assessment = observed.model.previous.assessment
    last = measured_at or (assessment.time if assessment else None)
    found = assessment.drift if assessment else None
    if last is None or (measured_at is None and found is not None and found.reference_version != plan.version):
        return AT_ONCE
    return last + parse_duration(policy.check_interval)


def plan_measurement(observed: Observed) -> MeasurementPlan | None:
    """The drift measurement of the Production version; None without one, or without its profile."""
    spec, registry = observed.model.spec, observed.registry
    policy = observed.policy.spec if observed.policy else None
    if spec is None or policy is None or registry is None:
        return None
    version = registry.version(registry.production)
    if version is None or version.drift_profile_digest is None:
        return None
    drift = policy.triggers.drift
    return MeasurementPlan(
        model=registry.name,
        version=version.version,
        run_id=version.run_id,
        profile_digest=version.drift_profile_digest,
        telemetry=spec.telemetry,
        window_seconds=parse_duration(drift.current_window).total_seconds(),
        min_samples=drift.min_samples,
    )

"""What to measure in this pass: plans that the shell hands to worker processes.

A measurement is due when the newest one is older than the policy's check interval. The plan holds all that a worker
needs, so that a worker knows neither Kubernetes nor MLflow.
"""

from datetime import UTC, datetime
from typing import Final

from model_contract.evaluation import ResidualView
from model_operator.api.base import parse_duration
from model_operator.api.retrainingpolicy import Triggers
from model_operator.api.sensormodel import TelemetrySpec
from model_operator.core.observed import Observation, Observed, Version
from model_operator.core.ownership import own_registry
from model_operator.core.performance import newest_evaluation

_WINDOWS_UNTIL_STALE: Final = 2
AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)


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
    if policy is None or plan is None:
        return None
    assessment = observed.model.previous.assessment
    last = measured_at or (assessment.time if assessment else None)
    found = assessment.drift if assessment else None
    if last is None or (measured_at is None and found is not None and found.reference_version != plan.version):
        return AT_ONCE
    return last + parse_duration(policy.check_interval)


def plan_measurement(observed: Observed) -> MeasurementPlan | None:
    """The measurement for the Production version; None without one, and when no trigger asks for a measurement."""
    spec, registry = observed.model.spec, own_registry(observed)
    policy = observed.policy.spec if observed.policy else None
    if spec is None or policy is None or registry is None:
        return None
    version, triggers = registry.version(registry.production), policy.triggers
    judges_drift = triggers.drift.enabled and version is not None and version.drift_profile_digest is not None
    wanted = judges_drift or triggers.data_quality.enabled or triggers.performance.enabled
    if version is None or not wanted:
        return None
    record = newest_evaluation(version)
    return MeasurementPlan(
        model=registry.name,
        version=version.version,
        run_id=version.run_id,
        profile_digest=version.drift_profile_digest,
        telemetry=spec.telemetry,
        window_seconds=parse_duration(triggers.drift.current_window).total_seconds(),
        min_samples=triggers.drift.min_samples,
        judges_drift=judges_drift,
        judges_quality=triggers.data_quality.enabled,
        max_age_seconds=_max_age_seconds(version, triggers) if triggers.data_quality.enabled else None,
        residuals=record.residuals if record else (),
    )


def _max_age_seconds(version: Version, triggers: Triggers) -> float | None:
    """The age beyond which the newest row is stale: as the policy says, else only for feeds that were fresh before.

    Telemetry that was old when the version was trained is a recording, which nobody expects to go on.
    """
    if triggers.data_quality.max_age is not None:
        return parse_duration(triggers.data_quality.max_age).total_seconds()
    limit = _WINDOWS_UNTIL_STALE * parse_duration(triggers.drift.current_window)
    was_fresh = version.data_end is not None and version.create_time - version.data_end <= limit
    return limit.total_seconds() if was_fresh else None

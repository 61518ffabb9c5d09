"""Measures one sensor's telemetry: drift and quality of its newest complete windows, from one read.

`telemetry_worker` calls it, in a worker process: importing this module loads numpy, scipy and pyarrow. Replays of
recorded telemetry call `judge_windows` with a table of their own.
"""

import hashlib
from datetime import datetime

from model_contract.drift import DriftProfile
from model_contract.quality.assess import Age, assess_quality
from model_contract.quality.report import QualityReport
from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.gateways.telemetry_drift import judge_drift, say_what_differs
from model_operator.gateways.telemetry_files import TelemetryProblem, file_problems, telemetry_files
from model_operator.gateways.telemetry_labels import find_labels
from model_operator.gateways.telemetry_newest import NewestWindow, Table, newest_time, read_newest
from model_operator.gateways.telemetry_rows import TelemetryTable
from model_operator.gateways.telemetry_windows import instant, nanoseconds_since_epoch


def measure_newest_windows(
    plan: MeasurementPlan, profile_bytes: bytes | None, now: datetime, roots: tuple[str, ...]
) -> Measurement:
    """The measurement that the plan asks for, of the files that it names.

    Args:
        plan: what to measure.
        profile_bytes: the drift profile that the plan names; None when it names none.
        now: when it is measured.
        roots: folders below which telemetry and labels may be read.

    Raises:
        TelemetryProblem: the telemetry cannot be judged in any way.
        DriftError: the profile is none.
    """
    uri = plan.telemetry.uri
    profile = _profile(plan, profile_bytes)
    files = telemetry_files(uri, roots)
    with file_problems(uri):
        table = TelemetryTable(files, uri=uri, time_column=plan.telemetry.timestamp_column)
        found = _judge(plan, profile, table, now)
    labels = find_labels(plan.telemetry.labels, roots)
    message = "; ".join(filter(None, (found.message, labels.message)))
    return found.model_copy(update={"labels_digest": labels.digest, "message": message})


def judge_windows(plan: MeasurementPlan, profile_bytes: bytes | None, table: Table, now: datetime) -> Measurement:
    """The measurement that the plan asks for, of a table; labels are not looked at.

    Windows are chosen in data time; only the age of the newest row depends on `now`. Too little data for drift is a
    problem of the measurement, and their quality is judged all the same.

    Raises:
        TelemetryProblem: the telemetry cannot be judged in any way.
        DriftError: the profile is none.
    """
    return _judge(plan, _profile(plan, profile_bytes), table, now)


def _judge(plan: MeasurementPlan, profile: DriftProfile | None, table: Table, now: datetime) -> Measurement:
    newest = newest_time(table, plan, profile)
    found = Measurement(reference_version=plan.version, profile_digest=plan.profile_digest, newest_row=instant(newest))
    judged_by = profile if plan.judges_drift else None
    if judged_by is None and not plan.judges_quality:
        return found
    read = read_newest(table, plan, profile, newest)
    if plan.judges_quality:
        found = found.model_copy(update={"quality": _quality(plan, profile, read, now)})
    return found.model_copy(update=_drift(plan, judged_by, read)) if judged_by else found


def _drift(plan: MeasurementPlan, profile: DriftProfile, read: NewestWindow) -> dict[str, object]:
    """What the measurement says about drift."""
    current = judge_drift(profile, read.window, read.rows, plan)
    if isinstance(current, str):
        newest_row = f"newest row {instant(read.newest):%Y-%m-%dT%H:%M:%SZ}"
        message = f"{plan.telemetry.uri}: {read.window}: {current}; {newest_row}"
        return {"problem": Reason.INSUFFICIENT_DATA, "message": message}
    previous = judge_drift(profile, read.window.before(), read.rows, plan)
    return {
        "current": current,
        "previous": None if isinstance(previous, str) else previous,
        "message": "; ".join(say_what_differs(profile, plan)),
    }


def _quality(plan: MeasurementPlan, profile: DriftProfile | None, read: NewestWindow, now: datetime) -> QualityReport:
    most = plan.max_age_seconds
    return assess_quality(
        read.rows.times,
        read.rows.values,
        read.columns,
        start=read.window.start,
        end=read.window.end,
        sampling_seconds=read.sampling_seconds,
        profile=profile,
        age=None if most is None else Age(read.newest, nanoseconds_since_epoch(now), most),
    )


def _profile(plan: MeasurementPlan, profile_bytes: bytes | None) -> DriftProfile | None:
    if plan.profile_digest is None:
        return None
    found = hashlib.sha256(profile_bytes or b"").hexdigest()
    if found != plan.profile_digest:
        message = (
            f"version {plan.version}: its drift profile has the digest {found}, registered is {plan.profile_digest}"
        )
        raise TelemetryProblem(Reason.NO_DRIFT_PROFILE, message)
    return DriftProfile.from_bytes(profile_bytes or b"")

"""Judges the two newest complete windows of one sensor's telemetry.

`telemetry_worker` calls it, in a worker process: importing this module loads numpy, scipy and pyarrow.
"""

import hashlib
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np

from model_contract.drift import DriftProfile, DriftReport, Verdict, check_drift
from model_operator.api.base import format_duration
from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement, WindowDrift
from model_operator.gateways.telemetry_files import TelemetryProblem, telemetry_files
from model_operator.gateways.telemetry_rows import TelemetryTable, Times, Values
from model_operator.gateways.telemetry_windows import Window, instant, on_grid

_LONGEST_STATISTIC: Final = 1024  # characters, a limit of the status
_MOST_COLUMNS_NAMED: Final = 5


class _Rows(NamedTuple):
    times: Times
    values: Values


def judge_newest_windows(plan: MeasurementPlan, profile_bytes: bytes, roots: tuple[str, ...]) -> Measurement:
    """The measurement that the plan asks for.

    Args:
        plan: what to measure.
        profile_bytes: the drift profile that the plan names.
        roots: folders below which telemetry may be read.

    Raises:
        TelemetryProblem: the telemetry gives no verdict.
        DriftError: the profile is none.
    """
    profile = _profile(plan, profile_bytes)
    length = profile.window_rows * profile.sampling_seconds
    uri = plan.telemetry.uri
    kind, files = telemetry_files(uri, roots)
    table = TelemetryTable(kind, files, uri=uri, time_column=plan.telemetry.timestamp_column)
    newest = table.newest_time()
    if newest is None:
        raise TelemetryProblem(Reason.INSUFFICIENT_DATA, f"{uri}: there are no rows")
    window = Window.newest_complete(newest, length, profile.sampling_seconds)
    rows = _Rows(*table.read(profile.channels, window.before().start, window.end))
    current = _judge(profile, window, rows, plan.min_samples)
    previous = _judge(profile, window.before(), rows, plan.min_samples)
    if isinstance(current, str):
        newest_row = f"newest row {instant(newest):%Y-%m-%dT%H:%M:%SZ}"
        raise TelemetryProblem(Reason.INSUFFICIENT_DATA, f"{uri}: {window}: {current}; {newest_row}")
    return Measurement(
        reference_version=plan.version,
        profile_digest=plan.profile_digest,
        current=current,
        previous=None if isinstance(previous, str) else previous,
        message=_about_length(plan.window_seconds, length, profile.sampling_seconds),
    )


def _profile(plan: MeasurementPlan, profile_bytes: bytes) -> DriftProfile:
    found = hashlib.sha256(profile_bytes).hexdigest()
    if found != plan.profile_digest:
        message = (
            f"version {plan.version}: its drift profile has the digest {found}, registered is {plan.profile_digest}"
        )
        raise TelemetryProblem(Reason.NO_DRIFT_PROFILE, message)
    return DriftProfile.from_bytes(profile_bytes)


def _judge(profile: DriftProfile, window: Window, rows: _Rows, min_samples: int) -> WindowDrift | str:
    """The judgement of a window, or why the data do not allow one."""
    grid = on_grid(rows.times, rows.values, window, rows=profile.window_rows, sampling_seconds=profile.sampling_seconds)
    samples = int(np.isfinite(grid[:, 0]).sum())
    if samples < min_samples:
        return (
            f"{samples} of {profile.window_rows} rows have a {profile.channels[0]}, at least {min_samples} are needed"
        )
    report = check_drift(profile, grid, start=instant(window.start))
    return report.reason if report.verdict is Verdict.INSUFFICIENT_DATA else _window_drift(report, window)


def _window_drift(report: DriftReport, window: Window) -> WindowDrift:
    return WindowDrift(
        start=instant(window.start),
        end=instant(window.end),
        severity=Severity(report.verdict.value),
        score=report.score,
        statistic=report.reason[:_LONGEST_STATISTIC],
        top_columns=report.drifted_channels[:_MOST_COLUMNS_NAMED],
    )


def _about_length(wanted: float, judged: float, sampling: float) -> str:
    """Says when the windows are not those of the policy; empty when they are, to the sampling interval."""
    if abs(wanted - judged) <= sampling / 2:
        return ""
    return (
        f"windows of {_in_words(judged)} are judged, because the version's drift profile was calibrated for them; the"
        f" policy's currentWindow of {_in_words(wanted)} counts from the next training on"
    )


def _in_words(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))

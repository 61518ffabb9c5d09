"""Judges one window of telemetry by the drift profile of a version.

Used in worker processes only, by `telemetry_measuring`.
"""

from datetime import timedelta
from typing import Final

import numpy as np

from model_contract.drift import MINIMUM_ROWS, ChannelDrift, DriftProfile, DriftReport, Verdict, check_drift
from model_contract.evaluation import ResidualView
from model_operator.api.base import format_decimal, format_duration
from model_operator.api.sensormodelstatus import DriftDescription
from model_operator.api.vocabulary import Severity
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import WindowDrift
from model_operator.gateways.telemetry_rows import Rows
from model_operator.gateways.telemetry_windows import Window, instant, on_grid

_LONGEST_STATISTIC: Final = 1024  # characters, a limit of the status
_LONGEST_NAME: Final = 64  # the same
_MOST_COLUMNS_NAMED: Final = 5


def judge_drift(profile: DriftProfile, window: Window, rows: Rows, plan: MeasurementPlan) -> WindowDrift | str:
    """The judgement of a window, or why the data do not allow one."""
    sampling = profile.sampling_seconds
    grid = on_grid(rows.times, rows.values, window, rows=profile.window_rows, sampling_seconds=sampling)
    samples = int(np.isfinite(grid[:, 0]).sum())
    if samples < plan.min_samples:
        needed = f"at least {plan.min_samples} are needed"
        return f"{samples} of {profile.window_rows} rows have a {profile.channels[0]}, {needed}"
    report = check_drift(
        profile, grid, start=instant(window.start), residual=_model_residuals(profile, window, plan.residuals)
    )
    return report.reason if report.verdict is Verdict.INSUFFICIENT_DATA else _window_drift(report, window)


def say_what_differs(profile: DriftProfile, plan: MeasurementPlan) -> list[str]:
    """What people must know about the windows that are judged: other ones than the policy names, or short ones."""
    said = []
    wanted, judged = plan.window_seconds, profile.window_rows * profile.sampling_seconds
    if abs(wanted - judged) > profile.sampling_seconds / 2:
        said.append(
            f"windows of {_in_words(judged)} are judged, because the version's drift profile was calibrated for them;"
            f" the policy's currentWindow of {_in_words(wanted)} counts from the next training on"
        )
    if profile.window_rows < MINIMUM_ROWS:
        said.append(
            f"windows of {profile.window_rows} rows are judged, which minSamples {plan.min_samples} allows: below"
            f" {MINIMUM_ROWS} rows drift is reported without cause more often than stated (at 126 rows 9.0 % instead"
            " of 5 %, 4.7 % instead of 1 %)"
        )
    return said


def _model_residuals(profile: DriftProfile, window: Window, residuals: tuple[ResidualView, ...]) -> ResidualView | None:
    """What an evaluation measured of the served model's own errors in just this window, beside just this profile."""
    end = instant(window.start) + timedelta(seconds=profile.window_rows * profile.sampling_seconds)
    same = (view for view in residuals if (view.window_end, view.profile_digest) == (end, profile.digest))
    return next(same, None)


def _window_drift(report: DriftReport, window: Window) -> WindowDrift:
    worst = min(report.channels, key=lambda channel: 1.0 if channel.p is None else channel.p)
    return WindowDrift(
        start=instant(window.start),
        end=instant(window.end),
        severity=Severity(report.verdict.value),
        score=report.score,
        statistic=report.reason[:_LONGEST_STATISTIC],
        top_columns=report.drifted_channels[:_MOST_COLUMNS_NAMED],
        smallest_detectable_shift=report.smallest_detectable_shift_sigma,
        described=_described(worst),
    )


def _described(channel: ChannelDrift) -> DriftDescription:
    """The usual statistics; a constant has none."""
    numbers = {
        "population_stability_index": channel.population_stability_index,
        "jensen_shannon_distance": channel.jensen_shannon_distance,
        "kolmogorov_smirnov": channel.kolmogorov_smirnov,
        "mean_shift_sigma": channel.mean_shift_sigma,
        "standard_deviation_ratio": channel.sd_ratio,
    }
    known = {name: format_decimal(number) for name, number in numbers.items() if number is not None}
    return DriftDescription(column=channel.channel[:_LONGEST_NAME], **known)


def _in_words(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))

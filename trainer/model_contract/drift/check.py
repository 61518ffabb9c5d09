"""Checks one window of telemetry against the drift profile of a model version.

The operator's worker process calls `check_drift` with the newest complete window. The answer is a report with a
verdict; whether it starts a training is decided by the operator (a second window, cooldown, policy).
"""

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift.calibration import FULL_COVERAGE
from model_contract.drift.errors import WindowMismatch
from model_contract.drift.ladder import discoveries, score_of, severity_of, simes
from model_contract.drift.measure import LEAST_COVERAGE, RESIDUAL, Measurement, measure
from model_contract.drift.profile import DriftProfile
from model_contract.drift.report import ChannelDrift, DriftReport, Residuals, Rule, Verdict, ViewResult
from model_contract.drift.statement import statement
from model_contract.drift.views import VIEWS, View
from model_contract.severity import Severity

if TYPE_CHECKING:
    from model_contract.evaluation import ResidualView

MISSING_RISE: Final = 0.05  # of rows, beyond the worst window of the reference; less is a row or two by chance
MOST_NAMED: Final = 3  # channels in a sentence


def check_drift(
    profile: DriftProfile,
    current: NDArray[np.floating],
    *,
    start: datetime | None = None,
    residual: "ResidualView | None" = None,
) -> DriftReport:
    """The report on a window.

    Args:
        profile: of the version in Production.
        current: (window_rows, channels) on the profile's grid and in its units, NaN where a reading is missing.
        start: time of the first row.
        residual: the residual view of the first channel by the served model's errors (`model_residual_view`), which
            then decides instead of that by the profile's linear predictor.

    Raises:
        WindowMismatch: `current` has another shape than the profile, or `residual` is of another window or profile.
    """
    end = None if start is None else start + timedelta(seconds=profile.window_rows * profile.sampling_seconds)
    _require_same_window(profile, end, residual)
    measurement = measure(profile, current, residual=residual)
    modelled = (residual, *(None for _ in profile.channels[1:]))
    channels = tuple(_channel(profile, measurement, index, found) for index, found in enumerate(modelled))
    coverage = float(measurement.coverage.mean())
    p = _model_p(measurement)
    verdict, reason = _verdict(channels, p, coverage)
    drift = verdict not in {Verdict.NONE, Verdict.INSUFFICIENT_DATA}
    return DriftReport(
        profile_digest=profile.digest,
        start=start,
        end=end,
        window_rows=profile.window_rows,
        verdict=verdict,
        reason=reason,
        p=p,
        score=0.0 if p is None or verdict is Verdict.INSUFFICIENT_DATA else score_of(p),
        coverage=coverage,
        missing_more=tuple(channel.channel for channel in channels if channel.missing_share_risen),
        drifted_channels=_drifted(profile.channels, measurement) if drift else (),
        smallest_detectable_shift_sigma=_finite(profile.min_detectable[0]),
        channels=channels,
    )


def _require_same_window(profile: DriftProfile, end: datetime | None, residual: "ResidualView | None") -> None:
    if residual is None:
        return
    if residual.profile_digest != profile.digest:
        raise WindowMismatch("residual view: it was measured with another profile")
    if end is not None and residual.window_end != end:
        raise WindowMismatch(f"residual view: of the window that ends {residual.window_end}, not {end}")


def _model_p(measurement: Measurement) -> float | None:
    judged = measurement.p[~np.isnan(measurement.p)]
    return simes(judged) if judged.size else None


def _verdict(channels: tuple[ChannelDrift, ...], p: float | None, coverage: float) -> tuple[Verdict, str]:
    """The verdict and its reason. Drift in the judged channels stands; "no drift" needs every channel judged."""
    if all(channel.rule is Rule.UNCALIBRATED for channel in channels):
        return Verdict.INSUFFICIENT_DATA, f"too few readings in the reference: {channels[0].statement}"
    if p is None or coverage < LEAST_COVERAGE:
        needed = f"at least {LEAST_COVERAGE:.0%} are needed"
        return Verdict.INSUFFICIENT_DATA, f"{coverage:.0%} of the window has readings, {needed}"
    severity = severity_of(p)
    lost = [f"{c.channel} ({c.coverage:.0%} of rows)" for c in channels if c.rule is Rule.INSUFFICIENT]
    if severity is Severity.NONE and lost:
        return Verdict.INSUFFICIENT_DATA, f"too few readings to exclude drift in {_listed(lost)}"
    judged = [channel for channel in channels if channel.p is not None]
    first = min(judged, key=lambda channel: channel.p or 0.0)
    if severity is Severity.NONE:
        return Verdict.NONE, f"no drift, p = {p:.2g}; {first.channel}: {first.statement}"
    capped = f"; at most Low with {first.coverage:.0%} of its rows" if first.coverage < FULL_COVERAGE else ""
    return Verdict(severity.value), f"{first.channel}: {first.statement}; p = {p:.2g}{capped}"


def _drifted(names: tuple[str, ...], measurement: Measurement) -> tuple[str, ...]:
    judged = np.flatnonzero(~np.isnan(measurement.p))
    found = judged[discoveries(measurement.p[judged])]
    return tuple(names[index] for index in found[np.argsort(measurement.p[found], kind="stable")])


def _channel(
    profile: DriftProfile, measurement: Measurement, index: int, residual: "ResidualView | None"
) -> ChannelDrift:
    rule = measurement.rules[index]
    p = _finite(measurement.p[index])
    by_views = rule in {Rule.VIEWS, Rule.STUCK}
    views = _views(profile, measurement, index, residual) if by_views else ()
    deciding = min(views, key=_remoteness) if rule is Rule.VIEWS else None
    residuals = Residuals.MODEL if residual else Residuals.AUTOREGRESSION
    described = measurement.description
    return ChannelDrift(
        channel=profile.channels[index],
        rule=rule,
        coverage=float(measurement.coverage[index]),
        p=p,
        severity=Severity.NONE if p is None else severity_of(p),
        score=0.0 if p is None else score_of(p),
        statement=statement(profile, measurement, index, deciding, residuals),
        deciding_view=deciding.view if deciding else None,
        residuals=residuals if by_views else None,
        views=views,
        population_stability_index=_finite(described.psi[index]) if by_views else None,
        jensen_shannon_distance=_finite(described.jensen_shannon[index]) if by_views else None,
        kolmogorov_smirnov=_finite(described.kolmogorov_smirnov[index]) if by_views else None,
        mean_shift_sigma=_finite(described.mean_shift[index]) if by_views else None,
        sd_ratio=_finite(described.sd_ratio[index]) if by_views else None,
        missing_share_reference=float(profile.missing_share[index]),
        missing_share_risen=bool(
            1.0 - measurement.coverage[index] > profile.largest_missing_share[index] + MISSING_RISE
        ),
        smallest_detectable_shift_sigma=_finite(profile.min_detectable[index]),
    )


def _views(
    profile: DriftProfile, measurement: Measurement, index: int, residual: "ResidualView | None"
) -> tuple[ViewResult, ...]:
    views = [
        ViewResult(
            view=view,
            statistic=_finite(measurement.statistics[index, position]),
            reference_mean=_finite(profile.null_mean[index, position]),
            reference_sd=_finite(profile.null_sd[index, position]),
            reference_max=_finite(profile.null_max[index, position]),
            p=float(measurement.view_p[index, position]),
        )
        for position, view in enumerate(VIEWS)
    ]
    if residual:
        views[RESIDUAL] = ViewResult(
            view=View.RESIDUAL,
            statistic=residual.statistic,
            reference_mean=residual.reference_mean,
            reference_sd=residual.reference_sd,
            reference_max=residual.reference_max,
            p=residual.p,
        )
    return tuple(views)


def _remoteness(view: ViewResult) -> tuple[float, float]:
    """Orders views by evidence: by p, and among equal p by the statistic's share of the reference's largest."""
    ratio = 0.0 if view.statistic is None or not view.reference_max else view.statistic / view.reference_max
    return view.p, -ratio


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _finite(number: np.floating | float) -> float | None:
    return float(number) if math.isfinite(number) else None

"""Says in one clause, with its numbers, what decided about a channel; `check.py` calls it for each."""

from typing import Final

from model_contract.drift.measure import Measurement
from model_contract.drift.profile import DriftProfile
from model_contract.drift.report import Residuals, Rule, ViewResult
from model_contract.drift.views import View

STATISTIC_NAMES: Final = {
    View.LEVEL: ("W1", "sigma"),
    View.DYNAMICS: ("change of structure function", "log units"),
    View.RESIDUAL: ("W1 of one-step errors", "usual errors"),
}
RESIDUAL_NAMES: Final = {
    Residuals.MODEL: "W1 of the model's one-step errors",
    Residuals.AUTOREGRESSION: "W1 of AR(16) one-step errors",
}


def statement(
    profile: DriftProfile, measurement: Measurement, index: int, deciding: ViewResult | None, residuals: Residuals
) -> str:
    """What decided about a channel.

    Args:
        profile: the reference.
        measurement: of the window.
        index: of the channel.
        deciding: the most significant view, where the views decided.
        residuals: whose one-step errors the residual view looked at.
    """
    match measurement.rules[index]:
        case Rule.UNCALIBRATED:
            return f"not judged: {profile.missing_share[index]:.0%} of the reference is missing"
        case Rule.INSUFFICIENT:
            return f"not judged: {measurement.coverage[index]:.0%} of rows have readings"
        case Rule.CONSTANT:
            outside = measurement.outside_share[index]
            return f"{outside:.1%} of readings leave the band of a constant {profile.mean[index]:.4g}"
        case Rule.STUCK:
            return f"one value for the whole window, in the reference for at most {profile.longest_run[index]} rows"
        case Rule.VIEWS:
            return _view_statement(deciding, residuals)


def _view_statement(deciding: ViewResult | None, residuals: Residuals) -> str:
    if deciding is None or deciding.statistic is None:
        return "not measurable: gaps leave too few pairs of readings"
    name, unit = STATISTIC_NAMES[deciding.view]
    if deciding.view is View.RESIDUAL:
        name = RESIDUAL_NAMES[residuals]
    return (
        f"{name} {deciding.statistic:.2f} {unit}, reference windows {deciding.reference_mean:.2f} ± "
        f"{deciding.reference_sd:.2f}, max {deciding.reference_max:.2f}"
    )

"""The result of a drift check, in numbers and in a sentence: what the operator writes into status and judges by.

Types only; `check.py` fills them. A number that does not exist (a constant channel has no sigma) is None, never NaN.
"""

from enum import StrEnum

from pydantic import AwareDatetime

from model_contract.base import ContractModel
from model_contract.drift.views import View
from model_contract.severity import Severity


class Verdict(StrEnum):
    """What a check concludes: a severity, or that the data do not allow a conclusion."""

    NONE = "None"
    LOW = "Low"
    MODERATE = "Moderate"
    HIGH = "High"
    CRITICAL = "Critical"
    INSUFFICIENT_DATA = "InsufficientData"  # a reason for a look at the data, not for a retraining


class Rule(StrEnum):
    """How a channel was judged."""

    VIEWS = "Views"  # the three calibrated views
    STUCK = "Stuck"  # one value for the whole window, never so in the reference
    CONSTANT = "Constant"  # a constant reference: share of rows outside its band
    INSUFFICIENT = "Insufficient"  # too few readings in the window
    UNCALIBRATED = "Uncalibrated"  # too few readings in the reference


class Residuals(StrEnum):
    """Whose one-step errors the residual view looked at."""

    MODEL = "Model"  # the served model's
    AUTOREGRESSION = "AR(16)"  # those of the profile's linear predictor


class ViewResult(ContractModel):
    """One view's statistic beside the same statistic of the reference's own windows."""

    view: View
    statistic: float | None  # None: too few readings
    reference_mean: float | None  # raised where a sensor wanders: what is expected of the window after the reference
    reference_sd: float | None
    reference_max: float | None
    p: float  # before the correction for three views


class ChannelDrift(ContractModel):
    """One channel's part of the report."""

    channel: str
    rule: Rule
    coverage: float  # share of rows with a reading, 0 .. 1
    p: float | None  # after the correction for three views; None: not judged
    severity: Severity
    score: float  # 0 .. 1
    statement: str  # what decided, with its numbers
    deciding_view: View | None
    residuals: Residuals | None  # of the residual view; None: the views did not decide
    views: tuple[ViewResult, ...]

    # Described, never decided by:
    population_stability_index: float | None
    jensen_shannon_distance: float | None
    kolmogorov_smirnov: float | None
    mean_shift_sigma: float | None
    sd_ratio: float | None

    missing_share_reference: float
    missing_share_risen: bool  # clearly more rows are missing than in any window of the reference
    smallest_detectable_shift_sigma: float | None  # a level shift that size has p <= .01


class DriftReport(ContractModel):
    """Whether a window drifted from the reference of a model version, how sure that is, and in which channels."""

    profile_digest: str
    start: AwareDatetime | None  # of the window, when the caller stated it
    end: AwareDatetime | None
    window_rows: int
    verdict: Verdict
    reason: str  # one sentence with the numbers
    p: float | None  # Simes over judged channels; None: no channel judged
    score: float  # 0 .. 1
    coverage: float  # share of cells with a reading, 0 .. 1
    missing_more: tuple[str, ...]  # channels whose missing share has risen: a fault of the data, whatever the verdict
    drifted_channels: tuple[str, ...]  # Benjamini-Hochberg at 5 %, most significant first; empty without drift
    smallest_detectable_shift_sigma: float | None  # of the first channel, the predicted signal
    channels: tuple[ChannelDrift, ...]

    @property
    def severity(self) -> Severity | None:
        """The verdict as a severity; None when the data were insufficient."""
        return None if self.verdict is Verdict.INSUFFICIENT_DATA else Severity(self.verdict.value)

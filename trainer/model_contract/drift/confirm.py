"""When reported drift is acted on: in two consecutive windows, or at once when it is critical.

One moderate alarm in an undrifted window happens up to 27 times per 1,000 sensors and day; two in a row happened in
0 to 1.1 % of undrifted pairs, a critical one in none of 955. Pure; the operator calls it with the two newest reports.
"""

from model_contract.base import ContractModel
from model_contract.drift.ladder import Severity
from model_contract.drift.report import DriftReport


class Confirmation(ContractModel):
    """Whether drift is confirmed, and the sentence that says why or why not."""

    drift: bool
    message: str


def confirmed(
    previous: DriftReport | None, current: DriftReport, threshold: Severity = Severity.MODERATE
) -> Confirmation:
    """Drift is confirmed by two consecutive windows at the threshold or worse, or by one that is critical.

    Args:
        previous: the report on the window right before, against the same profile; None if there is none.
        current: the report on the newest window.
        threshold: the least severity that counts.
    """
    severity = current.severity
    if severity is None:
        return Confirmation(drift=False, message=f"{current.verdict}: {current.reason}")
    if not severity.reaches(threshold):
        return Confirmation(drift=False, message=f"{severity} is below {threshold}: {current.reason}")
    if severity is Severity.CRITICAL:
        return Confirmation(drift=True, message=f"{severity} at once: {current.reason}")
    obstacle = _why_previous_does_not_count(previous, current, threshold)
    if obstacle:
        return Confirmation(drift=False, message=f"{severity}, not confirmed yet: {obstacle}; {current.reason}")
    return Confirmation(drift=True, message=f"{severity} in two consecutive windows: {current.reason}")


def _why_previous_does_not_count(previous: DriftReport | None, current: DriftReport, threshold: Severity) -> str | None:
    if previous is None:
        return "no window before this one"
    if previous.profile_digest != current.profile_digest:
        return "the window before was compared with another profile"
    if previous.severity is None or not previous.severity.reaches(threshold):
        return f"the window before was {previous.verdict}"
    if previous.end and current.start and current.end:
        if previous.end > current.start:
            return "the window before overlaps this one"
        if previous.end < current.start - (current.end - current.start):
            return "a whole window lies between the two"
    return None

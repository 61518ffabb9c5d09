"""The one scale of drift for reports, status and policies; apart from `drift` because it needs no numpy."""

from enum import StrEnum


class Severity(StrEnum):
    """How strongly a window differs from the reference, in the order of rising severity."""

    NONE = "None"
    LOW = "Low"
    MODERATE = "Moderate"
    HIGH = "High"
    CRITICAL = "Critical"

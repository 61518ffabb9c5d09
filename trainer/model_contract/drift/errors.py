"""What can be wrong with a drift profile or with the data it is built from.

`ValueError` covers all three for callers that only want to say "bad input":

    ValueError
    └── DriftError
        ├── ReferenceTooShort     the training window is too short for a calibrated profile
        ├── ProfileFormatError    these bytes are no drift profile
        └── WindowMismatch        this window does not belong to this profile
"""


class DriftError(ValueError):
    """A drift profile cannot be built, read or applied."""


class ReferenceTooShort(DriftError):  # noqa: N818  what it says is a fact about the data
    """The reference holds too few rows: a trustworthy verdict needs longer windows of telemetry."""

    def __init__(self, message: str, *, rows: int, rows_needed: int) -> None:
        super().__init__(message)
        self.rows = rows
        self.rows_needed = rows_needed


class ProfileFormatError(DriftError):
    """The bytes are not a drift profile of a version that this code reads, or were altered."""


class WindowMismatch(DriftError):  # noqa: N818  what it says is a fact about the data
    """The current window has another number of rows or channels than the profile was calibrated for."""

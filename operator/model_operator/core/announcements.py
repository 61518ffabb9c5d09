"""What to tell people about a pass: one event per change, with the numbers in it.

`shell.announce` sends them after the status write succeeded, and counts them by reason.
"""

from typing import Literal

from model_operator.api.vocabulary import Reason
from model_operator.core.observed import Observation


class Announcement(Observation):
    """One event about a SensorModel."""

    type: Literal["Normal", "Warning"]
    reason: Reason
    action: str  # CamelCase, what the operator did
    note: str  # at most 1,024 bytes
    related_job: str | None = None

"""What a look at the quality of telemetry finds: a score and the faults that lower it, each with where and how much.

Types only; `assess.py` fills them, the operator writes them into status and decides by the score.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from model_contract.base import ContractModel, Instant


class QualityCheck(StrEnum):
    """The named checks. Each can cost up to a stated number of points of the hundred."""

    COMPLETENESS = "Completeness"  # rows that should have come
    FRESHNESS = "Freshness"  # age of the newest row
    RANGE = "Range"  # values beyond what the training data ever showed
    UNIT = "Unit"  # the whole window on another scale, as from another unit
    DUPLICATES = "Duplicates"  # several rows with one time stamp
    ORDER = "Order"  # time stamps that go back
    SAMPLING_RATE = "SamplingRate"  # the distance of rows
    STUCK = "Stuck"  # one reading for longer than the training data ever showed
    SPIKES = "Spikes"  # single readings far away from their neighbours
    NOT_FINITE = "NotFinite"  # NaN and infinities among the rows that came


class QualityFault(ContractModel):
    """One fault of one column, or of the rows as a whole."""

    check: QualityCheck
    column: str | None = None  # None: of the rows, not of a column
    points: Annotated[float, Field(gt=0, le=100, description="What it costs of the score of 100.")]
    message: str  # where and how much, for people


class QualityReport(ContractModel):
    """The quality of one window of telemetry."""

    score_percent: Annotated[int, Field(ge=0, le=100)]
    faults: tuple[QualityFault, ...]  # the costliest first
    start: Instant  # of the window
    end: Instant
    rows: int  # that came in the window
    rows_expected: int

"""Splits telemetry by time into what a model learns from, what ends its fitting, and what it is judged by."""

from dataclasses import dataclass
from typing import Final

from model_contract.result import FailureReason
from model_trainer.errors import CannotWork

TRAIN_SHARE: Final = 0.70
VALIDATION_SHARE: Final = 0.15
FEWEST_FORECASTS: Final = {"train": 100, "validation": 20, "test": 30}  # rows that can be forecast


@dataclass(frozen=True)
class Split:
    """Three adjoining ranges of rows, oldest first. Nothing is shuffled: a forecast must not know the future."""

    train: range
    validation: range
    test: range


def split_by_time(rows: int) -> Split:
    """The oldest 70 % of the rows, the next 15 %, and the newest 15 %."""
    train_end = round(rows * TRAIN_SHARE)
    validation_end = round(rows * (TRAIN_SHARE + VALIDATION_SHARE))
    return Split(train=range(train_end), validation=range(train_end, validation_end), test=range(validation_end, rows))


def split_at(first: int, history: int, rows: int) -> Split:
    """The split of telemetry that a fitted model is scored on: the test rows begin at `first`.

    So many rows of history before them give the first threshold, as validation rows do where a model is fitted.
    """
    judged = max(first - history, 0)
    return Split(train=range(judged), validation=range(judged, first), test=range(first, rows))


def require_enough(split: Split, segments: tuple[range, ...], horizon: int) -> None:
    """Refuse telemetry whose gaps leave too little to learn from or to judge by.

    Raises:
        CannotWork: a part has too few rows that can be forecast: those with a row before and the horizon after them.
    """
    for part, needed in FEWEST_FORECASTS.items():
        span: range = getattr(split, part)
        overlaps = (min(segment.stop, span.stop) - max(segment.start, span.start) for segment in segments)
        found = sum(max(0, overlap - horizon) for overlap in overlaps)
        if found < needed:
            raise CannotWork(
                FailureReason.TOO_LITTLE_DATA,
                f"{found} rows of the {part} part can be forecast, at least {needed} are needed; "
                f"the window holds {split.test.stop} rows in {len(segments)} stretches without a gap",
            )

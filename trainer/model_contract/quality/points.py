"""What each check may cost, and how the faults of several columns add up.

The numbers stand in one table here; the checks say how bad a fault is, this module says what that means for the score.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from model_contract.quality.report import QualityCheck, QualityFault

MOST: Final = MappingProxyType(
    {
        QualityCheck.COMPLETENESS: 100.0,
        QualityCheck.FRESHNESS: 100.0,
        QualityCheck.NOT_FINITE: 100.0,
        QualityCheck.UNIT: 60.0,
        QualityCheck.RANGE: 60.0,
        QualityCheck.STUCK: 40.0,
        QualityCheck.DUPLICATES: 40.0,
        QualityCheck.SAMPLING_RATE: 40.0,
        QualityCheck.SPIKES: 20.0,
        QualityCheck.ORDER: 10.0,
    }
)
LEAST: Final = 0.5  # points; less would not change the rounded score
COLUMN_WEIGHTS: Final = (1.0, 0.5, 0.25, 0.125)  # of a check's worst column, the next one, ...; further ones: nothing
LONGEST_MESSAGE: Final = 256  # characters, a limit of the status


def add_up(found: Iterable[QualityFault]) -> tuple[int, tuple[QualityFault, ...]]:
    """The score in percent, and the faults with the points that they cost, the costliest first.

    Of each check the worst column counts in full and each next one half as much as the one before: a model of fifty
    columns is not bad because each of them has a trifle, and one broken column is not hidden by forty-nine good ones.

    Args:
        found: at most one fault per check and column, with what it would cost alone.
    """
    by_check: dict[QualityCheck, list[QualityFault]] = {}
    for fault in found:
        by_check.setdefault(fault.check, []).append(fault)
    faults = [fault for check, same in by_check.items() for fault in _of_one_check(check, same)]
    faults.sort(key=lambda fault: -fault.points)
    return round(max(0.0, 100.0 - sum(fault.points for fault in faults))), tuple(faults)


def _of_one_check(check: QualityCheck, faults: list[QualityFault]) -> list[QualityFault]:
    faults = sorted((fault for fault in faults if fault.points >= LEAST), key=lambda fault: -fault.points)
    left, costs = MOST[check], []
    for fault, weight in zip(faults, COLUMN_WEIGHTS, strict=False):
        points = round(min(weight * fault.points, left), 2)
        if points > 0.0:
            costs.append(fault.model_copy(update={"points": points}))
            left -= points
    if more := len(faults) - len(costs):
        also = f"; the same in {more} more column{'s' if more > 1 else ''}"
        costs[-1] = costs[-1].model_copy(update={"message": costs[-1].message[: LONGEST_MESSAGE - len(also)] + also})
    return costs

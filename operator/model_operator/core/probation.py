"""A version that the gate promoted by itself is on trial: its predecessor is scored beside it on new telemetry.

Level based: the version's last move says since when, the version that it was compared with is its predecessor, and the
newest evaluation holds both scores. `core.evaluation` asks whom to score, `core.promotion_steps` whether it has failed,
`core.status` until when it lasts.
"""

from datetime import datetime, timedelta

from model_contract.keys import ComparisonVerdict
from model_operator.api.base import format_window, parse_duration
from model_operator.api.promotion import Promotion
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.kpis import improvement_percent
from model_operator.core.observed import GateRecord, Observation, RegisteredModel, Version
from model_operator.core.performance import newest_evaluation


class Probation(Observation):
    """The trial of the Production version, be it over or not."""

    version: Version
    predecessor: Version
    until: datetime
    length: timedelta


def probation_of(model: RegisteredModel, promotion: Promotion) -> Probation | None:
    """The trial of the Production version; None when a person promoted it, or nobody served before."""
    version, length = model.version(model.production), parse_duration(promotion.probation)
    if version is None or not version.moves or not length:
        return None
    last, predecessor = version.moves[-1], model.version(version.compared_with)
    by_the_gate = last.to_stage is Stage.PRODUCTION and (last.by, last.reason) == (MovedBy.POLICY, Reason.PROMOTED)
    if not by_the_gate or predecessor is None or predecessor.version == version.version:
        return None
    return Probation(version=version, predecessor=predecessor, until=last.time + length, length=length)


def failed_probation(probation: Probation, promotion: Promotion) -> GateRecord | None:
    """Why the predecessor shall come back, with the numbers; None when it shall not.

    The paired block bootstrap must call it Better, and where the metric of the policy is known it must be better there.
    """
    record = newest_evaluation(probation.version)
    if record is None or record.predecessor is None or record.predecessor.version != probation.predecessor.version:
        return None
    before, metric = record.predecessor, promotion.metric
    if before.verdict is not ComparisonVerdict.BETTER:
        return None
    own, other = record.kpis.get(metric), before.kpis.get(metric)
    numbers = ""
    if own is not None and other is not None:
        gain = improvement_percent(other, own, metric)
        if gain <= 0:
            return None
        numbers = f": {metric} {own:.4g} against {other:.4g} ({gain:.1f} % better)"
    window = format_window(record.window.start, record.window.end)
    interval = ""
    if before.interval_percent is not None:
        lower, upper = before.interval_percent
        interval = f", bootstrap {before.verdict} [{lower:+.1f}, {upper:+.1f}] %"
    message = (
        f"version {probation.version.version} does worse than version {before.version} before it on {window}{numbers}"
        f"{interval}; run {record.run_id}"
    )
    return GateRecord(reason=Reason.PROBATION_FAILED, message=message)

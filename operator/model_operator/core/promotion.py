"""The promotion gate: is the Staging version good enough for Production?

Reads only what the registry holds: KPIs of candidate, champion, naive forecast and baseline on the same held-out
window, and the verdict of the paired block bootstrap. A missing metric never passes, except the baseline's: versions of
older trainers have none, and the message says so.
"""

import math
from typing import Final

from model_contract.keys import ComparisonVerdict, Kpi, Subject
from model_operator.api.promotion import Promotion, PromotionMode
from model_operator.api.vocabulary import Reason
from model_operator.core.kpis import describe_kpi, improvement_percent, kpi_of
from model_operator.core.leakage import find_leakage
from model_operator.core.observed import GateRecord, Version

_BASELINES: Final = {  # the second for sensors whose level shifts, where a regression on its past goes wrong
    Subject.BASELINE: "the baseline, a ridge autoregression",
    Subject.NAIVE: "the naive forecast",
}

_COMPARES_ANEW: Final = "the next training compares anew"


def judge_candidate(candidate: Version, champion: Version | None, promotion: Promotion) -> GateRecord:
    """What the gate says; `Reason.PROMOTED` and `Reason.AWAITING_APPROVAL` are its two ways of passing."""
    if candidate.gate is not None and candidate.gate.reason is Reason.PROBATION_FAILED:
        return candidate.gate  # what has failed once is not tried again by itself
    refusal = _refuse_first(candidate, promotion) if champion is None else _refuse(candidate, champion, promotion)
    if refusal is None and promotion.must_beat_baseline:
        refusal = _refuse_for_baseline(candidate, champion, promotion.metric)
    if refusal is not None:
        return refusal
    merits = _merits(candidate, champion, promotion.metric)
    if promotion.must_beat_baseline and kpi_of(candidate, Subject.BASELINE, promotion.metric) is None:
        merits += f"; run {candidate.run_id} holds no finite {promotion.metric} of the baseline to compare with"
    if promotion.mode is PromotionMode.MANUAL:
        return GateRecord(
            reason=Reason.AWAITING_APPROVAL, message=f"{merits}; promotion.mode is Manual: a person decides"
        )
    return GateRecord(reason=Reason.PROMOTED, message=merits)


def passes(gate: GateRecord) -> bool:
    """Whether the gate lets the version through without a person."""
    return gate.reason is Reason.PROMOTED


def _refuse_first(candidate: Version, promotion: Promotion) -> GateRecord | None:
    """The first version must beat the forecast that the next value equals the last."""
    kpi = promotion.metric
    if candidate.compared_with is not None:
        message = (
            f"version {candidate.version} was compared with version {candidate.compared_with}, which is not Production"
        )
        return GateRecord(reason=Reason.NOT_COMPARED, message=f"{message} any more; {_COMPARES_ANEW}")
    if leaked := find_leakage(candidate, None):
        return leaked
    own, naive = kpi_of(candidate, Subject.CANDIDATE, kpi), kpi_of(candidate, Subject.NAIVE, kpi)
    if own is None or naive is None:
        return _metric_missing(candidate, kpi, "the naive forecast" if own is not None else "the candidate")
    gain = improvement_percent(own, naive, kpi)
    if gain > 0:
        return None
    message = (
        f"version {candidate.version}: {kpi} {own:.4g} does not beat {naive:.4g} of the naive forecast ({gain:+.1f} %)"
    )
    return GateRecord(reason=Reason.WORSE_THAN_NAIVE, message=message)


def _refuse(candidate: Version, champion: Version, promotion: Promotion) -> GateRecord | None:
    """The checks against the champion, in order; the first that fails says why."""
    names = f"version {candidate.version} against {champion.version}"
    if candidate.compared_with != champion.version:
        was = f"version {candidate.compared_with}" if candidate.compared_with else "nothing"
        return GateRecord(reason=Reason.NOT_COMPARED, message=f"{names}: it was compared with {was}; {_COMPARES_ANEW}")
    if leaked := find_leakage(candidate, champion):
        return leaked
    own = kpi_of(candidate, Subject.CANDIDATE, promotion.metric)
    other = kpi_of(candidate, Subject.CHAMPION, promotion.metric)
    if own is None or other is None:
        return _metric_missing(candidate, promotion.metric, "the champion" if own is not None else "the candidate")
    gain = improvement_percent(own, other, promotion.metric)
    numbers = f"{names}: {promotion.metric} {own:.4g} against {other:.4g} ({gain:+.1f} %){_interval(candidate)}"
    if candidate.comparison is None:
        return GateRecord(reason=Reason.NOT_COMPARED, message=f"{numbers}, but no verdict of the comparison is stored")
    if candidate.comparison is ComparisonVerdict.CANNOT_TELL:
        return GateRecord(reason=Reason.CANNOT_TELL, message=f"{numbers}: the difference may be chance")
    if candidate.comparison is ComparisonVerdict.NOT_BETTER:
        return GateRecord(reason=Reason.NOT_BETTER, message=numbers)
    if gain < promotion.min_improvement_percent:
        message = f"{numbers}, required {promotion.min_improvement_percent} %"
        return GateRecord(reason=Reason.IMPROVEMENT_TOO_SMALL, message=message)
    return None


def _refuse_for_baseline(candidate: Version, champion: Version | None, kpi: Kpi) -> GateRecord | None:
    """A network must do better than what costs nothing; where that is perfect already, as well."""
    own, perfect = kpi_of(candidate, Subject.CANDIDATE, kpi), 1.0 if kpi.greater_is_better else 0.0
    for subject, name in _BASELINES.items():
        other = kpi_of(candidate, subject, kpi)
        if own is None or other is None or own == perfect:
            continue
        gain = improvement_percent(own, other, kpi)
        if gain <= 0:
            merits = _merits(candidate, champion, kpi)
            message = (
                f"{merits}, but it does not beat {other:.4g} of {name} ({gain:+.1f} %): promotion.mustBeatBaseline"
            )
            return GateRecord(reason=Reason.WORSE_THAN_BASELINE, message=message)
    return None


def _merits(candidate: Version, champion: Version | None, kpi: Kpi) -> str:
    subject, name = (
        (Subject.NAIVE, "the naive forecast") if champion is None else (Subject.CHAMPION, f"version {champion.version}")
    )
    value, other = kpi_of(candidate, Subject.CANDIDATE, kpi), kpi_of(candidate, subject, kpi)
    gain = improvement_percent(value, other, kpi) if value is not None and other is not None else math.nan
    interval = _interval(candidate) if champion else ""
    own, its = describe_kpi(candidate, kpi), describe_kpi(candidate, kpi, subject)
    return f"version {candidate.version}: {own} against {its} of {name} ({gain:+.1f} %){interval}"


def _interval(candidate: Version) -> str:
    if candidate.improvement_interval is None:
        return ""
    lower, upper = candidate.improvement_interval
    return f", bootstrap {candidate.comparison} [{lower:+.1f}, {upper:+.1f}] %"


def _metric_missing(candidate: Version, kpi: Kpi, whose: str) -> GateRecord:
    message = f"version {candidate.version}: run {candidate.run_id} holds no finite {kpi} of {whose}"
    return GateRecord(reason=Reason.METRIC_MISSING, message=message)

"""How the Production version does on new telemetry beside how it did when it was promoted.

The numbers come from the records that evaluation Jobs leave with the version; without labels or data there is no
number, and none is made up. Asked by `core.assessment`, the performance trigger and the condition.
"""

from typing import Final

from model_contract.evaluation import EvaluationRecord
from model_contract.keys import Kpi, Subject
from model_operator.api.base import format_decimal
from model_operator.api.retrainingpolicy import PerformanceTrigger
from model_operator.api.sensormodelstatus import ConfusionCounts, PerformanceAssessment, PredecessorAssessment
from model_operator.core.kpis import improvement_percent, kpi_of
from model_operator.core.observed import Version

RISES_TO_ONE: Final = frozenset({Kpi.R2, Kpi.PRECISION, Kpi.RECALL, Kpi.F1, Kpi.ROC_AUC})
OF_DETECTION: Final = frozenset({Kpi.PRECISION, Kpi.RECALL, Kpi.F1, Kpi.ROC_AUC})


def newest_evaluation(version: Version) -> EvaluationRecord | None:
    """The newest record of a version; None when it was not scored since it was registered."""
    return version.evaluations[-1] if version.evaluations else None


def assess_performance(version: Version, trigger: PerformanceTrigger) -> PerformanceAssessment | None:
    """The newest evaluation as the policy sees it; None without one."""
    record = newest_evaluation(version)
    if record is None:
        return None
    value, baseline = record.kpis.get(trigger.metric), kpi_of(version, Subject.CANDIDATE, trigger.metric)
    loss = None if value is None or baseline is None else -improvement_percent(value, baseline, trigger.metric)
    return PerformanceAssessment(
        metric=trigger.metric,
        value=_decimal(value),
        baseline=_decimal(baseline),
        degradation_percent=None if loss is None else f"{max(min(loss, 1e9), -1e9):.1f}",
        degraded=value is not None and (loss_exceeds_limit(loss, trigger) or value_is_below_minimum(value, trigger)),
        version=version.version,
        run_id=record.run_id[:64],
        evaluated_time=record.time,
        window_start_time=record.window.start,
        window_end_time=record.window.end,
        kpis={str(kpi): format_decimal(number) for kpi, number in record.kpis.items()},
        anomalies=record.anomalies,
        confusion=_confusion(record),
        predecessor=_predecessor(record, trigger),
        message=record.undetermined and record.undetermined[:1024],
    )


def loss_exceeds_limit(loss_percent: float | None, trigger: PerformanceTrigger) -> bool:
    """Whether the loss against the value at promotion is larger than the policy allows."""
    return loss_percent is not None and loss_percent > trigger.max_degradation_percent


def value_is_below_minimum(value: float, trigger: PerformanceTrigger) -> bool:
    """Whether a metric that rises to 1 is below the policy's floor; errors have none."""
    return trigger.metric in RISES_TO_ONE and value * 100 < trigger.minimum_percent


def _predecessor(record: EvaluationRecord, trigger: PerformanceTrigger) -> PredecessorAssessment | None:
    before = record.predecessor
    if before is None:
        return None
    return PredecessorAssessment(
        version=before.version,
        value=_decimal(before.kpis.get(trigger.metric)),
        verdict=before.verdict,
        improvement_percent=None if before.improvement_percent is None else f"{before.improvement_percent:.1f}",
        message=before.problem and before.problem[:1024],
    )


def _confusion(record: EvaluationRecord) -> ConfusionCounts | None:
    if record.confusion is None:
        return None
    found, wrong, missed = record.confusion
    return ConfusionCounts(true_positives=found, false_positives=wrong, false_negatives=missed)


def _decimal(value: float | None) -> str | None:
    return None if value is None else format_decimal(value)

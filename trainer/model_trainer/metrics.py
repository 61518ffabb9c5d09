"""The metrics of a run under the names of the contract. A value that is not defined is not logged."""

from collections.abc import Mapping

from model_contract.keys import (
    METRIC_IMPROVEMENT_LOWER_PERCENT,
    METRIC_IMPROVEMENT_PERCENT,
    METRIC_IMPROVEMENT_UPPER_PERCENT,
    Subject,
    kpi_metric,
)
from model_trainer.assessment import Assessment
from model_trainer.comparison import Comparison


def assessment_metrics(assessments: Mapping[Subject, Assessment]) -> dict[str, float]:
    """The KPIs of every subject, and what a score alone would hide: the share of rows flagged, and counts."""
    metrics: dict[str, float] = {}
    for subject, assessment in assessments.items():
        metrics |= {kpi_metric(subject, kpi): value for kpi, value in assessment.kpis.items()}
        metrics[f"{subject}_flagged_percent"] = assessment.flagged_percent
        if assessment.pr_auc is not None:
            metrics[f"{subject}_prauc"] = assessment.pr_auc
        if assessment.counts is not None:
            metrics[f"{subject}_true_positives"] = assessment.counts.true_positives
            metrics[f"{subject}_false_positives"] = assessment.counts.false_positives
            metrics[f"{subject}_false_negatives"] = assessment.counts.false_negatives
    return metrics


def comparison_metrics(comparison: Comparison | None) -> dict[str, float]:
    """The improvement over the champion with its interval."""
    if comparison is None:
        return {}
    values = {
        METRIC_IMPROVEMENT_PERCENT: comparison.improvement_percent,
        METRIC_IMPROVEMENT_LOWER_PERCENT: comparison.lower_percent,
        METRIC_IMPROVEMENT_UPPER_PERCENT: comparison.upper_percent,
    }
    return {name: value for name, value in values.items() if value is not None}

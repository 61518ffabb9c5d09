"""How good forecasts and detections are: pure functions of arrays. What is not defined is left out, never NaN."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from model_contract.keys import Kpi
from model_trainer.data.telemetry import Booleans, Floats

SMALLEST_FOR_MAPE: Final = 1e-3  # |y|; relative errors of smaller values say nothing about the forecast


@dataclass(frozen=True)
class Confusion:
    """Counts of anomalies: found, falsely reported, missed."""

    true_positives: int
    false_positives: int
    false_negatives: int


def forecast_kpis(actual: Floats, forecast: Floats) -> dict[Kpi, float]:
    """MAE, RMSE, MAPE and R2 over the rows that have a forecast.

    MAPE is in percent and skips rows with |actual| < 0.001; R2 is left out where the signal is constant.
    """
    known = np.isfinite(actual) & np.isfinite(forecast)
    if not known.any():
        return {}
    y, error = actual[known], (forecast - actual)[known]
    kpis = {Kpi.MAE: float(np.abs(error).mean()), Kpi.RMSE: float(np.sqrt((error**2).mean()))}
    large = np.abs(y) >= SMALLEST_FOR_MAPE
    if large.any():
        kpis[Kpi.MAPE] = float(100 * (np.abs(error[large]) / np.abs(y[large])).mean())
    spread = float(((y - y.mean()) ** 2).sum())
    if np.ptp(y) > 0 and spread > 0:
        kpis[Kpi.R2] = 1.0 - float((error**2).sum()) / spread
    return {kpi: value for kpi, value in kpis.items() if np.isfinite(value)}


def confusion(labelled: list[range], found: list[range]) -> Confusion:
    """Counts by overlap, without point adjustment (Hundman et al., section 4.2).

    A labelled anomaly that a found one overlaps is a true positive; a found one that overlaps none, a false positive.
    """
    overlapped = sum(any(_overlap(label, other) for other in found) for label in labelled)
    return Confusion(
        true_positives=overlapped,
        false_positives=sum(not any(_overlap(label, other) for label in labelled) for other in found),
        false_negatives=len(labelled) - overlapped,
    )


def detection_kpis(counts: Confusion) -> dict[Kpi, float]:
    """Precision, recall and F1; without labelled anomalies there is no recall, without reported ones no precision."""
    hits, reported = counts.true_positives, counts.true_positives + counts.false_positives
    existing = counts.true_positives + counts.false_negatives
    kpis: dict[Kpi, float] = {}
    if reported:
        kpis[Kpi.PRECISION] = hits / reported
    if existing:
        kpis[Kpi.RECALL] = hits / existing
        kpis[Kpi.F1] = 2 * hits / (2 * hits + counts.false_positives + counts.false_negatives)
    return kpis


def roc_auc(labelled: Booleans, score: Floats) -> dict[Kpi, float]:
    """The chance that an anomalous row scores above a normal one, ties half; nothing where one kind is missing."""
    positives = int(labelled.sum())
    negatives = len(labelled) - positives
    if not (positives and negatives):
        return {}
    _values, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    middle_ranks = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(middle_ranks[inverse][labelled].sum())
    return {Kpi.ROC_AUC: (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)}


def _overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop

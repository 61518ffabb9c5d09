"""Judges one forecaster on the held-out rows: its errors, the anomalies it finds, its KPIs.

Candidate, champion, naive forecast and baseline all pass through here, so their numbers can be compared.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from model_contract.hyperparameters import Thresholding
from model_contract.keys import Kpi
from model_trainer.curves import detection_curves
from model_trainer.data.scaling import Scaling
from model_trainer.data.split import Split
from model_trainer.data.telemetry import Booleans, Floats, Telemetry
from model_trainer.forecasting import Forecast, Interval
from model_trainer.kpis import Confusion, confusion, detection_kpis, forecast_kpis, roc_auc
from model_trainer.models.linear import last_value
from model_trainer.models.thresholding import (
    Detection,
    find_anomalies,
    runs_of,
    smooth_errors,
    smoothing_lead,
    united,
)


@dataclass(frozen=True)
class HeldOut:
    """What forecasters are judged by: telemetry, its split, the scale of errors, and known anomalies (rows,) if any.

    The scale is that of the rows which the model was fitted on; where one is only scored, of its signal alone.
    """

    telemetry: Telemetry
    split: Split
    scaling: Scaling
    labelled: Booleans | None
    thresholding: Thresholding

    @property
    def signal(self) -> Floats:
        """The values that are forecast, (rows,)."""
        return self.telemetry.values[:, 0]

    @property
    def judged(self) -> range:
        """Rows that give thresholds: unseen by the fit. Only the test rows among them count for KPIs."""
        return range(self.split.validation.start, self.telemetry.rows)

    @property
    def forecast_rows(self) -> range:
        """The judged rows, and those before them that the smoothing of errors starts with."""
        return range(max(0, self.judged.start - smoothing_lead(self.thresholding)), self.telemetry.rows)

    @cached_property
    def naive_detection(self) -> Detection | None:
        """What is anomalous by the errors of the naive forecast; None where that is not asked for."""
        pruning = self.thresholding.naive_pruning
        if pruning == 1:
            return None
        smoothed = self.smoothed_errors(last_value(self.signal, self.telemetry.segments))
        return self.detect(smoothed, self.thresholding.model_copy(update={"pruning": pruning}))

    def smoothed_errors(self, *forecasts: Floats) -> Floats:
        """Smoothed scaled errors of the judged rows, of forecasts (rows,) in raw units; of several their mean size."""
        rows = self.forecast_rows
        sizes = np.mean([np.abs(forecast - self.signal)[rows.start : rows.stop] for forecast in forecasts], axis=0)
        errors = sizes / self.scaling.half_range[0]
        return smooth_errors(errors, self.thresholding)[self.judged.start - rows.start :]

    def detect(self, smoothed: Floats, thresholding: Thresholding) -> Detection:
        """The anomalies that smoothed errors of the judged rows show."""
        signal = self.signal[self.judged.start : self.judged.stop]
        return find_anomalies(smoothed, (signal - self.scaling.centre[0]) / self.scaling.half_range[0], thresholding)


@dataclass(frozen=True)
class Assessment:
    """`forecast` (rows,) with NaN where there is none; `smoothed` and the detection are of the judged rows, scaled."""

    forecast: Floats
    smoothed: Floats
    detection: Detection
    kpis: dict[Kpi, float]
    counts: Confusion | None
    flagged_percent: float
    pr_auc: float | None = None  # None: not both anomalous and normal rows are known
    interval: Interval | None = None


def assess_forecast(forecast: Forecast, held_out: HeldOut) -> Assessment:
    """The assessment of one-step forecasts (rows,), their interval kept with it.

    Anomalies are judged by the error of the median, as those of any other model by the error of its mean.
    """
    return replace(assess(forecast.values, held_out, forecast.judging), interval=forecast.interval)


def assess(forecast: Floats, held_out: HeldOut, judging: tuple[Floats, ...] = ()) -> Assessment:
    """The assessment of one-step forecasts (rows,) in raw units.

    Anomalies are those that its own errors show, or those of the forecasts `judging`, and those of the naive forecast.
    The two complement each other: a model of the signal notices what should not be so and lasts, the naive forecast
    notices change at any level.
    """
    test = held_out.split.test
    smoothed = held_out.smoothed_errors(*(judging or (forecast,)))
    detection = held_out.detect(smoothed, held_out.thresholding)
    if held_out.naive_detection:
        detection = united(detection, held_out.naive_detection)
    newest = slice(test.start - held_out.judged.start, None)
    flagged = detection.flagged[newest]
    kpis = forecast_kpis(held_out.signal[test.start :], forecast[test.start :])
    counts, pr_auc = None, None
    if held_out.labelled is not None:
        labelled = held_out.labelled[test.start :]
        counts = confusion(runs_of(labelled, at_least=1), runs_of(flagged))
        kpis |= detection_kpis(counts) | roc_auc(labelled, detection.deviation[newest])
        if labelled.any() and not labelled.all():
            pr_auc = detection_curves(labelled, detection.deviation[newest]).average_precision
    return Assessment(
        forecast=forecast,
        smoothed=smoothed,
        detection=detection,
        kpis=kpis,
        counts=counts,
        flagged_percent=float(100 * np.mean(flagged)),
        pr_auc=pr_auc,
    )

"""Reads what a version is scored on: a window, the history that forecasts and thresholds need, known anomalies."""

import logging
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Final

import numpy as np

from model_contract.evaluation import EvaluatedWindow, EvaluationTask
from model_contract.hyperparameters import HyperParameters
from model_contract.result import FailureReason
from model_contract.task import DataWindow, TelemetrySource
from model_trainer.assessment import HeldOut
from model_trainer.data.cleaning import clean
from model_trainer.data.labels import Labels, read_labels
from model_trainer.data.scaling import Scaling
from model_trainer.data.sources import column_names, read_readings
from model_trainer.data.split import FEWEST_FORECASTS, Split, split_at
from model_trainer.data.telemetry import Telemetry, time_of
from model_trainer.errors import CannotWork
from model_trainer.models.thresholding import runs_of, smoothing_lead
from model_trainer.tracking.flavour import ModelCard

logger = logging.getLogger(__name__)

FEWEST_ROWS: Final = FEWEST_FORECASTS["test"]  # that can be forecast in the window


@dataclass(frozen=True)
class Evaluated:
    """What a version is scored on; the test rows of `held_out` are the window.

    Known anomalies are there only if some lie in the window: by none, no detection can be judged.
    """

    held_out: HeldOut
    labels_digest: str | None  # None: there are no labels
    anomalies: int | None  # known ones in the window; None: there are no labels
    undetermined: str | None  # why detection cannot be judged


def read_evaluated(task: EvaluationTask, hyperparameters: HyperParameters, card: ModelCard) -> Evaluated:
    """Telemetry and labels of the task, of the columns that the version needs.

    Raises:
        CannotWork: the version needs columns that are gone, the data are unreadable, or too few.
        TryAgain: the file system does not answer.
    """
    source = _source(task.telemetry, card)
    telemetry = _telemetry(source, task.window, hyperparameters, card)
    labels = read_labels(source.labels_uri) if source.labels_uri else None
    first = int(np.searchsorted(telemetry.times, time_of(task.window.start)))
    split = split_at(first, hyperparameters.window_batches * hyperparameters.judged_rows, telemetry.rows)
    _require_rows(telemetry, split, task.window)
    labelled = None if labels is None else labels.at(telemetry.times)
    anomalies = None if labelled is None else len(runs_of(labelled[first:], at_least=1))
    logger.info(
        "telemetry read",
        extra={
            "rows": telemetry.rows,
            "rows_in_window": len(split.test),
            "known_anomalies": anomalies,
            "columns": len(telemetry.columns),
            "segments": len(telemetry.segments),
            "readings_filled": telemetry.readings_filled,
            "digest": telemetry.digest,
        },
    )
    return Evaluated(
        held_out=HeldOut(
            telemetry=telemetry,
            split=split,
            scaling=Scaling(np.array([card.signal_centre]), np.array([card.signal_half_range])),
            labelled=labelled if anomalies else None,
            thresholding=hyperparameters,
        ),
        labels_digest=None if labels is None else labels.digest,
        anomalies=anomalies,
        undetermined=_undetermined(task, labels, anomalies),
    )


def _source(source: TelemetrySource, card: ModelCard) -> TelemetrySource:
    """The source with exactly the version's columns, sampled as it was fitted unless the task says how."""
    signal, *others = card.columns
    if signal != source.value_column:
        raise CannotWork(
            FailureReason.VERSION_UNUSABLE,
            f"the version forecasts {signal}, the sensor's value is {source.value_column}",
        )
    if gone := set(others) - column_names(source):
        raise CannotWork(
            FailureReason.VERSION_UNUSABLE, f"the version needs columns that are gone: {', '.join(sorted(gone))}"
        )
    sampling_seconds = source.sampling_interval_seconds or card.sampling_seconds
    return source.model_copy(update={"feature_columns": tuple(others), "sampling_interval_seconds": sampling_seconds})


def _telemetry(
    source: TelemetrySource, window: EvaluatedWindow, hyperparameters: HyperParameters, card: ModelCard
) -> Telemetry:
    """The window and the rows before it: for the first error window, for smoothing, and for the first forecast."""
    threshold_rows = hyperparameters.window_batches * hyperparameters.judged_rows
    rows = threshold_rows + smoothing_lead(hyperparameters) + max(hyperparameters.sequence_length, card.sequence_length)
    sampling_seconds = source.sampling_interval_seconds or card.sampling_seconds
    start = window.start - timedelta(seconds=rows * sampling_seconds)
    readings = read_readings(source, DataWindow(start=start, end=window.end))
    return clean(readings, sampling_seconds, fewest=0, skip_missing=True)


def _require_rows(telemetry: Telemetry, split: Split, window: EvaluatedWindow) -> None:
    found = sum(max(0, segment.stop - max(segment.start + 1, split.test.start)) for segment in telemetry.segments)
    if found < FEWEST_ROWS:
        raise CannotWork(
            FailureReason.TOO_LITTLE_DATA,
            f"{found} rows from {_span(window)} can be forecast, at least {FEWEST_ROWS} are needed; the window holds "
            f"{len(split.test)} rows with readings, and a row after a gap has no forecast",
        )


def _undetermined(task: EvaluationTask, labels: Labels | None, anomalies: int | None) -> str | None:
    if task.telemetry.labels_uri is None:
        return "there are no labels: none are configured"
    if labels is None:
        return "there are no labels yet: the label file does not exist"
    if not anomalies:
        return f"there is no known anomaly in the window from {_span(task.window)}"
    return None


def _span(window: EvaluatedWindow) -> str:
    start, end = (f"{bound.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for bound in (window.start, window.end))
    return f"{start} to {end}"

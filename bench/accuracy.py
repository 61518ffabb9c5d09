"""Anomaly detection on labelled telemetry: every channel trained with the defaults and three seeds, and scored.

Called by `bench.__main__` when a folder of telemetry is named. As in Hundman et al., KDD 2018: models see the rows of
split `train`, all rows of split `test` are scored, and a found anomaly counts when it overlaps a labelled one. Other
than there the first test rows are judged too: the training rows before them give the first threshold, as in an
evaluation by the product. No forecast crosses from one split to the other, because the recordings do not adjoin.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from time import process_time
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.table import Bar, Table
from model_contract.hyperparameters import HyperParameters, validate_hyperparameters
from model_contract.task import DataWindow, ModelType, TelemetrySource
from model_trainer.assessment import Assessment, HeldOut, assess_forecast
from model_trainer.data.cleaning import clean
from model_trainer.data.scaling import fit_scaling
from model_trainer.data.sources import read_readings, times_of
from model_trainer.data.split import Split, split_at
from model_trainer.data.telemetry import Booleans, Times
from model_trainer.forecasting import one_step_forecast
from model_trainer.kpis import Confusion

SEEDS: Final = (0, 1, 2)
_FITTED_SHARE: Final = 0.8  # of the training rows; the rest end the fit
_LEAST_MEAN_F1: Final = 0.75
_LEAST_F1: Final = 0.70
_MOST_FLAGGED: Final = 10.0


@dataclass(frozen=True)
class Scored:
    """One channel, trained with one seed and scored."""

    channel: str
    seed: int
    counts: Confusion
    flagged_percent: float
    test_rows: int
    cpu_seconds: float


@dataclass(frozen=True)
class Total:
    """All channels with one seed."""

    counts: Confusion
    flagged_percent: float

    @property
    def precision(self) -> float:
        """Of the reported anomalies, the share that are labelled."""
        return self.counts.true_positives / max(self.counts.true_positives + self.counts.false_positives, 1)

    @property
    def recall(self) -> float:
        """Of the labelled anomalies, the share that are reported."""
        return self.counts.true_positives / max(self.counts.true_positives + self.counts.false_negatives, 1)

    def f(self, beta: float) -> float:
        """Their weighted harmonic mean; a beta below 1 favours precision."""
        weighted = (1 + beta**2) * self.counts.true_positives
        return weighted / max(weighted + beta**2 * self.counts.false_negatives + self.counts.false_positives, 1)


def measure_accuracy(folder: Path, seeds: Sequence[int] = SEEDS) -> tuple[list[Table], list[Bar], list[Scored]]:
    """Tables, bars and raw values of a folder with `channels/*.parquet` and `labels.parquet`.

    Raises:
        FileNotFoundError: the folder has no labels.
    """
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
    labels = pq.read_table(folder / "labels.parquet", columns=["channel", "start", "end"])
    labelled = sorted(set(labels["channel"].to_pylist()))
    scored = [
        score_channel(folder / f"channels/{channel}.parquet", labels.filter(pc.field("channel") == channel), seed)
        for seed in seeds
        for channel in labelled
    ]
    totals = {seed: total([each for each in scored if each.seed == seed]) for seed in seeds}
    return [_channel_table(scored, labelled), _total_table(totals)], accuracy_bars(list(totals.values())), scored


def accuracy_bars(totals: Sequence[Total]) -> list[Bar]:
    """What the defaults must reach."""
    return [
        Bar("accuracy: mean F1", fmean(each.f(1) for each in totals), _LEAST_MEAN_F1, at_least=True),
        Bar("accuracy: F1 of every seed", min(each.f(1) for each in totals), _LEAST_F1, at_least=True),
        Bar("accuracy: rows flagged", max(each.flagged_percent for each in totals), _MOST_FLAGGED, " %"),
    ]


def total(scored: Sequence[Scored]) -> Total:
    """The counts of all channels, and the share of all their test rows that is flagged."""
    return Total(
        counts=Confusion(
            true_positives=sum(each.counts.true_positives for each in scored),
            false_positives=sum(each.counts.false_positives for each in scored),
            false_negatives=sum(each.counts.false_negatives for each in scored),
        ),
        flagged_percent=float(
            np.average([each.flagged_percent for each in scored], weights=[each.test_rows for each in scored])
        ),
    )


def score_channel(path: Path, labels: pa.Table, seed: int) -> Scored:
    """Train on the rows of split `train` with every default, score those of split `test`."""
    begun = process_time()
    hyperparameters = validate_hyperparameters(ModelType.TELEMANOM, {})
    held_out = _held_out(path, labels, hyperparameters)
    assessment = _assessment(held_out, hyperparameters, seed)
    if assessment.counts is None:
        raise RuntimeError(f"{path.stem} has no labels")
    return Scored(
        channel=path.stem,
        seed=seed,
        counts=assessment.counts,
        flagged_percent=assessment.flagged_percent,
        test_rows=len(held_out.split.test),
        cpu_seconds=process_time() - begun,
    )


def _held_out(path: Path, labels: pa.Table, hyperparameters: HyperParameters) -> HeldOut:
    together = clean(read_readings(TelemetrySource(uri=path.as_uri()), DataWindow()), None)
    training_rows = pc.sum(pc.equal(pq.read_table(path, columns=["split"])["split"], "train")).as_py()
    telemetry = replace(together, segments=(range(training_rows), range(training_rows, together.rows)))
    history = hyperparameters.window_batches * hyperparameters.judged_rows
    return HeldOut(
        telemetry=telemetry,
        split=split_at(training_rows, history, telemetry.rows),
        scaling=fit_scaling(telemetry.values[:training_rows], telemetry.boolean),
        labelled=_labelled(telemetry.times, labels),
        thresholding=hyperparameters,
    )


def _labelled(times: Times, labels: pa.Table) -> Booleans:
    known = np.zeros(len(times), dtype=bool)
    for start, end in zip(times_of(labels["start"]), times_of(labels["end"]), strict=True):
        known |= (times >= start) & (times <= end)
    return known


def _assessment(held_out: HeldOut, hyperparameters: HyperParameters, seed: int) -> Assessment:
    from model_trainer.models.registry import fit_model  # noqa: PLC0415  imports TensorFlow

    telemetry, first = held_out.telemetry, held_out.split.test.start
    fitted = round(_FITTED_SHARE * first)
    split = Split(train=range(fitted), validation=range(fitted, first), test=held_out.split.test)
    model = fit_model(telemetry, split, held_out.scaling, hyperparameters, _Silent(), seed=seed, threads=1)
    shape = (hyperparameters.sequence_length, hyperparameters.hop)
    forecast = one_step_forecast(model, telemetry.columns, telemetry, held_out.forecast_rows, *shape)
    return assess_forecast(forecast, held_out)


class _Silent:
    """An observer of fits that has nothing to say."""

    def fit_begins(self, steps: int, epochs: int) -> None:
        """A fit begins."""

    def step_ended(self) -> None:
        """A step of the optimizer is done."""

    def epoch_ended(self, epoch: int, train_loss: float, validation_loss: float) -> None:
        """A pass is done."""


def _channel_table(scored: Sequence[Scored], channels: Sequence[str]) -> Table:
    rows = []
    for channel in channels:
        runs = [each for each in scored if each.channel == channel]
        rows.append(
            (channel, *(_counts(each.counts) for each in runs), f"{fmean(each.cpu_seconds for each in runs):.1f}")
        )
    seeds = tuple(f"seed {seed}" for seed in dict.fromkeys(each.seed for each in scored))
    measured = (
        "telemanom with all defaults. Anomalies found / falsely reported / missed by overlap, without point adjustment;"
        " CPU seconds of fitting and scoring."
    )
    return Table("Accuracy: channels", measured, ("channel", *seeds, "CPU s"), tuple(rows))


def _total_table(totals: Mapping[int, Total]) -> Table:
    rows = [(f"seed {seed}", _counts(each.counts), *_numbers(each)) for seed, each in totals.items()]
    means = [fmean(column) for column in zip(*(_values(each) for each in totals.values()), strict=True)]
    rows.append(("mean", "", *(f"{value:.3f}" for value in means)))
    measured = "All channels together, a row for each seed. Flagged: share of the test rows in a reported anomaly."
    columns = ("", "found/false/missed", "precision", "recall", "F1", "F0.5", "flagged")
    return Table("Accuracy: all channels", measured, columns, tuple(rows))


def _values(each: Total) -> tuple[float, ...]:
    return each.precision, each.recall, each.f(1), each.f(0.5), each.flagged_percent / 100


def _numbers(each: Total) -> tuple[str, ...]:
    return tuple(f"{value:.3f}" for value in _values(each))


def _counts(counts: Confusion) -> str:
    return f"{counts.true_positives}/{counts.false_positives}/{counts.false_negatives}"

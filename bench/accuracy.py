"""Anomaly detection on labelled telemetry: every channel trained with the defaults and three seeds, and scored.

Called by `bench.__main__` when a folder of telemetry is named. As in Hundman et al., KDD 2018: models see the rows of
split `train`, all rows of split `test` are scored, and a found anomaly counts when it overlaps a labelled one. The two
recordings do not adjoin, so no forecast crosses from one to the other, and, as in the published program, nothing is
reported in the first test rows; anomalies there are missed. Other than there the training rows give the first
threshold, as in an evaluation by the product.

Where a window of errors begins moves F1 by as much as the seed does, so the windows begin at five different rows.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
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
from model_trainer.assessment import HeldOut, assess_forecast
from model_trainer.data.cleaning import clean
from model_trainer.data.scaling import fit_scaling
from model_trainer.data.sources import read_readings, times_of
from model_trainer.data.split import Split, split_at
from model_trainer.data.telemetry import Booleans, Times
from model_trainer.forecasting import Forecast, one_step_forecast
from model_trainer.kpis import Confusion, confusion
from model_trainer.models.fitted import FittedModel
from model_trainer.models.thresholding import ignored_rows, runs_of

SEEDS: Final = (0, 1, 2)
PHASES: Final = (0, 14, 28, 42, 56)  # rows that the windows of errors begin earlier; a window moves on by 70
# Found / falsely reported / missed in the run that Hundman et al. published with their program, version 2.
PUBLISHED: Final = {
    "C-1": "1/0/1",
    "D-5": "1/0/0",
    "F-7": "2/1/1",
    "G-7": "3/0/0",
    "M-1": "0/0/1",
    "P-1": "3/1/0",
    "P-11": "2/0/0",
    "T-1": "1/2/1",
}
# Precision, recall, F1, F0.5: Hundman et al.; Orion's leaderboard, results of its version 0.7.1.
LEADERBOARD: Final = (
    ("published, these channels", "0.765", "0.765", "0.765", "0.765"),
    ("published, all 81", "0.870", "0.829", "0.849", "0.861"),
    ("Orion: AER, 80 channels", "0.778", "0.680", "0.725", "0.756"),
    ("Orion: LSTM, 80 channels", "0.536", "0.728", "0.617", "0.566"),
)
_COLUMNS: Final = ("", "precision", "recall", "F1", "F0.5", "F1 of phases", "flagged")
_HISTORY: Final = 250  # rows that the published program has seen before its first forecast
_FITTED_SHARE: Final = 0.8  # of the training rows; the rest end the fit
_LEAST_MEAN_F1: Final = 0.75
_LEAST_F1: Final = 0.70
_MOST_FLAGGED: Final = 10.0


@dataclass(frozen=True)
class Scored:
    """One channel, trained with one seed and scored with one phase; seconds are of the CPU, the fit once for all."""

    channel: str
    seed: int
    phase: int
    counts: Confusion
    flagged_percent: float
    test_rows: int
    fit_seconds: float
    score_seconds: float


@dataclass(frozen=True)
class Total:
    """All channels with one seed and one phase."""

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
    defaults = validate_hyperparameters(ModelType.TELEMANOM, {})
    scored = [each for seed in seeds for channel in labelled for each in score_channel(folder, channel, defaults, seed)]
    totals = {seed: [_total_of(scored, seed, phase) for phase in PHASES] for seed in seeds}
    tables = [channel_table(scored, labelled), total_table(totals)]
    return tables, accuracy_bars(list(totals.values())), scored


def _total_of(scored: Sequence[Scored], seed: int, phase: int) -> Total:
    return total([each for each in scored if (each.seed, each.phase) == (seed, phase)])


def accuracy_bars(seeds: Sequence[Sequence[Total]]) -> list[Bar]:
    """What the defaults must reach, of the totals of each seed; a seed counts by the mean of its phases."""
    of_seeds = [fmean(each.f(1) for each in totals) for totals in seeds]
    return [
        Bar("accuracy: mean F1", fmean(of_seeds), _LEAST_MEAN_F1, at_least=True),
        Bar("accuracy: F1 of every seed", min(of_seeds), _LEAST_F1, at_least=True),
        Bar("accuracy: rows flagged", max(each.flagged_percent for each in chain(*seeds)), _MOST_FLAGGED, " %"),
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


def score_channel(folder: Path, channel: str, hyperparameters: HyperParameters, seed: int) -> list[Scored]:
    """Train on the rows of split `train`, score those of split `test`, once for each phase."""
    path = folder / f"channels/{channel}.parquet"
    labels = pq.read_table(folder / "labels.parquet", filters=pc.field("channel") == channel)
    begun = process_time()
    held_out = _held_out(path, hyperparameters)
    model = _fit(held_out, hyperparameters, seed)
    fitted = process_time()
    shape = (hyperparameters.sequence_length, hyperparameters.hop, hyperparameters.aggregation)
    rows = _with_phase(held_out, max(PHASES)).forecast_rows
    forecast = one_step_forecast(model, held_out.telemetry.columns, held_out.telemetry, rows, *shape)
    reported = {phase: _reported(forecast, _with_phase(held_out, phase)) for phase in PHASES}
    scored = process_time()
    labelled = runs_of(_labelled(held_out.telemetry.times, labels)[held_out.split.test.start :], at_least=1)
    return [
        Scored(
            channel=channel,
            seed=seed,
            phase=phase,
            counts=confusion(labelled, runs_of(flagged)),
            flagged_percent=float(100 * np.mean(flagged)),
            test_rows=len(held_out.split.test),
            fit_seconds=fitted - begun,
            score_seconds=scored - fitted,
        )
        for phase, flagged in reported.items()
    ]


def _reported(forecast: Forecast, held_out: HeldOut) -> Booleans:
    """The test rows that are reported as anomalous; none of the first ones."""
    detection = assess_forecast(forecast, held_out).detection
    flagged = detection.flagged[held_out.split.test.start - held_out.judged.start :].copy()
    flagged[: ignored_rows(len(flagged), _HISTORY)] = False
    return flagged


def _held_out(path: Path, hyperparameters: HyperParameters) -> HeldOut:
    together = clean(read_readings(TelemetrySource(uri=path.as_uri()), DataWindow()), None)
    training_rows = pc.sum(pc.equal(pq.read_table(path, columns=["split"])["split"], "train")).as_py()
    telemetry = replace(together, segments=(range(training_rows), range(training_rows, together.rows)))
    return HeldOut(
        telemetry=telemetry,
        split=split_at(training_rows, 0, telemetry.rows),
        scaling=fit_scaling(telemetry.values[:training_rows], telemetry.boolean),
        labelled=None,
        thresholding=hyperparameters,
    )


def _with_phase(held_out: HeldOut, phase: int) -> HeldOut:
    """With the training rows as history of the first threshold, from so many rows earlier on."""
    parameters, telemetry = held_out.thresholding, held_out.telemetry
    history = parameters.window_batches * parameters.judged_rows + phase
    return replace(held_out, split=split_at(held_out.split.test.start, history, telemetry.rows))


def _labelled(times: Times, labels: pa.Table) -> Booleans:
    known = np.zeros(len(times), dtype=bool)
    for start, end in zip(times_of(labels["start"]), times_of(labels["end"]), strict=True):
        known |= (times >= start) & (times <= end)
    return known


def _fit(held_out: HeldOut, hyperparameters: HyperParameters, seed: int) -> FittedModel:
    from model_trainer.models.registry import fit_model  # noqa: PLC0415  imports TensorFlow

    telemetry, first = held_out.telemetry, held_out.split.test.start
    fitted = round(_FITTED_SHARE * first)
    split = Split(train=range(fitted), validation=range(fitted, first), test=held_out.split.test)
    return fit_model(telemetry, split, held_out.scaling, hyperparameters, _Silent(), seed=seed, threads=1)


class _Silent:
    """An observer of fits that has nothing to say."""

    def fit_begins(self, steps: int, epochs: int) -> None:
        """A fit begins."""

    def step_ended(self) -> None:
        """A step of the optimizer is done."""

    def epoch_ended(self, epoch: int, train_loss: float, validation_loss: float) -> None:
        """A pass is done."""


def channel_table(scored: Sequence[Scored], channels: Sequence[str]) -> Table:
    """A row for each channel, beside what its publishers found."""
    rows = []
    for channel in channels:
        runs = [each for each in scored if each.channel == channel and each.phase == 0]
        seconds = (fmean(each.fit_seconds for each in runs), fmean(each.score_seconds for each in runs))
        rows.append(
            (
                channel,
                PUBLISHED.get(channel, "-"),
                *(counts_of(each.counts) for each in runs),
                *(f"{each:.1f}" for each in seconds),
            )
        )
    seeds = tuple(f"seed {seed}" for seed in dict.fromkeys(each.seed for each in scored))
    measured = (
        "telemanom with all defaults. Anomalies found / falsely reported / missed by overlap, without point adjustment,"
        " beside the one published run of Hundman et al.; windows of errors begin at the same row everywhere. CPU"
        " seconds of fitting and of scoring, means of the seeds."
    )
    return Table("Accuracy: channels", measured, ("channel", "published", *seeds, "fit s", "score s"), tuple(rows))


def total_table(seeds: Mapping[int, Sequence[Total]]) -> Table:
    """A row for each seed, beside what is published."""
    rows = [(f"seed {seed}", *_numbers(totals)) for seed, totals in seeds.items()]
    rows.append(("mean", *_numbers(list(chain(*seeds.values())))))
    rows += [(name, *numbers, "-", "-") for name, *numbers in LEADERBOARD]
    measured = (
        "All channels together, means over the phases of the windows of errors; in brackets the lowest and the highest"
        " F1. Flagged: share of the test rows in a reported anomaly. Published results of others are of the channels"
        " named, by the same score."
    )
    return Table("Accuracy: all channels", measured, _COLUMNS, tuple(rows))


def _numbers(totals: Sequence[Total]) -> tuple[str, ...]:
    columns = zip(*((each.precision, each.recall, each.f(1), each.f(0.5)) for each in totals), strict=True)
    f1 = [each.f(1) for each in totals]
    flagged = fmean(each.flagged_percent for each in totals)
    return (*(f"{fmean(column):.3f}" for column in columns), f"[{min(f1):.2f}-{max(f1):.2f}]", f"{flagged:.1f} %")


def counts_of(counts: Confusion) -> str:
    """Found, falsely reported, missed."""
    return f"{counts.true_positives}/{counts.false_positives}/{counts.false_negatives}"

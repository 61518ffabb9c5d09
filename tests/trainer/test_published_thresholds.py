"""The thresholds of the trainer against the published rules, sequence by sequence."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from model_contract.hyperparameters import Thresholding
from model_trainer.data.telemetry import Floats
from model_trainer.models.thresholding import find_anomalies, smooth_errors
from tests.trainer.published_thresholds import published_sequences
from tests.trainer.telemetry_files import P1

PUBLISHED = Thresholding(pruning=0.13)
WARM_UP = 250


def found(errors: Floats, signal: Floats) -> list[range]:
    return [anomaly.rows for anomaly in find_anomalies(errors, signal, PUBLISHED, WARM_UP).anomalies]


def errors_with_outbursts(seed: int, rows: int) -> tuple[Floats, Floats]:
    """Smoothed errors of noise with a few stretches that are worse or better, and a signal that wanders."""
    random = np.random.default_rng(seed)
    errors = np.abs(random.normal(0, random.choice([0.05, 0.1, 0.2]), rows))
    for start in random.integers(0, rows - 150, random.integers(1, 7)):
        errors[start : start + random.integers(1, 150)] *= random.choice([0.1, 3.0, 8.0])
    return smooth_errors(errors, PUBLISHED), np.cumsum(random.normal(0, 0.05, rows))


@pytest.mark.parametrize("rows", [1750, 2100, 2310, 2800], ids=lambda rows: f"{rows} rows")
@pytest.mark.parametrize("seed", range(4), ids=lambda seed: f"seed {seed}")
def test_made_up_errors_have_the_published_sequences(seed: int, rows: int) -> None:
    errors, signal = errors_with_outbursts(seed, rows)

    assert found(errors, signal) == published_sequences(errors, signal, WARM_UP)


def test_made_up_errors_have_sequences_at_all() -> None:
    """Else the test above would compare nothing with nothing."""
    assert sum(len(found(*errors_with_outbursts(seed, 2800))) for seed in range(4)) >= 4


@pytest.mark.parametrize("sensor", ["P-1", "D-5"])
@pytest.mark.parametrize("rows_averaged", [1, 2], ids=["the last value", "the mean of two"])
def test_errors_on_telemetry_have_the_published_sequences(sensor: str, rows_averaged: int) -> None:
    value = pq.read_table(P1.with_name(f"{sensor}.parquet"))["value"].to_numpy()
    signal = value[: len(value) // 70 * 70]
    forecast = np.convolve(signal, np.full(rows_averaged, 1 / rows_averaged))[: len(signal) - 1]
    errors = smooth_errors(np.concatenate([[0.0], forecast - signal[1:]]), PUBLISHED)

    assert found(errors, signal) == published_sequences(errors, signal, WARM_UP)
    assert found(errors, signal) != []

"""Profiles and windows for the tests of drift: small, simulated, the same in every run."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model_contract.drift import DriftProfile, build_profile

START = datetime(2026, 3, 1, tzinfo=UTC)
ROWS, WINDOW = 1764, 252
DIGEST = "ab" * 32

Series = NDArray[np.float64]


def profile_of(values: Series, window_rows: int = WINDOW, minimum_rows: int = 240) -> DriftProfile:
    """The profile of minute rows (rows, channels) or (rows,) that begin at START."""
    table = values[:, None] if values.ndim == 1 else values
    return build_profile(
        table,
        channels=tuple(f"c{number}" for number in range(table.shape[1])),
        window_rows=window_rows,
        sampling_seconds=60.0,
        start=START,
        end=START + timedelta(minutes=len(table)),
        data_digest=DIGEST,
        minimum_rows=minimum_rows,
    )


def correlated(rows: int, seed: int, memory: float = 0.9) -> Series:
    """A stationary autoregressive series with mean 20 and standard deviation 2, like a slow temperature."""
    random = np.random.default_rng(seed)
    steps = random.normal(size=rows + 200)
    for row in range(1, steps.size):
        steps[row] += memory * steps[row - 1]
    return np.asarray(20.0 + 2.0 * steps[200:] * np.sqrt(1.0 - memory**2))


@cache
def calm() -> tuple[DriftProfile, Series]:
    """A profile of one correlated channel, and the undrifted window (WINDOW, 1) that follows its reference."""
    values = correlated(ROWS + WINDOW, seed=5)
    return profile_of(values[:ROWS]), values[ROWS:, None]


@cache
def calm_channels(channels: int = 4) -> tuple[DriftProfile, Series]:
    """The same with independent channels: the window is (WINDOW, channels)."""
    values = np.column_stack([correlated(ROWS + WINDOW, seed=50 + number) for number in range(channels)])
    return profile_of(values[:ROWS]), values[ROWS:]

"""The telemetry that every peer judges, and our own check of it: a week of minutes and a day, 25 sensors.

Runs in the peers' environments: needs numpy and what the drift check needs, nothing else of the project.
"""

import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_contract.drift import DriftProfile, build_profile

Series = NDArray[np.float64]

ROWS: Final = 10_080
WINDOW: Final = 1_440
CHANNELS: Final = 25
_START: Final = datetime(2024, 1, 1, tzinfo=UTC)  # times mean nothing here


def telemetry(rows: int = ROWS, window: int = WINDOW, channels: int = CHANNELS) -> tuple[Series, Series]:
    """Reference and current window, (rows, channels) each: slow wandering under white noise."""
    random = np.random.default_rng(3)
    walk = np.cumsum(random.normal(size=(rows + window, channels)), axis=0) * 0.01
    values = walk + random.normal(size=walk.shape)
    return values[:rows], values[rows:]


def profile_of(reference: Series, window: int) -> DriftProfile:
    """What our check needs to know about the reference."""
    return build_profile(
        reference,
        channels=tuple(f"channel {number}" for number in range(reference.shape[1])),
        window_rows=window,
        sampling_seconds=60.0,
        start=_START,
        end=_START,
        data_digest="0" * 64,
    )


def best(run: Callable[[], object], *, seconds: float, most: int = 30) -> float:
    """Seconds of processor time of the cheapest of several runs: two, then more until so many seconds are used.

    Processor time, because a busy machine lengthens waiting and not work; everything measured here has one thread.
    """
    times = timeit.repeat(run, timer=time.process_time, number=1, repeat=2)
    while sum(times) < seconds and len(times) < most:
        times += timeit.repeat(run, timer=time.process_time, number=1, repeat=1)
    return min(times)

"""Telemetry of made-up sensors, a row per minute, with a cycle of four hours: the windows of the tests."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.signal import lfilter

from tests.fakes import EPOCH

WINDOW = timedelta(hours=4)
ROWS = 240  # of a window
BEGIN = EPOCH - 8 * WINDOW

Values = NDArray[np.float64]


def quiet(windows: int, *, seed: int = 7) -> Values:
    """A sensor with a cycle and correlated noise, (rows,)."""
    rows = windows * ROWS
    noise = lfilter([1.0], [1.0, -0.6], np.random.default_rng(seed).normal(scale=0.3, size=rows))
    return np.asarray(np.sin(2.0 * np.pi * np.arange(rows) / ROWS) + noise)


def stepped(windows: int, *steps: float, height: float = 2.0, seed: int = 7) -> Values:
    """The same, higher by `height` from each of the steps on, which are counted in windows."""
    values = quiet(windows, seed=seed)
    for step in steps:
        values[round(step * ROWS) :] += height
    return values


def stuck(values: Values, first: float, windows: float) -> Values:
    """A sensor that says the same for some windows."""
    damaged = values.copy()
    start = round(first * ROWS)
    damaged[start : start + round(windows * ROWS)] = damaged[start]
    return damaged


def write(path: Path, values: Values, rows: int | None = None) -> None:
    """The first rows as a Parquet file."""
    count = len(values) if rows is None else min(rows, len(values))
    times = np.datetime64(BEGIN.replace(tzinfo=None), "ms") + np.arange(count) * np.timedelta64(1, "m")
    columns = {"timestamp": pa.array(times, pa.timestamp("ms", "UTC")), "value": pa.array(values[:count])}
    pq.write_table(pa.table(columns), path)


def rows_until(now: datetime) -> int:
    """How many rows have come."""
    return max(0, (now - BEGIN) // timedelta(minutes=1) + 1)

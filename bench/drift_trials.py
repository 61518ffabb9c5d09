"""Windows with and without drift for `bench.drift_quality`: real telemetry, simulated kinds, eleven changes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

Series = NDArray[np.float64]

ROWS: Final = 1764
WINDOW: Final = 252  # 7 : 1, as 168 h to 24 h
LONG_ROWS: Final = 5040
LONG_WINDOW: Final = 720


@dataclass(frozen=True, eq=False)
class Trial:
    """One reference and the two windows after it; `later` is None at the end of the data."""

    source: str
    reference: Series
    current: Series
    later: Series | None = None


# --- changes -----------------------------------------------------------------------------------------------------


def _slowed(window: Series) -> Series:
    return np.interp(np.arange(window.size) / 1.5, np.arange(window.size), window)


def _railed(window: Series, lowest: float, random: np.random.Generator) -> Series:
    return np.where(random.random(window.size) < 0.1, lowest, window)  # noqa: PLR2004  a tenth


def _half_stuck(window: Series) -> Series:
    half = window.size // 2
    return np.concatenate([window[:half], np.full(window.size - half, window[half])])


def changes(trial: Trial, random: np.random.Generator) -> dict[str, Series]:
    """The window of a trial with one change each; sigma is the reference's standard deviation."""
    window, sigma = trial.current, float(trial.reference.std())
    about_mean = window - window.mean()
    return {
        "mean+.25": window + 0.25 * sigma,
        "mean+.5": window + 0.5 * sigma,
        "mean+1": window + sigma,
        "var x1.5": window.mean() + about_mean * np.sqrt(1.5),
        "var x2": window.mean() + about_mean * np.sqrt(2.0),
        "trend": window + np.linspace(0.0, sigma, window.size),
        "stuck half": _half_stuck(window),
        "stuck": np.full(window.size, window[0]),
        "rail": _railed(window, float(trial.reference.min()), random),
        "noise .3": window + 0.3 * sigma * random.normal(size=window.size),
        "slowed": _slowed(window),
    }


# --- trials ------------------------------------------------------------------------------------------------------


def _autoregressive(size: int, memory: float, random: np.random.Generator) -> Series:
    series = random.normal(size=size)
    series[0] /= np.sqrt(1.0 - memory**2)
    for row in range(1, size):
        series[row] += memory * series[row - 1]
    return series


def _seasonal(size: int, period: float, random: np.random.Generator) -> Series:
    phase = random.uniform(0.0, 2.0 * np.pi)
    return np.asarray(np.sin(2.0 * np.pi * np.arange(size) / period + phase) + 0.3 * random.normal(size=size))


SIMULATED: Final[Mapping[str, Callable[[int, np.random.Generator], Series]]] = {
    "iid": lambda size, random: random.normal(size=size),
    "AR .9": lambda size, random: _autoregressive(size, 0.9, random),
    "AR .99": lambda size, random: _autoregressive(size, 0.99, random),
    "season m/4": lambda size, random: _seasonal(size, WINDOW / 4, random),
    "season m": lambda size, random: _seasonal(size, WINDOW, random),
    "season 3m": lambda size, random: _seasonal(size, 3 * WINDOW, random),
    "random walk": lambda size, random: np.cumsum(random.normal(size=size)),
}


def simulated_trials(kind: str, count: int, seed: int = 7) -> Iterator[Trial]:
    """Independent trials of one simulated kind."""
    for number, random in enumerate(np.random.default_rng(seed).spawn(count)):
        yield _trial(f"{kind} {number}", SIMULATED[kind](ROWS + 2 * WINDOW, random), ROWS, WINDOW)


def training_trials(folder: Path, every: int) -> Iterator[Trial]:
    """Trials of the training rows of each channel, which hold no labelled anomaly; starts half a window apart."""
    for path in sorted(folder.glob("*.parquet")):
        table = pyarrow.parquet.read_table(path, columns=["split", "value"])
        values = table["value"].to_numpy()[np.asarray(table["split"].to_pylist()) == "train"]
        for start in range(0, values.size - ROWS - WINDOW + 1, every * (WINDOW // 2)):
            yield _trial(path.stem, values[start:], ROWS, WINDOW)


def unlabelled_trials(folder: Path, every: int) -> Iterator[Trial]:
    """Long trials of training and test rows without a labelled anomaly; channels without labels are left out."""
    if not (folder / "labels.csv").exists():
        return
    labels = pyarrow.csv.read_csv(folder / "labels.csv").to_pylist()
    for path in sorted(folder.glob("**/*.parquet")):
        spans = [(label["start_index"], label["end_index"]) for label in labels if label["channel"] == path.stem]
        if not spans:
            continue
        table = pyarrow.parquet.read_table(path, columns=["split", "value"])
        values = table["value"].to_numpy()
        anomalous = np.zeros(values.size, dtype=bool)
        training_rows = table["split"].to_pylist().count("train")
        for first, last in spans:
            anomalous[training_rows + first : training_rows + last + 1] = True
        for start in range(0, values.size - LONG_ROWS - LONG_WINDOW + 1, every * (LONG_WINDOW // 2)):
            if not anomalous[start : start + LONG_ROWS + LONG_WINDOW].any():
                yield _trial(path.stem, values[start:], LONG_ROWS, LONG_WINDOW)


def _trial(source: str, values: Series, rows: int, window: int) -> Trial:
    end = rows + window
    later = values[end : end + window] if values.size >= end + window else None
    return Trial(source, values[:rows], values[rows:end], later)

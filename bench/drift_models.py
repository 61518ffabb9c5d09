"""How often the residual view by a model's own errors alarms without drift; called by `bench.drift` and a test.

Stand-ins for the served model are linear predictors fitted by least squares on the first 70 % of the reference, as the
trainer fits: one of 16 lags, which learns what there is to learn, and one of 300, which learns much of it by heart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from bench.drift_quality import LEVELS, START
from bench.drift_trials import Series, Trial, simulated_trials, training_trials
from bench.table import Table
from model_contract.drift import build_profile, model_residual_view

FITTED_SHARE: Final = 0.7
ORDERS: Final = (16, 300)
KINDS: Final = ("iid", "AR .9", "season m", "random walk")
_RIDGE: Final = 1e-9  # of the mean square
_LEAST_SIGMA: Final = 1e-6  # less is a constant, which nothing needs to predict
_MEASURED: Final = (
    "Per cent of undrifted windows whose residual view by a stand-in model's errors has p <= .05, .01, .001 (before the"
    " correction for three views), and of those with white noise of 0.3 sigma added, p <= .01. The model is linear,"
    " fitted on the first 70 % of the reference; growth: of its errors from there to later rows."
)


@dataclass(frozen=True)
class Row:
    """Rates of one set of trials and one stand-in."""

    name: str
    order: int
    trials: int
    growth: float  # of the errors, from the rows that were fitted to later ones; median over trials
    false_alarms: tuple[float, ...]  # at LEVELS
    noise_found: float  # at p <= .01


def fit(series: Series, order: int) -> Series:
    """Coefficients of x[t] = a[0] x[t - order] + .. + a[order - 1] x[t - 1] + a[order], by least squares.

    A hair of ridge keeps smooth series solvable and leaves learning by heart as it is.
    """
    histories = np.lib.stride_tricks.sliding_window_view(series, order + 1)
    lagged = np.column_stack([histories[:, :-1], np.ones(len(histories))])
    gram = lagged.T @ lagged
    ridge = _RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram + ridge, lagged.T @ histories[:, -1]))


def one_step_errors(series: Series, coefficients: Series) -> Series:
    """Observed minus predicted, NaN where the history is incomplete."""
    order = coefficients.size - 1
    histories = np.lib.stride_tricks.sliding_window_view(series, order + 1)
    errors = np.full(series.size, np.nan)
    errors[order:] = histories[:, -1] - histories[:, :-1] @ coefficients[:-1] - coefficients[-1]
    return errors


def view_p(trial: Trial, order: int, windows: Iterable[Series]) -> tuple[list[float], float]:
    """P of each window that follows the reference by a stand-in of that order, and how much its errors grow."""
    rows, window_rows = trial.reference.size, trial.current.size
    fitted_rows = round(FITTED_SHARE * rows)
    coefficients = fit(trial.reference[:fitted_rows], order)
    errors = one_step_errors(trial.reference, coefficients)
    profile = build_profile(
        trial.reference[:, None],
        channels=("value",),
        window_rows=window_rows,
        sampling_seconds=60.0,
        start=START,
        end=START + timedelta(minutes=rows),
        data_digest="0" * 64,
        model_errors=errors,
        fitted_rows=fitted_rows,
    )
    found = []
    for window in windows:
        later = one_step_errors(np.concatenate([trial.reference[-order:], window]), coefficients)[order:]
        view = model_residual_view(profile, later, window_end=START)
        found.append(1.0 if view is None else view.p)
    return found, float(errors[fitted_rows:].std() / np.nanstd(errors[:fitted_rows]))


def rates(name: str, trials: Iterable[Trial], order: int, seed: int = 11) -> Row:
    """The rates of one set of trials."""
    random = np.random.default_rng(seed)
    clean, noisy, growth = [], [], []
    for trial in trials:
        sigma = float(trial.reference.std())
        noise = 0.3 * sigma * random.normal(size=trial.current.size)
        if sigma > _LEAST_SIGMA:
            (undrifted, drifted), grown = view_p(trial, order, (trial.current, trial.current + noise))
            clean.append(undrifted)
            noisy.append(drifted)
            growth.append(grown)
    shares = tuple(float(np.mean(np.array(clean) <= level)) for level in LEVELS)
    return Row(name, order, len(clean), float(np.median(growth)), shares, float(np.mean(np.array(noisy) <= LEVELS[1])))


def measured(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of the table; `quick` takes a third of the trials."""
    every, count = (3, 40) if quick else (1, 120)
    sets = {"telemetry, training rows": list(training_trials(folder, every))}
    sets |= {kind: list(simulated_trials(kind, count)) for kind in KINDS}
    return [rates(name, trials, order) for name, trials in sets.items() for order in ORDERS if trials]


def table(rows: Iterable[Row]) -> Table:
    """All rows, in per cent."""
    columns = ("", "lags", "trials", "growth", *(f"p <= {level:g}" for level in LEVELS), "noise found")
    cells = tuple(
        (
            row.name,
            f"{row.order}",
            f"{row.trials}",
            f"{row.growth:.2f} x",
            *(f"{100 * rate:.1f}" for rate in row.false_alarms),
            f"{100 * row.noise_found:.0f}",
        )
        for row in rows
    )
    return Table("Drift: the residual view by a model's own errors", _MEASURED, columns, cells)

"""Forecasts without a network, which every run logs: a model that does not beat them is not worth its cost."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from model_trainer.data.telemetry import Floats

ORDER: Final = 10  # rows of history
RIDGE: Final = 1e-3  # of the variance


@dataclass(frozen=True)
class Autoregression:
    """next - mean = sum of coefficients x (history - mean), the oldest row of the history first."""

    mean: float
    coefficients: Floats

    def forecast(self, signal: Floats, segments: tuple[range, ...]) -> Floats:
        """One-step forecasts, (rows,); NaN for the first rows of a segment, which have no full history."""
        forecast = np.full(len(signal), np.nan)
        for segment in segments:
            history = _history(signal[segment.start : segment.stop] - self.mean)
            forecast[segment.stop - len(history) : segment.stop] = self.mean + history @ self.coefficients
        return forecast


def fit_autoregression(signal: Floats, segments: tuple[range, ...], span: range) -> Autoregression:
    """Ridge regression of each row of the span on the ten rows before it, in units of the span's deviation."""
    mean, deviation = float(signal[span.start : span.stop].mean()), float(signal[span.start : span.stop].std()) or 1.0
    normal, moment = np.zeros((ORDER, ORDER)), np.zeros(ORDER)
    rows = 0
    for segment in segments:
        part = (signal[max(segment.start, span.start) : min(segment.stop, span.stop)] - mean) / deviation
        history = _history(part)
        normal += history.T @ history
        moment += history.T @ part[len(part) - len(history) :]
        rows += len(history)
    penalty = RIDGE * max(rows, 1) * np.eye(ORDER)
    return Autoregression(mean=mean, coefficients=np.linalg.solve(normal + penalty, moment).astype(np.float64))


def last_value(signal: Floats, segments: tuple[range, ...]) -> Floats:
    """The naive forecast: every row is like the one before, (rows,); NaN at the start of a segment."""
    forecast = np.roll(signal, 1)
    forecast[[segment.start for segment in segments]] = np.nan
    return forecast


def _history(series: Floats) -> Floats:
    """(rows - 10, 10): the rows before each row that has so many."""
    if len(series) <= ORDER:
        return np.empty((0, ORDER))
    return np.lib.stride_tricks.sliding_window_view(series[:-1], ORDER)

"""Forecasts without a network, which every run logs: a model that does not beat them is not worth its cost.

Two of them are ridge autoregressions: on the signal's own past, and on all columns. Commands lower the error of most
telemetry, by up to a fifth; no gate asks for the second, because where rows are few it is better than sound networks.
Both judge anomalies beside telemanom's network, too.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from model_trainer.data.telemetry import Floats, Telemetry

ORDER: Final = 10  # rows of history
RIDGE: Final = 1e-3  # of the variance
MOST_ROWS: Final = 100_000  # that are fitted: the newest; more change nothing and take more than a second
BLOCK: Final = 8192  # rows that are laid out at once; bounds memory


@dataclass(frozen=True)
class Autoregression:
    """Signal h rows ahead = intercept + sum of coefficients x history.

    Intercepts are (horizon,), coefficients (horizon, 10, channels), oldest row first.
    """

    intercepts: Floats
    coefficients: Floats

    def forecast(self, telemetry: Telemetry) -> Floats:
        """One-step forecasts, (rows,) in raw units; where there is no full history, the naive ones."""
        forecast = last_value(telemetry.values[:, 0], telemetry.segments)
        for segment in telemetry.segments:
            targets = slice(segment.start + ORDER, segment.stop)
            if targets.start >= targets.stop:
                continue
            forecast[targets] = self.intercepts[0]
            for lag, coefficients in enumerate(self.coefficients[0]):
                rows = slice(segment.start + lag, segment.stop - ORDER + lag)
                forecast[targets] += telemetry.values[rows] @ coefficients
        return forecast


def fit_autoregression(telemetry: Telemetry, span: range, horizon: int = 1) -> Autoregression:
    """Ridge regression of the signal in each row of the span, and those after it, on all channels ten rows back.

    Readings are in units of the span's deviation, commands as they are: the rarer one is, the more its part shrinks.
    """
    newest = range(max(span.start, span.stop - MOST_ROWS), span.stop)
    known = telemetry.values[newest.start : newest.stop]
    means, deviations = known.mean(axis=0), known.std(axis=0)
    scales = np.where(np.array(telemetry.boolean) | (deviations == 0), 1.0, deviations)
    size = ORDER * known.shape[1]
    normal, moment, rows = np.zeros((size, size)), np.zeros((size, horizon)), 0
    for segment in telemetry.segments:
        part = range(max(segment.start, newest.start) + ORDER, min(segment.stop, newest.stop) + 1 - horizon)
        for start in part[::BLOCK]:
            stop = min(start + BLOCK, part.stop)
            scaled = (telemetry.values[start - ORDER : stop + horizon - 1] - means) / scales
            history = _history(scaled[: stop - start + ORDER - 1])
            normal += history.T @ history
            moment += history.T @ sliding_window_view(scaled[ORDER:, 0], horizon)
            rows += stop - start
    solved = np.linalg.solve(normal + RIDGE * max(rows, 1) * np.eye(size), moment)
    coefficients = solved.T.reshape(horizon, ORDER, -1) * scales[0] / scales
    return Autoregression(intercepts=means[0] - (coefficients @ means).sum(axis=-1), coefficients=coefficients)


def without_inputs(telemetry: Telemetry) -> Telemetry:
    """The same telemetry with the signal as its only column."""
    return replace(
        telemetry, columns=telemetry.columns[:1], boolean=telemetry.boolean[:1], values=telemetry.values[:, :1]
    )


def last_value(signal: Floats, segments: tuple[range, ...]) -> Floats:
    """The naive forecast: every row is like the one before, (rows,); NaN at the start of a segment."""
    forecast = np.roll(signal, 1)
    forecast[[segment.start for segment in segments]] = np.nan
    return forecast


def _history(readings: Floats) -> Floats:
    """(rows - 9, 10 x channels): the ten rows up to each row that has so many, oldest first."""
    windows = sliding_window_view(readings, ORDER, axis=0)
    history: Floats = windows.transpose(0, 2, 1).reshape(len(windows), -1)
    return history

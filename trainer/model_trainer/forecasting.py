"""What a model forecasts of rows of telemetry, one step ahead and further."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from model_trainer.data.telemetry import Floats, Singles, Telemetry
from model_trainer.data.window import Sequences, scoring_sequences

AT_ONCE: Final = 256  # sequences; bounds the memory of forecasts over many rows and steps


class Predictor(Protocol):
    """A model, just fitted or from the registry."""

    @property
    def quantiles(self) -> tuple[float, ...]:
        """Rising probabilities of the quantiles that it forecasts, the median in the middle; none: the mean alone."""

    def predict(self, inputs: Singles) -> Singles:
        """Raw forecasts (sequences, steps, horizon[, quantiles]) of raw inputs (sequences, steps, channels)."""


@dataclass(frozen=True)
class Interval:
    """Bounds that a share of readings should lie between; raw units, of the forecast's shape, NaN where that is."""

    lower: Floats
    upper: Floats
    share: float


@dataclass(frozen=True)
class Forecast:
    """Means or medians in raw units, NaN where there is no forecast, and their interval if the model gives one."""

    values: Floats
    interval: Interval | None = None


@dataclass(frozen=True)
class Ahead:
    """Forecasts of the rows after many origins: forecast and actual (origins, horizon), the last value (origins,)."""

    forecast: Forecast
    actual: Floats
    last: Floats


def one_step_forecast(
    model: Predictor, columns: tuple[str, ...], telemetry: Telemetry, rows: range, sequence_length: int, hop: int
) -> Forecast:
    """Forecasts (rows of the telemetry,) from the named columns; NaN outside the rows asked for.

    Every model gets the same history: at least `sequence_length` - `hop` rows, where there are so many.
    """
    sequences = scoring_sequences(telemetry.segments, rows, sequence_length, hop, horizon=1)
    found = _predictions(model, columns, telemetry, sequences, horizon=1)
    by_row = np.full((telemetry.rows, *found.shape[2:]), np.nan)
    by_row[sequences.rows[sequences.counted] + 1] = found[:, 0]
    return _forecast(by_row, model.quantiles)


def forecast_ahead(
    model: Predictor,
    columns: tuple[str, ...],
    telemetry: Telemetry,
    rows: range,
    sequence_length: int,
    hop: int,
    *,
    horizon: int,
) -> Ahead:
    """Forecasts from every origin whose whole horizon lies in `rows` and in one segment; history as above."""
    sequences = scoring_sequences(telemetry.segments, rows, sequence_length, hop, horizon)
    found = _predictions(model, columns, telemetry, sequences, horizon)
    origins, signal = sequences.rows[sequences.counted], telemetry.values[:, 0]
    return Ahead(
        forecast=_forecast(found, model.quantiles),
        actual=signal[origins[:, None] + np.arange(1, horizon + 1)],
        last=signal[origins],
    )


def _predictions(
    model: Predictor, columns: tuple[str, ...], telemetry: Telemetry, sequences: Sequences, horizon: int
) -> Floats:
    """What the model says at the counted steps: (steps, horizon[, quantiles])."""
    inputs = telemetry.values[:, [telemetry.columns.index(name) for name in columns]].astype(np.float32)
    quantiles = (len(model.quantiles),) if model.quantiles else ()
    found = [np.empty((0, horizon, *quantiles))]
    for first in range(0, len(sequences.rows), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        part = Sequences(sequences.rows[some], sequences.counted[some])
        found.append(model.predict(part.inputs(inputs))[part.counted][:, :horizon].astype(np.float64))
    return np.concatenate(found)


def _forecast(found: Floats, quantiles: tuple[float, ...]) -> Forecast:
    """What was found, with its quantiles told apart; they are its last axis."""
    if not quantiles:
        return Forecast(found)
    return Forecast(
        found[..., len(quantiles) // 2], Interval(found[..., 0], found[..., -1], quantiles[-1] - quantiles[0])
    )

"""What a model forecasts of rows of telemetry, one step ahead and further."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from model_contract.hyperparameters import Aggregation
from model_trainer.data.telemetry import Floats, Integers, Singles, Telemetry
from model_trainer.data.window import Sequences, scoring_sequences

AT_ONCE: Final = 256  # sequences; bounds the memory of forecasts over many rows and steps


class Predictor(Protocol):
    """A model, just fitted or from the registry."""

    @property
    def quantiles(self) -> tuple[float, ...]:
        """Rising probabilities of the quantiles that it forecasts, the median in the middle; none: the mean alone."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the forecasts that it makes beside each other, the best one first; none: there is one."""

    def predict(self, inputs: Singles) -> Singles:
        """Raw forecasts (sequences, steps, horizon[, quantiles or outputs]) of inputs (sequences, steps, channels)."""


@dataclass(frozen=True)
class Interval:
    """Bounds that a share of readings should lie between; raw units, of the forecast's shape, NaN where that is."""

    lower: Floats
    upper: Floats
    share: float


@dataclass(frozen=True)
class Forecast:
    """Means or medians in raw units, NaN where there is no forecast, and their interval if the model gives one.

    `judging` are the forecasts whose errors show anomalies, where these are not the values alone.
    """

    values: Floats
    interval: Interval | None = None
    judging: tuple[Floats, ...] = ()


@dataclass(frozen=True)
class Ahead:
    """Forecasts of the rows after many origins: forecast and actual (origins, horizon), the last value (origins,)."""

    forecast: Forecast
    actual: Floats
    last: Floats


def one_step_forecast(
    model: Predictor,
    columns: tuple[str, ...],
    telemetry: Telemetry,
    rows: range,
    sequence_length: int,
    hop: int,
    aggregation: Aggregation = Aggregation.FIRST,
) -> Forecast:
    """Forecasts (rows of the telemetry,) from the named columns; NaN outside the rows asked for.

    Every model gets the same history: at least `sequence_length` - `hop` rows, where there are so many. An aggregation
    other than the first changes what anomalies are judged by, never the values.
    """
    sequences = scoring_sequences(telemetry.segments, rows, sequence_length, hop, horizon=1)
    horizon = 1 if aggregation is Aggregation.FIRST else None
    parts = [found for _, found in _predictions(model, columns, telemetry, sequences, horizon)]
    beside = len(model.quantiles or model.outputs)
    found = np.concatenate(parts) if parts else np.empty((0, 1, beside) if beside else (0, 1))
    origins = sequences.counted_rows
    by_row = np.full((telemetry.rows, *found.shape[2:]), np.nan)
    by_row[origins + 1] = found[:, 0]
    forecast = _forecast(by_row, model)
    if aggregation is Aggregation.FIRST:
        return forecast
    mean = _forecast(_means_by_row(found, origins, telemetry, rows), model)
    return replace(forecast, judging=mean.judging or (mean.values,))


def forecast_ahead(
    model: Predictor,
    columns: tuple[str, ...],
    telemetry: Telemetry,
    rows: range,
    sequence_length: int,
    hop: int,
    *,
    horizon: int,
) -> Iterator[Ahead]:
    """Forecasts from every origin whose whole horizon lies in `rows` and in one segment; history as above.

    They come in parts: all of them would take hundreds of bytes a row.
    """
    sequences = scoring_sequences(telemetry.segments, rows, sequence_length, hop, horizon)
    signal = telemetry.values[:, 0]
    for origins, found in _predictions(model, columns, telemetry, sequences, horizon):
        yield Ahead(
            forecast=_forecast(found, model),
            actual=signal[origins[:, None] + np.arange(1, horizon + 1)],
            last=signal[origins],
        )


def _predictions(
    model: Predictor, columns: tuple[str, ...], telemetry: Telemetry, sequences: Sequences, horizon: int | None
) -> Iterator[tuple[Integers, Floats]]:
    """In parts: rows of counted steps (steps,), and forecasts there (steps, horizon[, quantiles or outputs])."""
    channels = [telemetry.columns.index(name) for name in columns]
    for part in sequences.parts(AT_ONCE):
        rows, counted = part.rows, part.counted
        inputs = telemetry.values[rows[:, :, None], channels].astype(np.float32)
        yield rows[counted], model.predict(inputs)[counted][:, :horizon].astype(np.float64)


def _means_by_row(found: Floats, origins: Integers, telemetry: Telemetry, rows: range) -> Floats:
    """The mean of the forecasts of each row, (rows of the telemetry[, ...]); none reaches over a gap."""
    stops = np.array([segment.stop for segment in telemetry.segments])
    ends = np.minimum(stops[np.searchsorted(stops, origins, side="right")], rows.stop)
    sums = np.zeros((telemetry.rows, *found.shape[2:]))
    counts = np.zeros((telemetry.rows, *([1] * (found.ndim - 2))))
    for ahead in range(found.shape[1]):
        inside = origins + 1 + ahead < ends
        targets = origins[inside] + 1 + ahead
        sums[targets] += found[inside, ahead]
        counts[targets] += 1
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _forecast(found: Floats, model: Predictor) -> Forecast:
    """What was found, with its quantiles or its outputs told apart; they are its last axis."""
    if model.outputs:
        return Forecast(found[..., 0].copy(), judging=tuple(np.moveaxis(found, -1, 0)))
    if not model.quantiles:
        return Forecast(found)
    quantiles = model.quantiles
    return Forecast(
        found[..., len(quantiles) // 2], Interval(found[..., 0], found[..., -1], quantiles[-1] - quantiles[0])
    )

"""One-step forecasts of a model over rows of telemetry."""

from typing import Protocol

import numpy as np

from model_trainer.data.telemetry import Floats, Singles, Telemetry
from model_trainer.data.window import scoring_sequences


class Predictor(Protocol):
    """A model, just fitted or from the registry."""

    def predict(self, inputs: Singles) -> Singles:
        """Raw forecasts (sequences, steps, horizon) of raw inputs (sequences, steps, channels)."""


def one_step_forecast(
    model: Predictor, columns: tuple[str, ...], telemetry: Telemetry, rows: range, sequence_length: int, hop: int
) -> Floats:
    """Forecasts (rows of the telemetry,) in raw units from the named columns; NaN outside the rows asked for.

    Every model gets the same history: at least `sequence_length` - `hop` rows, where there are so many.
    """
    sequences = scoring_sequences(telemetry.segments, rows, sequence_length, hop, horizon=1)
    if not len(sequences.rows):
        return np.full(telemetry.rows, np.nan)
    inputs = telemetry.values[:, [telemetry.columns.index(name) for name in columns]].astype(np.float32)
    forecasts = model.predict(sequences.inputs(inputs))
    return sequences.by_row(forecasts[:, :, 0].astype(np.float64), telemetry.rows)

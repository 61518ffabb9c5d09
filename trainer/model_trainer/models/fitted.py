"""What fitting gives; known to the pipeline without importing TensorFlow."""

from dataclasses import dataclass
from typing import Any

from model_trainer.data.telemetry import Singles


@dataclass(frozen=True)
class FittedModel:
    """A Keras model that forecasts raw values from raw values, made of layers that Keras alone can load."""

    network: Any
    quantiles: tuple[float, ...] = ()
    outputs: tuple[str, ...] = ()

    def predict(self, inputs: Singles) -> Singles:
        """Forecasts (sequences, steps, horizon[, quantiles or outputs]) of inputs (sequences, steps, channels)."""
        forecasts: Singles = self.network.predict(inputs, verbose=0)
        return forecasts

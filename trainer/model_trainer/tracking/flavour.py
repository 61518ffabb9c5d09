"""Models as MLflow stores and loads them: the Keras flavour, read back through `mlflow.pyfunc`.

MLflow's flavours import TensorFlow, so they are imported only when there is a model to save or load.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import requests
from mlflow.exceptions import MlflowException
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model_contract.result import FailureReason
from model_trainer.data.telemetry import Singles
from model_trainer.errors import CannotWork
from model_trainer.record import installed_versions
from model_trainer.tracking.patience import Patience, passes

_PACKAGES: Final = ("mlflow", "mlflow-skinny", "keras", "tensorflow", "tensorflow-cpu", "numpy", "pandas")


class ModelCard(BaseModel):
    """What a reader of the model must know; stored with the model as its metadata."""

    model_config = ConfigDict(frozen=True)

    columns: Annotated[tuple[str, ...], Field(min_length=1, description="Inputs in order, the predicted one first.")]
    horizon: Annotated[int, Field(ge=1, description="Rows that are forecast at every step.")]
    sampling_seconds: Annotated[float, Field(gt=0, description="Distance of the rows.")]
    sequence_length: Annotated[int, Field(ge=1, description="Rows of history that it was fitted with.")]
    signal_centre: Annotated[float, Field(description="Of the predicted signal's range in the fitted rows.")]
    signal_half_range: Annotated[float, Field(gt=0, description="The scale of errors.")]
    quantiles: Annotated[
        tuple[float, ...], Field(description="Probabilities of what is forecast, the last axis; none: only the mean.")
    ] = ()
    outputs: Annotated[
        tuple[str, ...],
        Field(description="What is forecast beside each other, the last axis, the best forecast first; none: one."),
    ] = ()


@dataclass(frozen=True)
class RegisteredModel:
    """A model from the registry: raw values of `columns` in, raw forecasts out."""

    uri: str
    columns: tuple[str, ...]
    _metadata: dict[str, Any]
    _model: Any

    @property
    def card(self) -> ModelCard:
        """What the trainer noted about the model.

        Raises:
            CannotWork: something is missing, as with versions of other programs or of an older trainer.
        """
        try:
            return ModelCard.model_validate(self._metadata)
        except ValidationError as error:
            fields = ", ".join(str(detail["loc"][0]) for detail in error.errors())
            raise _unusable(self.uri, f"its metadata lack {fields}; the next training notes them") from error

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The quantiles that it forecasts; versions of an older trainer forecast none."""
        return tuple(self._metadata.get("quantiles", ()))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The forecasts that it makes beside each other; versions of an older trainer make one."""
        return tuple(self._metadata.get("outputs", ()))

    def predict(self, inputs: Singles) -> Singles:
        """Forecasts (sequences, steps, horizon[, quantiles or outputs]) of inputs (sequences, steps, columns)."""
        return np.asarray(self._model.predict(inputs), dtype=np.float32)


def save_model(network: Any, card: ModelCard, folder: Path, run_id: str) -> None:
    """Write a Keras model that takes and gives raw values, float32, as an MLflow model folder."""
    import mlflow.keras  # noqa: PLC0415
    from mlflow.models import Model, ModelSignature  # noqa: PLC0415
    from mlflow.types import Schema, TensorSpec  # noqa: PLC0415

    steps = (-1, -1)
    beside = len(card.quantiles or card.outputs)
    forecasts = (card.horizon, beside) if beside else (card.horizon,)
    mlflow.keras.save_model(
        network,
        str(folder),
        mlflow_model=Model(run_id=run_id),
        signature=ModelSignature(
            inputs=Schema([TensorSpec(np.dtype(np.float32), (*steps, len(card.columns)))]),
            outputs=Schema([TensorSpec(np.dtype(np.float32), (*steps, *forecasts))]),
        ),
        pip_requirements=[f"{name}=={found}" for name, found in installed_versions(_PACKAGES).items()],
        metadata=card.model_dump(mode="json"),
    )


def load_version(patience: Patience, name: str, number: int) -> RegisteredModel:
    """A registered version.

    Raises:
        CannotWork: it cannot be loaded, or does not say which columns it needs.
        TryAgain: MLflow stays away.
    """
    import mlflow.pyfunc  # noqa: PLC0415

    uri = f"models:/{name}/{number}"

    def load() -> RegisteredModel:
        try:
            model = mlflow.pyfunc.load_model(uri)
            metadata = model.metadata.metadata or {}
            return RegisteredModel(uri, tuple(metadata["columns"]), metadata, model)
        except (MlflowException, requests.RequestException) as error:
            if passes(error):
                raise
            raise _unusable(uri, str(error)) from error
        except (OSError, ValueError, TypeError, KeyError, ImportError) as error:  # what reading a damaged model raises
            raise _unusable(uri, repr(error)) from error

    return patience.call("load the version", load)


def _unusable(uri: str, why: str) -> CannotWork:
    return CannotWork(FailureReason.VERSION_UNUSABLE, f"{uri} cannot be used: {why}")

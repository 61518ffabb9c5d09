"""Models as MLflow stores and loads them: the Keras flavour, read back through `mlflow.pyfunc`.

MLflow's flavours import TensorFlow, so they are imported only when there is a model to save or load.
"""

import logging
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
import requests
from mlflow.exceptions import MlflowException

from model_trainer.data.telemetry import Singles
from model_trainer.tracking.patience import Patience, passes

logger = logging.getLogger(__name__)

_COLUMNS: Final = "columns"
_PACKAGES: Final = ("mlflow", "mlflow-skinny", "keras", "tensorflow", "tensorflow-cpu", "numpy", "pandas")


@dataclass(frozen=True)
class ModelCard:
    """What a reader of the model must know: its inputs in order, what it forecasts, and its history."""

    columns: tuple[str, ...]
    horizon: int
    sampling_seconds: float
    sequence_length: int


@dataclass(frozen=True)
class RegisteredModel:
    """A model from the registry: raw values of `columns` in, raw forecasts out."""

    columns: tuple[str, ...]
    _model: Any

    def predict(self, inputs: Singles) -> Singles:
        """Forecasts (sequences, steps, horizon) of inputs (sequences, steps, columns)."""
        return np.asarray(self._model.predict(inputs), dtype=np.float32)


def save_model(network: Any, card: ModelCard, folder: Path, run_id: str) -> None:
    """Write a Keras model that takes and gives raw values, float32, as an MLflow model folder."""
    import mlflow.keras  # noqa: PLC0415
    from mlflow.models import Model, ModelSignature  # noqa: PLC0415
    from mlflow.types import Schema, TensorSpec  # noqa: PLC0415

    steps = (-1, -1)
    mlflow.keras.save_model(
        network,
        str(folder),
        mlflow_model=Model(run_id=run_id),
        signature=ModelSignature(
            inputs=Schema([TensorSpec(np.dtype(np.float32), (*steps, len(card.columns)))]),
            outputs=Schema([TensorSpec(np.dtype(np.float32), (*steps, card.horizon))]),
        ),
        pip_requirements=[f"{name}=={found}" for name, found in installed_versions(_PACKAGES).items()],
        metadata={
            _COLUMNS: list(card.columns),
            "horizon": card.horizon,
            "sampling_seconds": card.sampling_seconds,
            "sequence_length": card.sequence_length,
        },
    )


def load_version(patience: Patience, name: str, number: int) -> RegisteredModel | None:
    """A registered version; None when it cannot be loaded, which is logged: its replacement must not depend on it."""
    import mlflow.pyfunc  # noqa: PLC0415

    uri = f"models:/{name}/{number}"

    def load() -> RegisteredModel | None:
        try:
            model = mlflow.pyfunc.load_model(uri)
            return RegisteredModel(tuple((model.metadata.metadata or {})[_COLUMNS]), model)
        except (MlflowException, requests.RequestException) as error:
            if passes(error):
                raise
            logger.warning("the champion cannot be loaded", extra={"uri": uri, "error": str(error)})
        except (OSError, ValueError, TypeError, KeyError, ImportError) as error:  # what reading a damaged model raises
            logger.warning("the champion cannot be loaded", extra={"uri": uri, "error": repr(error)})
        return None

    return patience.call("load the champion", load)


def installed_versions(packages: tuple[str, ...]) -> dict[str, str]:
    """The versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

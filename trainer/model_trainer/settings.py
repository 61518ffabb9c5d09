"""All that the environment tells the trainer. Nothing else reads it, and only `prepare_process` writes to it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model_contract.keys import (
    DEFAULT_TERMINATION_MESSAGE_PATH,
    ENV_IMAGE,
    ENV_JOB_UID,
    ENV_POD_NAME,
    ENV_REVISION,
    ENV_TASK,
    ENV_TERMINATION_MESSAGE_PATH,
)
from model_contract.result import FailureReason
from model_trainer.errors import CannotWork


class Settings(BaseModel):
    """What differs from one place to another without changing what is done."""

    model_config = ConfigDict(frozen=True)

    task: Annotated[str | None, Field(alias=ENV_TASK, description="The task as JSON.")] = None
    job_uid: Annotated[str | None, Field(alias=ENV_JOB_UID, description="None when a person runs the trainer.")] = None
    pod_name: Annotated[str | None, Field(alias=ENV_POD_NAME)] = None
    image: Annotated[str | None, Field(alias=ENV_IMAGE, description="That the pod runs; None: no pod.")] = None
    revision: Annotated[
        str | None, Field(alias=ENV_REVISION, description="The git commit of the image; None: ask git.")
    ] = None
    tracking_uri: Annotated[str, Field(alias="MLFLOW_TRACKING_URI", min_length=1)]
    registry_patience_seconds: Annotated[
        float,
        Field(
            alias="SENSORMODEL_REGISTRY_PATIENCE_SECONDS", ge=0, description="How long MLflow may be away at a time."
        ),
    ] = 600.0
    registry_timeout_seconds: Annotated[
        int, Field(alias="MLFLOW_HTTP_REQUEST_TIMEOUT", ge=1, description="Of one request to MLflow.")
    ] = 20
    checkpoint_seconds: Annotated[
        float,
        Field(
            alias="SENSORMODEL_CHECKPOINT_SECONDS",
            ge=0,
            description="Between two checkpoints of a fit; a SIGTERM stores one besides.",
        ),
    ] = 300.0
    threads: Annotated[
        int, Field(alias="SENSORMODEL_THREADS", ge=1, le=64, description="CPU threads; part of what makes runs equal.")
    ] = 1
    onednn: Annotated[
        bool,
        Field(
            alias="TF_ENABLE_ONEDNN_OPTS",
            description="oneDNN kernels: a Transformer is fitted faster, and rounds otherwise on another kind of CPU.",
        ),
    ] = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The settings in an environment; empty variables count as missing.

        Raises:
            CannotWork: a variable is missing or not valid.
        """
        try:
            return cls.model_validate({name: value for name, value in environment.items() if value})
        except ValidationError as error:
            problems = "; ".join(f"{detail['loc'][0]}: {detail['msg']}" for detail in error.errors())
            raise CannotWork(FailureReason.INVALID_TASK, f"the environment is not complete: {problems}") from None


# MLflow's own retries sleep up to four minutes and send creations twice; `tracking` retries in their place.
_FIXED: Final = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_ALLOW_HTTP_REDIRECTS": "false",  # credentials go to the named server and nowhere else
    "MLFLOW_CONFIGURE_LOGGING": "false",  # its records go the way of all others
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "Agg",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # take of a GPU's memory what is needed, not all of it
}


def prepare_process(settings: Settings) -> None:
    """Set what libraries read from the environment while they are imported; call it before they are."""
    os.environ |= _FIXED | {
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(settings.registry_timeout_seconds),
        "TF_ENABLE_ONEDNN_OPTS": "1" if settings.onednn else "0",
        "OMP_NUM_THREADS": str(settings.threads),
        "OPENBLAS_NUM_THREADS": str(settings.threads),
    }


# Variables of these names change what is computed, or in which order sums are added up.
_COMPUTING: Final = ("TF_", "OMP_", "OPENBLAS_", "MKL_", "KERAS_", "XLA_", "CUDA_", "ONEDNN_", "DNNL_")


def computing_variables() -> dict[str, str]:
    """The variables of this process that equal results depend on."""
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith(_COMPUTING)}


def read_environment() -> Settings:
    """The settings of this process."""
    return Settings.from_environment(os.environ)


def termination_message_path() -> Path:
    """Where the outcome goes. Apart from the settings, because it must be known even where those are not valid."""
    return Path(os.environ.get(ENV_TERMINATION_MESSAGE_PATH) or DEFAULT_TERMINATION_MESSAGE_PATH)

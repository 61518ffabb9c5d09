"""What the installation decides: the only reader of the environment.

Every variable begins with SENSORMODEL_. Credentials are not here: those of MLflow are MLflow's own variables, those of
the API server come from the service account or the kubeconfig.
"""

import json
import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from model_contract.telemetry.address import Address, is_object
from model_operator.api.base import parse_duration
from model_operator.core.job_manifest import TrainerDefaults

PREFIX = "SENSORMODEL_"


def _split(separator: str) -> BeforeValidator:
    """Read a list as JSON, or as words between separators, a regular expression."""

    def split(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        return [word.strip() for word in re.split(separator, value) if word.strip()]

    return BeforeValidator(split)


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _root(value: str) -> str:
    if is_object(value):
        Address.parse(value)
    elif "://" in value:
        raise ValueError("neither a folder nor s3:// or gs:// with a bucket")
    return value


Root = Annotated[str, AfterValidator(_root)]


def _without_credentials(uri: str) -> str:
    """Trainer pods in the namespaces of tenants get the URI as it is."""
    if "@" in urlsplit(uri).netloc:
        raise ValueError("credentials do not belong here: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
    return uri


ServerUri = Annotated[str, Field(pattern="^https?://"), AfterValidator(_without_credentials)]
Length = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]
Port = Annotated[int, Field(ge=0, le=65_535)]


class PullPolicy(StrEnum):
    """When the kubelet pulls the trainer's image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class LogLevel(StrEnum):
    """The least severe lines that are logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Settings(BaseSettings):
    """One field per variable; durations are written like 10m."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    mlflow_tracking_uri: Annotated[ServerUri, Field(description="URI of MLflow as the operator sees it.")]
    trainer_mlflow_tracking_uri: Annotated[
        ServerUri | None, Field(description="The same as trainer pods see it; default: as the operator.")
    ] = None
    registry_timeout: Annotated[
        Length, Field(ge=timedelta(seconds=1), description="How long MLflow may be silent in one request.")
    ] = timedelta(seconds=10)
    registry_spacing: Annotated[
        Length,
        Field(description="Least time between two looks at all of MLflow's registry, whatever policies ask for."),
    ] = timedelta(seconds=10)
    trainer_image: Annotated[str, Field(min_length=1, description="Image of trainer Jobs.")]
    trainer_service_account: Annotated[
        str | None, Field(description="Service account of trainer pods; default: that of the namespace.")
    ] = None
    image_pull_policy: PullPolicy = PullPolicy.IF_NOT_PRESENT
    job_ttl: Annotated[Length, Field(description="How long a finished Job is kept.")] = timedelta(days=7)
    telemetry_roots: Annotated[
        tuple[Root, ...],
        NoDecode,
        _split(":(?!//)"),
        Field(description="Folders, and s3://bucket/prefix or gs://bucket/prefix, below which telemetry may be read."),
    ] = ()
    cluster: Annotated[
        str | None,
        Field(max_length=128, description="Tells clusters apart that share an MLflow; default: uid of kube-system."),
    ] = None
    namespaces: Annotated[
        tuple[str, ...], NoDecode, _split(","), Field(description="Namespaces to watch; default: all.")
    ] = ()
    workers: Annotated[int, Field(ge=1, le=64, description="Passes at the same time.")] = 32
    max_concurrent_trainings: Annotated[
        int | None, Field(ge=1, description="Jobs at the same time over all policies; default: no such limit.")
    ] = None
    resync_period: Annotated[Length, Field(description="How often everything is listed anew.")] = timedelta(minutes=10)
    measurement_processes: Annotated[int, Field(ge=1, le=64, description="Drift measurements at the same time.")] = 2
    measurement_memory_mib: Annotated[int, Field(ge=64, description="Memory that one of them may use.")] = 512
    measurement_timeout: Annotated[Length, Field(description="Longest time of one of them.")] = timedelta(minutes=1)
    metrics_port: Annotated[Port, Field(description="Serves /metrics; 0: any free port.")] = 8080
    health_port: Annotated[Port, Field(description="Serves /healthz and /readyz; 0: any free port.")] = 8081
    lease: Annotated[
        str | None,
        Field(
            pattern="^[a-z0-9.-]+/[a-z0-9.-]+$",
            description="namespace/name of the Lease of which one replica at a time is the holder, and acts; default: "
            "there is one replica, which acts.",
        ),
    ] = None
    pod_name: Annotated[str, Field(max_length=128, description="Names this process in events.")] = (
        "sensor-model-operator"
    )
    log_level: LogLevel = LogLevel.INFO

    def trainer_defaults(self) -> TrainerDefaults:
        """What decisions need to know of the installation."""
        return TrainerDefaults(
            image=self.trainer_image,
            mlflow_tracking_uri=self.trainer_mlflow_tracking_uri or self.mlflow_tracking_uri,
            service_account=self.trainer_service_account,
            image_pull_policy=self.image_pull_policy,
            job_ttl_seconds=int(self.job_ttl.total_seconds()),
        )


def describe(error: ValidationError) -> str:
    """What is wrong with the environment, one variable a line."""
    return "\n".join(
        f"{PREFIX}{'_'.join(map(str, problem['loc'][:1])).upper()}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False)
    )

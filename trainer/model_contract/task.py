"""What the operator asks of the trainer: one `TrainingTask`, handed over as JSON in the environment.

The operator builds it, `model_trainer` reads it. It holds all that a run depends on besides the image, so that a
version can be rebuilt from the task that is stored with its run.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from model_contract.base import ContractModel, Instant

SCHEMA_VERSION: Final = "1"


class ModelType(StrEnum):
    """The kinds of model that the trainer can build."""

    TELEMANOM = "Telemanom"  # LSTM forecaster with nonparametric dynamic thresholds, Hundman et al., KDD 2018
    TRANSFORMER = "Transformer"  # forecaster


class TriggerKind(StrEnum):
    """Why a model is trained."""

    MANUAL = "Manual"
    PERFORMANCE = "Performance"
    DRIFT = "Drift"
    DATA_QUALITY = "DataQuality"
    SCHEDULE = "Schedule"
    INITIAL = "Initial"


class TaskKind(StrEnum):
    """What a trainer Job does: the argument of its command and the value of its label `sensormodel.io/task`."""

    TRAIN = "train"
    EVALUATE = "evaluate"
    REPRODUCE = "reproduce"  # for a person; the operator takes no notice of such Jobs


class SensorModelIdentity(ContractModel):
    """The custom resource that a run belongs to."""

    namespace: str
    name: str
    uid: str
    cluster: Annotated[str | None, Field(description="Tells clusters apart that share an MLflow; None: not known.")] = (
        None
    )


class TelemetrySource(ContractModel):
    """Where the telemetry lies and which columns mean what."""

    uri: Annotated[str, Field(description="file:///… to one Parquet or CSV file, or to a folder of such files.")]
    timestamp_column: str = "timestamp"
    value_column: str = "value"
    feature_columns: Annotated[
        tuple[str, ...] | None, Field(description="Other inputs; None: every other numeric or boolean column.")
    ] = None
    sampling_interval_seconds: Annotated[
        float | None, Field(gt=0, description="None: the median distance of the time stamps.")
    ] = None
    labels_uri: Annotated[str | None, Field(description="Known anomalies: columns start and end.")] = None


class DataWindow(ContractModel):
    """The telemetry that may be used: start <= timestamp < end.

    Without an end it reaches to the newest row. Without a start it begins `lookback_seconds` before its end, or where
    the data begin.
    """

    start: Instant | None = None
    end: Instant | None = None
    lookback_seconds: Annotated[float | None, Field(gt=0)] = None


class DriftWindows(ContractModel):
    """How the drift profile of the version is calibrated."""

    reference_seconds: Annotated[
        float, Field(gt=0, description="The newest part of the training window to compare with.")
    ]
    current_seconds: Annotated[float, Field(gt=0, description="Length of one current window.")]
    min_samples: Annotated[int, Field(ge=2)] = 240


class Trigger(ContractModel):
    """What made the operator ask, with the identity that makes the same cause give the same Job."""

    kind: TriggerKind
    identity: str
    message: str


class TrainingTask(ContractModel):
    """One training, complete: the same task on the same image and data gives the same version."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    decision_id: str
    attempt: Annotated[int, Field(ge=1)] = 1
    sensor_model: SensorModelIdentity
    sensor_id: str
    model_type: ModelType
    telemetry: TelemetrySource
    window: DataWindow
    drift: DriftWindows
    hyperparameters: dict[str, str] = Field(default_factory=dict)
    seed: int = 7
    experiment: str
    registered_model: str
    champion_version: Annotated[
        int | None, Field(description="The Production version to compare with; None for the first.")
    ] = None
    trigger: Trigger

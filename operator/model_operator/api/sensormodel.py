"""The spec of a SensorModel: which sensor has which kind of model, where its telemetry is, and how it is trained."""

from typing import Annotated, ClassVar

from pydantic import Field

from model_contract.task import ModelType
from model_contract.telemetry.address import CREDENTIALS, EMPTY_SEGMENT, FILE, OBJECT, UNPLAIN
from model_operator.api.base import Duration, KubeModel, Name
from model_operator.api.registered_name import registered_name
from model_operator.api.rules import Rule, at_least_one_second, immutable
from model_operator.api.training import TrainingSpec

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]
TelemetryURI = Annotated[str, Field(min_length=1, max_length=1024)]

# Only URIs that are what they look like: the operator's worker opens what lies behind them.
_URI_RULES = (
    Rule(
        f"self.uri.matches(r'{FILE}') || self.uri.matches(r'{OBJECT}')",
        "`uri` must be file:/// and an absolute path, or s3:// or gs://, a bucket and a key:"
        " of a Parquet or CSV file, or of a folder of them",
        ".uri",
    ),
    Rule(
        f"!self.uri.matches(r'{UNPLAIN}') && !self.uri.matches(r'{EMPTY_SEGMENT}')",
        "`uri` may not contain `.`, `..` or nothing as a folder, escapes, a query, backslashes or control characters:"
        " write the plain path",
        ".uri",
    ),
    Rule(
        f"!self.uri.matches(r'{CREDENTIALS}')",
        "`uri` may not contain credentials or a port: give them to the pods in their environment,"
        " AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL",
        ".uri",
    ),
)


class LabelsSpec(KubeModel):
    """Known anomalies of the sensor; they may arrive later than the telemetry."""

    uri: Annotated[TelemetryURI, Field(description="uri of a Parquet or CSV file with the columns start and end.")]

    CEL_RULES: ClassVar = _URI_RULES


class TelemetrySpec(KubeModel):
    """Where the sensor's telemetry lies and what its columns mean."""

    uri: Annotated[
        TelemetryURI,
        Field(
            description="uri of the telemetry: file:/// and the absolute path of a Parquet or CSV file, or of a folder "
            "of them; or s3:// or gs://, bucket and key; below a root that the operator is allowed to read."
        ),
    ]
    timestamp_column: Annotated[
        ColumnName, Field(description="timestampColumn: when a row was measured; default timestamp.")
    ] = "timestamp"
    value_column: Annotated[
        ColumnName, Field(description="valueColumn: the signal that the model predicts; default value.")
    ] = "value"
    feature_columns: Annotated[
        tuple[ColumnName, ...] | None,
        Field(
            max_length=256,
            description="featureColumns: other inputs; default: every other numeric column.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = None
    sampling_interval: Annotated[
        Duration | None,
        Field(description="samplingInterval: distance of two rows; default: the median distance in the telemetry."),
    ] = None
    labels: Annotated[LabelsSpec | None, Field(description="labels: known anomalies; default: none.")] = None

    CEL_RULES: ClassVar = (*_URI_RULES, at_least_one_second("samplingInterval"))


class PolicyRef(KubeModel):
    """A RetrainingPolicy in the namespace of the SensorModel."""

    name: Annotated[Name, Field(description="name of the RetrainingPolicy, in the same namespace.")]


class RegistrySpec(KubeModel):
    """Names in MLflow."""

    model_name: Annotated[
        str | None,
        Field(
            pattern=r"^[^/:\s]+$",
            max_length=200,
            description="modelName: the registered model; default <modeltype>_<sensorID>, for example telemanom_P-1.",
        ),
    ] = None
    experiment: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="experiment of the runs; default: as the registered model."),
    ] = None


class SensorModelSpec(KubeModel):
    """The model of one sensor, and the policy that keeps it fresh."""

    sensor_id: Annotated[
        str,
        Field(
            alias="sensorID",
            pattern=r"^[A-Za-z0-9]([A-Za-z0-9._/: -]*[A-Za-z0-9._/:-])?$",
            max_length=128,
            description="sensorID: the sensor as the plant calls it, need not be a DNS name; cannot be changed.",
        ),
    ]
    model_type: Annotated[ModelType, Field(description="modelType: Telemanom or Transformer; cannot be changed.")]
    telemetry: Annotated[TelemetrySpec, Field(description="telemetry of the sensor.")]
    training: Annotated[TrainingSpec, Field(description="training: how the trainer Job runs.")] = TrainingSpec()
    policy_ref: Annotated[PolicyRef, Field(description="policyRef: the RetrainingPolicy that decides.")]
    registry: Annotated[RegistrySpec, Field(description="registry: names in MLflow.")] = RegistrySpec()
    production_version: Annotated[
        int | None,
        Field(
            ge=1,
            le=2_147_483_647,
            description="productionVersion: pins the Production version; automatic promotion rests meanwhile; "
            "default: no pin.",
        ),
    ] = None
    suspend: Annotated[
        bool, Field(description="suspend: start nothing new; a running Job finishes; default false.")
    ] = False

    CEL_RULES: ClassVar = (
        immutable("sensorID", "create another SensorModel for another sensor"),
        immutable("modelType", "create another SensorModel for another type of model"),
        Rule(
            "(has(self.registry) && has(self.registry.modelName) ? self.registry.modelName : '')"
            " == (has(oldSelf.registry) && has(oldSelf.registry.modelName) ? oldSelf.registry.modelName : '')",
            "`registry.modelName` may not be changed: versions cannot move to another registered model",
            ".registry.modelName",
        ),
    )

    @property
    def registered_model(self) -> str:
        """The name in MLflow, which allows neither `/` nor `:`."""
        return registered_name(self.model_type, self.sensor_id, self.registry.model_name)

    @property
    def experiment(self) -> str:
        """The MLflow experiment of the runs."""
        return self.registry.experiment or self.registered_model

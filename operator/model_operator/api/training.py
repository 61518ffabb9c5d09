"""The `training` block of a SensorModel: how its trainer Job runs.

Typed fields only. A free PodSpec would let whoever may write SensorModels run anything as anybody.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from model_operator.api.base import Duration, KubeModel, Name
from model_operator.api.rules import Rule, at_least_one_second

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", max_length=32)]
ResourceName = Annotated[str, Field(max_length=63)]


_RESERVED_NAMES = ("PATH", "HOME", "TMPDIR", "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "TERMINATION_MESSAGE_PATH")


class KeySelector(KubeModel):
    """One key of a ConfigMap or Secret in the namespace of the SensorModel."""

    name: Annotated[Name, Field(description="name of the object, in the same namespace.")]
    key: Annotated[str, Field(min_length=1, max_length=253, description="key within the object.")]


class EnvVar(KubeModel):
    """An environment variable of the trainer."""

    name: Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=128, description="name of the variable.")]
    value: Annotated[str | None, Field(max_length=4096, description="value as plain text.")] = None
    config_map_key_ref: Annotated[
        KeySelector | None, Field(description="configMapKeyRef: take it from a ConfigMap.")
    ] = None
    secret_key_ref: Annotated[
        KeySelector | None, Field(description="secretKeyRef: take it from a Secret; the operator never reads it.")
    ] = None

    CEL_RULES: ClassVar = (
        Rule(
            "[has(self.value), has(self.configMapKeyRef), has(self.secretKeyRef)].filter(x, x).size() == 1",
            "exactly one of `value`, `configMapKeyRef` and `secretKeyRef` must be set",
        ),
        Rule(
            "!(self.name.startsWith('SENSORMODEL_') || self.name.startsWith('LD_') || self.name.startsWith('PYTHON')"
            f" || self.name in {list(_RESERVED_NAMES)})",
            "`name` may not be a variable that the operator sets or that changes which code runs:"
            f" SENSORMODEL_*, LD_*, PYTHON*, {', '.join(_RESERVED_NAMES)}",
            ".name",
        ),
    )


class ClaimVolume(KubeModel):
    """A PersistentVolumeClaim in the namespace of the SensorModel."""

    claim_name: Annotated[Name, Field(description="claimName: name of the PersistentVolumeClaim.")]


class ObjectVolume(KubeModel):
    """The keys of a ConfigMap or Secret as files."""

    name: Annotated[Name, Field(description="name of the object, in the same namespace.")]


class EmptyDirVolume(KubeModel):
    """A folder that lives as long as the pod."""

    size_limit: Annotated[Quantity | None, Field(description="sizeLimit: for example 1Gi; default: none.")] = None


class Volume(KubeModel):
    """A volume of the trainer and where it is mounted."""

    name: Annotated[
        str, Field(pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=58, description="name of the volume.")
    ]
    mount_path: Annotated[
        str, Field(pattern="^/[^/:][^:]*$", max_length=1024, description="mountPath: absolute path inside the trainer.")
    ]
    read_only: Annotated[bool, Field(description="readOnly: whether the mount refuses writes; default true.")] = True
    persistent_volume_claim: Annotated[ClaimVolume | None, Field(description="persistentVolumeClaim: a claim.")] = None
    config_map: Annotated[ObjectVolume | None, Field(description="configMap: its keys as files.")] = None
    secret: Annotated[ObjectVolume | None, Field(description="secret: its keys as files.")] = None
    empty_dir: Annotated[EmptyDirVolume | None, Field(description="emptyDir: scratch space.")] = None

    CEL_RULES: ClassVar = (
        Rule(
            "[has(self.persistentVolumeClaim), has(self.configMap), has(self.secret), has(self.emptyDir)]"
            ".filter(x, x).size() == 1",
            "exactly one of `persistentVolumeClaim`, `configMap`, `secret` and `emptyDir` must be set",
        ),
        Rule(
            "!self.mountPath.contains('..') && !(self.mountPath in ['/scratch', '/scratch/'])",
            "`mountPath` may not contain `..`, and may not be /scratch, where the trainer's own scratch volume is",
            ".mountPath",
        ),
    )


class TolerationOperator(StrEnum):
    """How a toleration compares."""

    EXISTS = "Exists"
    EQUAL = "Equal"


class TaintEffect(StrEnum):
    """What a taint does to pods."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Toleration(KubeModel):
    """A taint that the trainer's pod tolerates, as in a PodSpec."""

    key: Annotated[str | None, Field(max_length=316, description="key of the taint; empty means every taint.")] = None
    operator: Annotated[TolerationOperator, Field(description="operator: Exists or Equal; default Equal.")] = (
        TolerationOperator.EQUAL
    )
    value: Annotated[str | None, Field(max_length=63, description="value of the taint.")] = None
    effect: Annotated[TaintEffect | None, Field(description="effect of the taint; empty means all.")] = None

    CEL_RULES: ClassVar = (
        Rule(
            "self.operator == 'Exists' ? !has(self.value) : has(self.key)",
            "a toleration with the operator Equal must have a `key`, one with Exists may not have a `value`",
        ),
    )


class Resources(KubeModel):
    """Compute resources of the trainer's container."""

    requests: Annotated[
        dict[ResourceName, Quantity], Field(max_length=8, description="requests: default cpu 1, memory 1Gi.")
    ] = Field(default={"cpu": "1", "memory": "1Gi"})
    limits: Annotated[dict[ResourceName, Quantity], Field(max_length=8, description="limits: default memory 2Gi.")] = (
        Field(default={"memory": "2Gi"})
    )

    CEL_RULES: ClassVar = (
        Rule(
            "self.requests.all(name, !(name in self.limits)"
            " || quantity(self.requests[name]).compareTo(quantity(self.limits[name])) <= 0)",
            "`requests` may not exceed `limits`, whose default is memory 2Gi",
            ".requests",
        ),
    )


class TrainingSpec(KubeModel):
    """How the model is trained."""

    lookback: Annotated[
        Duration, Field(description="lookback: how much of the newest telemetry a training uses; default 168h.")
    ] = "168h"
    hyperparameters: Annotated[
        dict[str, Annotated[str, Field(max_length=64)]],
        Field(
            max_length=32,
            description="hyperparameters: by name, as strings; checked against the model type's own schema; "
            "default: the published ones.",
        ),
    ] = Field(default={})
    seed: Annotated[
        int, Field(ge=0, le=2_147_483_647, description="seed of every random choice in a training; default 7.")
    ] = 7
    image: Annotated[
        str | None,
        Field(pattern=r"^\S+$", max_length=512, description="image of the trainer; default: the operator's setting."),
    ] = None
    resources: Annotated[Resources, Field(description="resources of the trainer's container.")] = Resources()
    node_selector: Annotated[
        dict[str, Annotated[str, Field(max_length=63)]],
        Field(max_length=32, description="nodeSelector: labels of the nodes that may run the trainer; default: any."),
    ] = Field(default={})
    tolerations: Annotated[
        tuple[Toleration, ...], Field(max_length=32, description="tolerations of the trainer's pod; default: none.")
    ] = ()
    queue_name: Annotated[
        str | None,
        Field(
            pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            max_length=63,
            description="queueName: a Kueue LocalQueue; default: none.",
        ),
    ] = None
    env: Annotated[
        tuple[EnvVar, ...],
        Field(
            max_length=64,
            description="env: environment of the trainer; default: none.",
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        ),
    ] = ()
    volumes: Annotated[
        tuple[Volume, ...],
        Field(
            max_length=16,
            description="volumes of the trainer, for example the claim that holds the telemetry; default: none.",
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        ),
    ] = ()
    active_deadline: Annotated[
        Duration, Field(description="activeDeadline: longest time that a training may take; default 6h.")
    ] = "6h"
    retry_limit: Annotated[
        int,
        Field(
            ge=0, le=10, description="retryLimit: how often a Job starts the trainer again after a failure; default 2."
        ),
    ] = 2

    CEL_RULES: ClassVar = (
        at_least_one_second("lookback"),
        at_least_one_second("activeDeadline"),
        Rule(
            "!has(self.volumes)"
            " || self.volumes.all(one, self.volumes.exists_one(other, other.mountPath == one.mountPath))",
            "`volumes` must have different mount paths",
            ".volumes",
        ),
    )

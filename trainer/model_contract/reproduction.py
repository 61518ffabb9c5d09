"""What a person asks of the trainer to rebuild a version, and what comes back.

`kubectl sensormodel reproduce` builds a `ReproductionTask`, `model_trainer` reads it. The task names a version and its
run; all that the training depended on is read from that run's lineage, so that nothing which has changed since, a spec
or a default, slips in. A reproduction registers nothing. It logs a run that says how far the result is the same.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from model_contract.base import ContractModel
from model_contract.task import SensorModelIdentity


class ReproductionVerdict(StrEnum):
    """How far a version that was trained again is the same."""

    SAME = "Same"  # bit for bit: the digests of the weights are equal
    WITHIN_TOLERANCE = "WithinTolerance"  # the weights differ, its KPIs by less than the tolerance
    DIFFERENT = "Different"


class DifferenceKind(StrEnum):
    """Where two trainings differ; in this order causes come before what follows from them."""

    DATA = "Data"  # the telemetry or the labels of the window are no longer what they were
    CODE = "Code"
    IMAGE = "Image"
    PACKAGES = "Packages"
    HYPERPARAMETERS = "Hyperparameters"  # names that came or went; the values are pinned
    ENVIRONMENT = "Environment"  # processor, threads, settings of TensorFlow
    WEIGHTS = "Weights"
    KPIS = "KPIs"


class Difference(ContractModel):
    """One thing that is not as it was, with what was and what is."""

    kind: DifferenceKind
    message: Annotated[str, Field(max_length=400)]


class Reproduces(ContractModel):
    """The version that is trained again, and the run that has made it."""

    version: Annotated[int, Field(ge=1)]
    run_id: Annotated[str, Field(min_length=1)]


class ReproductionTask(ContractModel):
    """One reproduction of one version."""

    schema_version: Literal["1"] = "1"
    reproduction_id: str
    attempt: Annotated[int, Field(ge=1)] = 1
    sensor_model: SensorModelIdentity
    sensor_id: str
    experiment: Annotated[str, Field(description="Where the run of the reproduction is logged.")]
    registered_model: str
    reproduces: Reproduces
    message: Annotated[str, Field(description="Who asked for it, and why.")] = ""

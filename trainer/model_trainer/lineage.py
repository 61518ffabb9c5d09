"""All that a version follows from, in one file of its run: enough to train it again and to see whether it is the same.

`pipeline` writes a lineage with every training, `reproduction` reads it, pins the task with it and compares it with the
one that it makes. Digests are sha256, lower-case hexadecimal.
"""

import hashlib
import platform
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from model_contract.base import ContractModel
from model_contract.hyperparameters import HyperParameters
from model_contract.keys import Tag
from model_contract.task import DataWindow, TrainingTask
from model_trainer.assessment import Assessment, HeldOut
from model_trainer.code import checked_out_revision, code_digest, installed_packages, packages_digest
from model_trainer.data.telemetry import Booleans, Telemetry, instant
from model_trainer.settings import Settings, computing_variables


class DataLineage(ContractModel):
    """The telemetry that was learnt and judged."""

    start: datetime  # of the first row
    end: datetime  # just after the last row
    rows: int
    columns: tuple[str, ...]
    digest: str
    labels_digest: Annotated[str | None, Field(description="Of the rows that are labelled; None: no labels.")] = None


class CodeLineage(ContractModel):
    """What has computed it."""

    digest: str
    revision: Annotated[str | None, Field(description="Git commit; None: not known.")] = None
    image: Annotated[str | None, Field(description="As the pod names it; None: no pod.")] = None
    packages: dict[str, str]


class EnvironmentLineage(ContractModel):
    """Where it was computed: bit-identical results are promised only where all of it is the same."""

    python: str
    platform: str
    machine: str
    processor: str
    threads: int
    deterministic: bool = True  # operations of TensorFlow; not so, no result could be expected again
    variables: dict[str, str]


class Lineage(ContractModel):
    """A training, complete."""

    schema_version: Literal["1"] = "1"
    task: TrainingTask  # as it was asked for
    hyperparameters: dict[str, str]  # all of them; defaults may be others one day
    data: DataLineage
    code: CodeLineage
    environment: EnvironmentLineage
    weights_digest: str
    kpis: dict[str, float]

    @property
    def pinned_task(self) -> TrainingTask:
        """The task with all that was open when it was asked for: window, inputs, hyperparameters."""
        window = DataWindow(start=self.data.start, end=self.data.end)
        telemetry = self.task.telemetry.model_copy(update={"feature_columns": self.data.columns[1:]})
        changes = {"window": window, "telemetry": telemetry, "hyperparameters": self.hyperparameters}
        return self.task.model_copy(update=changes | {"champion_version": None})


def lineage_of(
    task: TrainingTask,
    hyperparameters: HyperParameters,
    settings: Settings,
    held_out: HeldOut,
    weights: Iterable[Any],
    candidate: Assessment,
) -> Lineage:
    """The lineage of a model that was fitted in this process."""
    return Lineage(
        task=task,
        hyperparameters=pinned(hyperparameters),
        data=_data_lineage(held_out.telemetry, held_out.labelled),
        code=CodeLineage(
            digest=code_digest(),
            revision=settings.revision or checked_out_revision(),
            image=settings.image,
            packages=installed_packages(),
        ),
        environment=EnvironmentLineage(
            python=platform.python_version(),
            platform=platform.platform(),
            machine=platform.machine(),
            processor=processor_name(),
            threads=settings.threads,
            variables=computing_variables(),
        ),
        weights_digest=weights_digest(weights),
        kpis={kpi.value: value for kpi, value in candidate.kpis.items()},
    )


def lineage_tags(lineage: Lineage) -> dict[str, str]:
    """What is searched by and shown: on the run and on the version."""
    tags = {
        Tag.WEIGHTS_DIGEST: lineage.weights_digest,
        Tag.CODE_REVISION: lineage.code.revision,
        Tag.IMAGE: lineage.code.image,
        Tag.PACKAGES_DIGEST: packages_digest(lineage.code.packages),
    }
    return {name: value for name, value in tags.items() if value is not None}


def pinned(hyperparameters: HyperParameters) -> dict[str, str]:
    """All hyperparameters as a user would write them."""
    return {name: str(value) for name, value in hyperparameters.model_dump(mode="json", exclude_none=True).items()}


def weights_digest(weights: Iterable[Any]) -> str:
    """The identity of a network's weights, arrays in their order: any changed bit changes it."""
    digest = hashlib.sha256()
    for array in weights:
        plain = np.ascontiguousarray(array)
        digest.update(f"{plain.dtype.str}{plain.shape}".encode() + plain.tobytes())
    return digest.hexdigest()


def processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The model of the processor, with family and stepping where Linux tells them; kernels differ between models."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
    except OSError:
        return platform.processor() or "unknown"
    pairs = (line.partition(":") for line in lines)
    known = {name.strip(): value.strip() for name, _, value in pairs}
    numbers = [f"{name} {known[name]}" for name in ("cpu family", "model", "stepping") if name in known]
    name = known.get("model name") or platform.processor() or platform.machine()
    return f"{name} ({', '.join(numbers)})" if numbers else name


def _data_lineage(telemetry: Telemetry, labelled: Booleans | None) -> DataLineage:
    return DataLineage(
        start=telemetry.start,
        end=instant(telemetry.times[-1]) + timedelta(microseconds=1),
        rows=telemetry.rows,
        columns=telemetry.columns,
        digest=telemetry.digest,
        labels_digest=None if labelled is None else hashlib.sha256(np.packbits(labelled).tobytes()).hexdigest(),
    )

"""What is written down about a run besides metrics: tags, parameters, data set, environment; enough to rebuild it."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from model_contract.evaluation import EvaluationTask
from model_contract.hyperparameters import HyperParameters, Thresholding
from model_contract.keys import Tag
from model_contract.reproduction import ReproductionTask, ReproductionVerdict
from model_contract.result import ReproductionSucceeded
from model_contract.task import TrainingTask
from model_trainer.comparison import Comparison
from model_trainer.data.split import Split
from model_trainer.data.telemetry import Telemetry, instant

AnyTask = TrainingTask | EvaluationTask | ReproductionTask

MAX_TAG: Final = 8000  # characters of a run tag; MLflow cuts the rest without a word
PACKAGES: Final = (
    *("sensor-model-operator", "tensorflow-cpu", "tensorflow", "keras", "numpy", "pandas", "pyarrow"),
    *("mlflow", "mlflow-skinny", "matplotlib"),
)
_NOTE: Final = "mlflow.note.content"  # shown on the page of a run
DIGEST_LENGTH: Final = 28  # MLflow takes 36 characters for "sha256:" and these


@dataclass(frozen=True)
class DatasetRecord:
    """A data set as MLflow lists it; source and profile are JSON."""

    name: str
    digest: str
    source: str
    profile: str


def training_tags(task: TrainingTask, job_uid: str) -> dict[str, str]:
    """Who asked for a training, and why: on the run and on the version."""
    return _identity_tags(task, job_uid) | {Tag.DECISION_ID: task.decision_id, Tag.TRIGGER: task.trigger.kind}


def evaluation_tags(task: EvaluationTask, job_uid: str) -> dict[str, str]:
    """Who asked for an evaluation, and of what: on the run."""
    return _identity_tags(task, job_uid) | {
        Tag.EVALUATION_ID: task.evaluation_id,
        Tag.EVALUATED_VERSION: str(task.version),
    }


def reproduction_tags(task: ReproductionTask, job_uid: str) -> dict[str, str]:
    """Who asked for a reproduction, and of what: on the run."""
    return _identity_tags(task, job_uid) | {
        Tag.REPRODUCTION_ID: task.reproduction_id,
        Tag.REPRODUCED_VERSION: str(task.reproduces.version),
        Tag.REPRODUCED_RUN: task.reproduces.run_id,
    }


def reproduction_result_tags(ended: ReproductionSucceeded) -> dict[str, str]:
    """How a reproduction ended: on the run."""
    differences = [each.model_dump(mode="json", by_alias=True) for each in ended.differences]
    return {Tag.REPRODUCTION: ended.verdict, Tag.DIFFERENCES: json.dumps(differences)}


def _identity_tags(task: AnyTask, job_uid: str) -> dict[str, str]:
    model = task.sensor_model
    return {
        Tag.JOB_UID: job_uid,
        Tag.SENSOR_MODEL: f"{model.namespace}/{model.name}",
        Tag.SENSOR_MODEL_UID: model.uid,
        Tag.SENSOR_ID: task.sensor_id,
    }


def run_tags(task: AnyTask, why: str) -> dict[str, str]:
    """What the run of any Job says besides: its task, and for people why it was made."""
    return {Tag.TASK: task.to_json()[:MAX_TAG], _NOTE: why, "mlflow.source.name": "model_trainer"}


def why_trained(task: TrainingTask) -> str:
    """Why a training was asked for, for people."""
    return f"{task.trigger.kind}: {task.trigger.message}"


def why_evaluated(task: EvaluationTask) -> str:
    """Why an evaluation was asked for, for people."""
    return f"Evaluation of version {task.version}" + (f": {task.message}" if task.message else "")


def why_reproduced(task: ReproductionTask) -> str:
    """Why a reproduction was asked for, for people."""
    return f"Reproduction of version {task.reproduces.version}" + (f": {task.message}" if task.message else "")


def reproduction_summary(ended: ReproductionSucceeded) -> str:
    """How a reproduction ended, in one sentence for people."""
    verdict = {
        ReproductionVerdict.SAME: "comes out the same, bit for bit",
        ReproductionVerdict.WITHIN_TOLERANCE: "comes out with other weights and KPIs within the tolerance",
        ReproductionVerdict.DIFFERENT: "comes out different",
    }[ended.verdict]
    causes = "; ".join(f"{each.kind}: {each.message}" for each in ended.differences)
    return f"Version {ended.version} {verdict}" + (f". {causes}" if causes else "")


def note_tags(why: str, summary: str) -> dict[str, str]:
    """What the run says on its page in MLflow, once there is something to say: how good, and why it was made."""
    return {_NOTE: f"{summary}\n\n{why}"}


def data_tags(telemetry: Telemetry) -> dict[str, str]:
    """What the run was trained and judged on: on the run and on the version."""
    return {
        Tag.DATA_DIGEST: telemetry.digest,
        Tag.DATA_START: telemetry.start.isoformat(),
        Tag.DATA_END: telemetry.end.isoformat(),
    }


def held_out_tags(telemetry: Telemetry, split: Split) -> dict[str, str]:
    """Where what was learnt ends and what a version is judged by begins: the gate looks for leakage by it."""
    return {Tag.HELD_OUT_START: instant(telemetry.times[split.test.start]).isoformat()}


def comparison_tags(task: TrainingTask, comparison: Comparison | None) -> dict[str, str]:
    """How the comparison with the champion ended; nothing without a champion."""
    if comparison is None:
        return {}
    return {Tag.CHAMPION_VERSION: str(task.champion_version), Tag.COMPARISON: comparison.verdict}


def parameters(task: TrainingTask, hyperparameters: HyperParameters, threads: int) -> dict[str, object]:
    """Everything that was chosen before the run. The same for each pod of a Job: MLflow keeps parameters for good."""
    return {
        **hyperparameters.model_dump(),
        "model_type": task.model_type,
        "seed": task.seed,
        "threads": threads,
        "window_start": task.window.start and task.window.start.isoformat(),
        "window_end": task.window.end and task.window.end.isoformat(),
        "lookback_seconds": task.window.lookback_seconds,
        "value_column": task.telemetry.value_column,
    }


def evaluation_parameters(task: EvaluationTask, hyperparameters: HyperParameters, threads: int) -> dict[str, object]:
    """Everything that was chosen before an evaluation. How a model is fitted does not matter to it."""
    return {
        **hyperparameters.model_dump(include={*Thresholding.model_fields, "sequence_length", "hop"}),
        "model_type": task.model_type,
        "version": task.version,
        "threads": threads,
        "window_start": task.window.start.isoformat(),
        "window_end": task.window.end.isoformat(),
        "value_column": task.telemetry.value_column,
    }


def dataset_record(task: TrainingTask | EvaluationTask, telemetry: Telemetry) -> DatasetRecord:
    """The telemetry of the run, with a digest that any changed reading changes."""
    source: dict[str, Any] = {
        "uri": task.telemetry.uri,
        "start": telemetry.start.isoformat(),
        "end": telemetry.end.isoformat(),
        "columns": telemetry.columns,
    }
    profile = {
        "rows": telemetry.rows,
        "segments": len(telemetry.segments),
        "sampling_seconds": telemetry.sampling_seconds,
        "duplicates_dropped": telemetry.duplicates_dropped,
        "readings_filled": telemetry.readings_filled,
    }
    return DatasetRecord(
        name=task.sensor_id,
        digest=f"sha256:{telemetry.digest[:DIGEST_LENGTH]}",
        source=json.dumps(source),
        profile=json.dumps(profile),
    )


def environment(threads: int, pod_name: str | None) -> dict[str, Any]:
    """Where the run took place: equal results are promised only in an equal one."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "threads": threads,
        "pod": pod_name,
        "packages": installed_versions(PACKAGES),
    }


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def environment_tags(environment: dict[str, Any]) -> dict[str, str]:
    """The environment as tags, so that runs can be searched by it."""
    flat = {name: value for name, value in environment.items() if name != "packages"} | environment["packages"]
    return {f"environment.{name}": str(value) for name, value in flat.items() if value is not None}

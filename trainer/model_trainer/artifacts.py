"""Writes the files of a run into a folder that is uploaded as a whole: task, figures, report, drift profile."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from model_contract.base import ContractModel
from model_contract.drift import DriftProfile
from model_contract.evaluation import EvaluationRecord, EvaluationTask
from model_contract.keys import (
    ARTIFACT_DRIFT_PROFILE,
    ARTIFACT_FIGURES,
    ARTIFACT_LINEAGE,
    ARTIFACT_PACKAGES,
    ARTIFACT_REPRODUCTION,
    ARTIFACT_TASK,
    Tag,
)
from model_contract.reproduction import ReproductionTask
from model_contract.result import ReproductionSucceeded
from model_contract.task import TrainingTask
from model_trainer.code import packages_text
from model_trainer.contents import contents
from model_trainer.data.telemetry import Floats
from model_trainer.figures.detection import draw_detection
from model_trainer.figures.fit import Epoch, draw_losses
from model_trainer.figures.forecast import draw_errors, draw_telemetry
from model_trainer.figures.residuals import draw_residuals
from model_trainer.figures.rivals import draw_rivals
from model_trainer.judged import Judged
from model_trainer.lineage import Lineage
from model_trainer.record import AnyTask, reproduction_summary, why_evaluated, why_reproduced, why_trained
from model_trainer.report import Facts, write_report

ARTIFACT_ENVIRONMENT: Final = "environment.json"
ARTIFACT_RECORD: Final = "evaluation.json"
ARTIFACT_REPORT: Final = "report.html"


def write_training(
    folder: Path,
    task: TrainingTask,
    judged: Judged,
    epochs: list[Epoch],
    profile: DriftProfile | None,
    environment: dict[str, Any],
) -> dict[str, str]:
    """Write what a training leaves besides its model; returns the tags that say what is among the files."""
    figures = _draw(folder, judged, judged.held_out.judged)
    draw_losses(figures / "losses.png", judged.subject, epochs)
    _write_origin(folder, task, environment)
    title = f"Training of {task.sensor_id} ({task.model_type})"
    parts = contents(task, judged, figures, environment)
    write_report(folder / ARTIFACT_REPORT, title, why_trained(task), judged.summary, parts)
    if profile is None:
        return {}
    path = folder / ARTIFACT_DRIFT_PROFILE
    path.parent.mkdir(parents=True)
    path.write_bytes(profile.to_bytes())
    return {Tag.DRIFT_PROFILE_DIGEST: profile.digest}


def write_evaluation(
    folder: Path,
    task: EvaluationTask,
    record: EvaluationRecord,
    judged: Judged,
    profile: DriftProfile | None,
    environment: dict[str, Any],
) -> None:
    """Write what an evaluation leaves: its record, figures of the evaluated window, and a report."""
    figures = _draw(folder, judged, judged.held_out.split.test)
    residuals = figures / "residuals.png"
    draw_residuals(residuals, judged.subject, judged.held_out, judged.own, _reference_residuals(profile))
    (folder / ARTIFACT_RECORD).write_text(_indented(record), encoding="utf-8")
    _write_origin(folder, task, environment)
    title = f"Evaluation of {task.sensor_id}, version {task.version} ({task.model_type})"
    parts = contents(task, judged, figures, environment)
    summary = f"{judged.summary}. Detection: {record.undetermined}" if record.undetermined else judged.summary
    write_report(folder / ARTIFACT_REPORT, title, why_evaluated(task), summary, parts)


def write_reproduction(
    folder: Path,
    task: ReproductionTask,
    pinned_task: TrainingTask,
    ended: ReproductionSucceeded,
    judged: Judged,
    epochs: list[Epoch],
    environment: dict[str, Any],
) -> None:
    """Write what a reproduction leaves: its verdict, what differs, and the same figures as a training."""
    figures = _draw(folder, judged, judged.held_out.judged)
    draw_losses(figures / "losses.png", judged.subject, epochs)
    _write_origin(folder, task, environment)
    (folder / ARTIFACT_REPRODUCTION).write_text(_indented(ended), encoding="utf-8")
    title = f"Reproduction of {task.sensor_id}, version {task.reproduces.version} ({pinned_task.model_type})"
    verdict = [("verdict", ended.verdict.value), *((each.kind.value, each.message) for each in ended.differences)]
    parts = [Facts("Beside the original", verdict), *contents(pinned_task, judged, figures, environment)]
    write_report(folder / ARTIFACT_REPORT, title, why_reproduced(task), reproduction_summary(ended), parts)


def write_lineage(folder: Path, lineage: Lineage) -> None:
    """Write what a training follows from, and its packages as a file that pip can install from."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARTIFACT_LINEAGE).write_text(_indented(lineage), encoding="utf-8")
    (folder / ARTIFACT_PACKAGES).write_text(packages_text(lineage.code.packages), encoding="utf-8")


def _draw(folder: Path, judged: Judged, shown: range) -> Path:
    """Draw what every run has; returns the folder of the figures."""
    figures = folder / ARTIFACT_FIGURES
    figures.mkdir(parents=True, exist_ok=True)
    draw_telemetry(figures / "telemetry.png", judged.subject, judged.held_out, judged.own, shown)
    draw_errors(figures / "errors.png", judged.subject, judged.held_out, judged.own, shown)
    draw_rivals(figures / "rivals.png", judged)
    draw_detection(figures / "detection.png", judged.subject, judged.held_out, judged.own)
    return figures


def _write_origin(folder: Path, task: AnyTask, environment: dict[str, Any]) -> None:
    """Write what was asked for and where it was done."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARTIFACT_TASK).write_text(_indented(task), encoding="utf-8")
    (folder / ARTIFACT_ENVIRONMENT).write_text(json.dumps(environment, indent=2), encoding="utf-8")


def _reference_residuals(profile: DriftProfile | None) -> Floats | None:
    """A sample of the model's errors on the reference, in raw units, each standing for the same share of them."""
    if profile is None or profile.model_errors is None:
        return None
    return profile.model_errors.knots.astype(np.float64)


def _indented(model: ContractModel) -> str:
    return model.model_dump_json(by_alias=True, exclude_none=True, indent=2)

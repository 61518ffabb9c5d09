"""Writes the files of a run into a folder that is uploaded as a whole: task, environment, figures, drift profile."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from model_contract.drift import DriftProfile
from model_contract.evaluation import EvaluationRecord, EvaluationTask
from model_contract.keys import ARTIFACT_DRIFT_PROFILE, ARTIFACT_FIGURES, ARTIFACT_TASK, Tag
from model_contract.task import TrainingTask
from model_trainer.assessment import Assessment, HeldOut
from model_trainer.data.telemetry import Floats
from model_trainer.figures.detection import draw_detection
from model_trainer.figures.fit import Epoch, draw_losses
from model_trainer.figures.forecast import draw_errors, draw_telemetry
from model_trainer.figures.residuals import draw_residuals

ARTIFACT_ENVIRONMENT: Final = "environment.json"
ARTIFACT_RECORD: Final = "evaluation.json"


def write_training(
    folder: Path,
    task: TrainingTask,
    held_out: HeldOut,
    candidate: Assessment,
    epochs: list[Epoch],
    profile: DriftProfile | None,
) -> dict[str, str]:
    """Write what a training leaves besides its model; returns the tags that say what is among the files."""
    figures = _folder_for_figures(folder)
    draw_telemetry(figures / "telemetry.png", task.sensor_id, held_out, candidate, held_out.judged)
    draw_errors(figures / "errors.png", task.sensor_id, held_out, candidate, held_out.judged)
    draw_losses(figures / "losses.png", task.sensor_id, epochs)
    draw_detection(figures / "detection.png", task.sensor_id, held_out, candidate)
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
    held_out: HeldOut,
    champion: Assessment,
    profile: DriftProfile | None,
) -> None:
    """Write what an evaluation leaves: its record, and figures of the evaluated window."""
    figures, subject, window = (
        _folder_for_figures(folder),
        f"{task.sensor_id}, version {task.version}",
        held_out.split.test,
    )
    draw_telemetry(figures / "telemetry.png", subject, held_out, champion, window)
    draw_errors(figures / "errors.png", subject, held_out, champion, window)
    draw_residuals(figures / "residuals.png", subject, held_out, champion, _reference_residuals(profile))
    draw_detection(figures / "detection.png", subject, held_out, champion)
    (folder / ARTIFACT_RECORD).write_text(_indented(record), encoding="utf-8")


def write_origin(folder: Path, task: TrainingTask | EvaluationTask, environment: dict[str, Any]) -> None:
    """Write what was asked for and where it was done."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARTIFACT_TASK).write_text(_indented(task), encoding="utf-8")
    (folder / ARTIFACT_ENVIRONMENT).write_text(json.dumps(environment, indent=2), encoding="utf-8")


def _reference_residuals(profile: DriftProfile | None) -> Floats | None:
    """A sample of the model's errors on the reference, in raw units, each standing for the same share of them."""
    if profile is None or profile.model_errors is None:
        return None
    return profile.model_errors.knots.astype(np.float64)


def _folder_for_figures(folder: Path) -> Path:
    figures = folder / ARTIFACT_FIGURES
    figures.mkdir(parents=True, exist_ok=True)
    return figures


def _indented(model: TrainingTask | EvaluationTask | EvaluationRecord) -> str:
    return model.model_dump_json(by_alias=True, exclude_none=True, indent=2)

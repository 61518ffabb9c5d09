"""Writes the files of a run into a folder that is uploaded as a whole: task, environment, figures, drift profile."""

import json
from pathlib import Path
from typing import Any, Final

from model_contract.keys import ARTIFACT_DRIFT_PROFILE, ARTIFACT_FIGURES, ARTIFACT_TASK, Tag
from model_contract.task import TrainingTask
from model_trainer.assessment import Assessment, HeldOut
from model_trainer.figures import Epoch, draw_figures
from model_trainer.profile import drift_profile

ARTIFACT_ENVIRONMENT: Final = "environment.json"


def write_artifacts(
    folder: Path,
    task: TrainingTask,
    held_out: HeldOut,
    candidate: Assessment,
    epochs: list[Epoch],
    environment: dict[str, Any],
) -> dict[str, str]:
    """Write all files; returns the tags that say what is among them.

    Where the reference is too short for a drift profile there is none, and no tag names one.
    """
    folder.mkdir(parents=True)
    (folder / ARTIFACT_TASK).write_text(
        task.model_dump_json(by_alias=True, exclude_none=True, indent=2), encoding="utf-8"
    )
    (folder / ARTIFACT_ENVIRONMENT).write_text(json.dumps(environment, indent=2), encoding="utf-8")
    draw_figures(folder / ARTIFACT_FIGURES, task.sensor_id, held_out, candidate, epochs)
    profile = drift_profile(held_out.telemetry, task.drift)
    if profile is None:
        return {}
    path = folder / ARTIFACT_DRIFT_PROFILE
    path.parent.mkdir(parents=True)
    path.write_bytes(profile.to_bytes())
    return {Tag.DRIFT_PROFILE_DIGEST: profile.digest}

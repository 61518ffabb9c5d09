"""A trainer that registers a version at once, without learning anything: for tests of the operator only.

It keeps the contract (task in, tags and metrics in a real MLflow, outcome out), so that the operator cannot tell. The first
version beats the naive forecast, every later one is better than its champion.
"""

import json
import os
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from model_contract.keys import (
    ENV_JOB_UID,
    ENV_TASK,
    ENV_TERMINATION_MESSAGE_PATH,
    ComparisonVerdict,
    Kpi,
    Subject,
    Tag,
    kpi_metric,
)
from model_contract.result import TrainingSucceeded
from model_contract.task import TrainingTask

_API = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/"


def main() -> None:
    """Register the version of this Job, once."""
    task, job_uid = TrainingTask.model_validate_json(os.environ[ENV_TASK]), os.environ[ENV_JOB_UID]
    name = task.registered_model
    owner = f"{task.sensor_model.namespace}/{task.sensor_model.name}"
    _call("registered-models/create", name=name, tags=_tags({Tag.OWNER: owner, Tag.OWNER_UID: task.sensor_model.uid}))
    query = urllib.parse.urlencode({"filter": f"name = '{name}' and tags.`{Tag.JOB_UID}` = '{job_uid}'"})
    found = _read(f"model-versions/search?{query}").get("model_versions")
    version = found[0] if found else _register(task, job_uid)
    _call("model-versions/set-tag", name=name, version=version["version"], key=Tag.COMPLETE, value="true")
    outcome = TrainingSucceeded(run_id=version["run_id"], registered_model=name, version=int(version["version"]))
    Path(os.environ[ENV_TERMINATION_MESSAGE_PATH]).write_text(outcome.to_json(), encoding="utf-8")


def _register(task: TrainingTask, job_uid: str) -> dict[str, Any]:
    now = int(time.time() * 1000)
    run = _call("runs/create", experiment_id="0", start_time=now)["run"]["info"]
    metrics = {kpi_metric(Subject.CANDIDATE, Kpi.RMSE): 0.05, kpi_metric(Subject.NAIVE, Kpi.RMSE): 0.2}
    tags = {Tag.JOB_UID: job_uid, Tag.SENSOR_MODEL_UID: task.sensor_model.uid, Tag.DECISION_ID: task.decision_id}
    if task.champion_version:
        metrics |= {kpi_metric(Subject.CANDIDATE, Kpi.RMSE): 0.04, kpi_metric(Subject.CHAMPION, Kpi.RMSE): 0.09}
        tags |= {Tag.CHAMPION_VERSION: str(task.champion_version), Tag.COMPARISON: ComparisonVerdict.BETTER}
    points = [{"key": key, "value": value, "timestamp": now, "step": 0} for key, value in metrics.items()]
    _call("runs/log-batch", run_id=run["run_id"], metrics=points)
    created = _call(
        "model-versions/create",
        name=task.registered_model,
        source=run["artifact_uri"],
        run_id=run["run_id"],
        tags=_tags(tags),
    )
    version: dict[str, Any] = created["model_version"]
    return version


def _tags(tags: dict[Tag, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _call(path: str, **body: Any) -> dict[str, Any]:
    request = urllib.request.Request(_API + path, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            read: dict[str, Any] = json.load(answer)
            return read
    except urllib.error.HTTPError as error:
        if b"RESOURCE_ALREADY_EXISTS" in error.read():
            return {}
        raise


def _read(path: str) -> dict[str, Any]:
    with urllib.request.urlopen(_API + path, timeout=30) as answer:  # noqa: S310
        read: dict[str, Any] = json.load(answer)
        return read


if __name__ == "__main__":
    main()

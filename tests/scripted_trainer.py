"""A trainer that registers or scores a version at once, without learning anything: for tests of the operator only.

It keeps the contract (task in, tags and metrics in a real MLflow, outcome out), so that the operator cannot tell. The first
version beats naive forecast and baseline, every later one is better than its champion. Evaluations find what the variable
SCRIPTED_KPIS says, a JSON object such as {"RMSE": 0.3}; without it the RMSE of the first training. A reproduction is the
same as its version. Where the telemetry can be read, a version has a drift profile of it.
"""

import json
import os
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_contract.evaluation import EVALUATIONS, EvaluationRecord, EvaluationTask, PredecessorScore, evaluations_tag
from model_contract.keys import (
    ARTIFACT_DRIFT_PROFILE,
    ENV_IMAGE,
    ENV_JOB_UID,
    ENV_TASK,
    ENV_TERMINATION_MESSAGE_PATH,
    ComparisonVerdict,
    Kpi,
    Subject,
    Tag,
    kpi_metric,
)
from model_contract.reproduction import ReproductionTask, ReproductionVerdict
from model_contract.result import EvaluationSucceeded, ReproductionSucceeded, TrainingSucceeded
from model_contract.task import TaskKind, TrainingTask

if TYPE_CHECKING:
    from model_contract.drift import DriftProfile

_API = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/"


def main() -> None:
    """Do what the command asks for, as `python -m model_trainer` does."""
    commands = {TaskKind.EVALUATE: _evaluate, TaskKind.REPRODUCE: _reproduce}
    outcome = commands.get(TaskKind(sys.argv[1]), _train)() if sys.argv[1:] else _train()
    Path(os.environ[ENV_TERMINATION_MESSAGE_PATH]).write_text(outcome.to_json(), encoding="utf-8")


def _train() -> TrainingSucceeded:
    """Register the version of this Job, once."""
    task, job_uid = TrainingTask.model_validate_json(os.environ[ENV_TASK]), os.environ[ENV_JOB_UID]
    name = task.registered_model
    owner = f"{task.sensor_model.namespace}/{task.sensor_model.name}"
    _call("registered-models/create", name=name, tags=_tags({Tag.OWNER: owner, Tag.OWNER_UID: task.sensor_model.uid}))
    query = urllib.parse.urlencode({"filter": f"name = '{name}' and tags.`{Tag.JOB_UID}` = '{job_uid}'"})
    found = _read(f"model-versions/search?{query}").get("model_versions")
    version = found[0] if found else _register(task, job_uid)
    _call("model-versions/set-tag", name=name, version=version["version"], key=Tag.COMPLETE, value="true")
    return TrainingSucceeded(run_id=version["run_id"], registered_model=name, version=int(version["version"]))


def _reproduce() -> ReproductionSucceeded:
    """Say that the version is the same."""
    task = ReproductionTask.model_validate_json(os.environ[ENV_TASK])
    run = _run({}, {Tag.REPRODUCTION_ID: task.reproduction_id}, task.experiment)
    return ReproductionSucceeded(
        run_id=run["run_id"],
        registered_model=task.registered_model,
        version=task.reproduces.version,
        verdict=ReproductionVerdict.SAME,
    )


def _evaluate() -> EvaluationSucceeded:
    """Add the record of this evaluation to the version's tag, once."""
    task, job_uid = EvaluationTask.model_validate_json(os.environ[ENV_TASK]), os.environ[ENV_JOB_UID]
    name, version = task.registered_model, str(task.version)
    query = urllib.parse.urlencode({"name": name, "version": version})
    tags = {tag["key"]: tag["value"] for tag in _read(f"model-versions/get?{query}")["model_version"].get("tags", [])}
    records = EVALUATIONS.validate_json(tags.get(Tag.EVALUATIONS, "[]"))
    record = next((record for record in records if record.evaluation_id == task.evaluation_id), None)
    if record is None:
        record = _record(task, job_uid)
        value = evaluations_tag((*records, record))
        _call("model-versions/set-tag", name=name, version=version, key=Tag.EVALUATIONS, value=value)
    return EvaluationSucceeded(run_id=record.run_id, registered_model=name, version=task.version)


def _record(task: EvaluationTask, job_uid: str) -> EvaluationRecord:
    kpis = {Kpi(name): value for name, value in json.loads(os.environ.get("SCRIPTED_KPIS", '{"RMSE": 0.05}')).items()}
    tags = {Tag.JOB_UID: job_uid, Tag.EVALUATION_ID: task.evaluation_id, Tag.EVALUATED_VERSION: str(task.version)}
    run_id = _run({kpi_metric(Subject.CHAMPION, kpi): value for kpi, value in kpis.items()}, tags)["run_id"]
    return EvaluationRecord(
        time=datetime.now(UTC),
        run_id=run_id,
        job_uid=job_uid,
        evaluation_id=task.evaluation_id,
        window=task.window,
        rows=1000,
        labels_digest=task.labels_digest,
        anomalies=1 if task.labels_digest else None,
        kpis=kpis,
        predecessor=_predecessor(task),
        undetermined=None if task.labels_digest else "there are no labels: none are configured",
    )


def _predecessor(task: EvaluationTask) -> PredecessorScore | None:
    """As SCRIPTED_PREDECESSOR says, for example {"verdict": "Better"}; without it no better and no worse."""
    if task.predecessor is None:
        return None
    said = json.loads(os.environ.get("SCRIPTED_PREDECESSOR", '{"verdict": "CannotTell"}'))
    return PredecessorScore.model_validate({"version": task.predecessor, **said})


def _register(task: TrainingTask, job_uid: str) -> dict[str, Any]:
    others = {Subject.NAIVE: 0.2, Subject.BASELINE: 0.15}
    metrics = {kpi_metric(subject, Kpi.RMSE): value for subject, value in others.items()}
    metrics |= {kpi_metric(Subject.CANDIDATE, Kpi.RMSE): 0.05}
    profile = _profile(task)
    end = profile.end if profile else datetime.now(UTC)
    tags = {Tag.JOB_UID: job_uid, Tag.SENSOR_MODEL_UID: task.sensor_model.uid, Tag.DECISION_ID: task.decision_id}
    tags |= {Tag.HELD_OUT_START: (end - timedelta(seconds=1)).isoformat(), Tag.DATA_END: end.isoformat()}
    tags |= {Tag.TRIGGER: task.trigger.kind, Tag.IMAGE: os.environ.get(ENV_IMAGE, "")}
    tags |= {Tag.DRIFT_PROFILE_DIGEST: profile.digest} if profile else {}
    if task.champion_version:
        metrics |= {kpi_metric(Subject.CANDIDATE, Kpi.RMSE): 0.04, kpi_metric(Subject.CHAMPION, Kpi.RMSE): 0.09}
        tags |= {Tag.CHAMPION_VERSION: str(task.champion_version), Tag.COMPARISON: ComparisonVerdict.BETTER}
    run = _run(metrics, {**tags, Tag.TASK: task.to_json()}, task.experiment, {"seed": str(task.seed)})
    if profile:
        _upload(run, ARTIFACT_DRIFT_PROFILE, profile.to_bytes())
    created = _call(
        "model-versions/create",
        name=task.registered_model,
        source=run["artifact_uri"],
        run_id=run["run_id"],
        tags=_tags(tags),
    )
    version: dict[str, Any] = created["model_version"]
    return version


def _run(
    metrics: dict[str, float],
    tags: dict[Tag, str],
    experiment: str = "Default",
    parameters: dict[str, str] | None = None,
) -> dict[str, Any]:
    now = int(time.time() * 1000)
    _call("experiments/create", name=experiment)
    found = _read(f"experiments/get-by-name?{urllib.parse.urlencode({'experiment_name': experiment})}")["experiment"]
    run: dict[str, Any] = _call(
        "runs/create", experiment_id=found["experiment_id"], start_time=now, tags=_tags(tags)
    )["run"]["info"]  # fmt: skip
    points = [{"key": key, "value": value, "timestamp": now, "step": 0} for key, value in metrics.items()]
    _call("runs/log-batch", run_id=run["run_id"], metrics=points, params=_tags(parameters or {}))
    _call("runs/update", run_id=run["run_id"], status="FINISHED", end_time=now)
    return run


def _profile(task: TrainingTask) -> "DriftProfile | None":
    """The drift profile of the telemetry's newest rows; None where it cannot be read."""
    path = Path(urllib.parse.urlsplit(task.telemetry.uri).path)
    if not path.is_file():
        return None
    import pyarrow.parquet as pq  # noqa: PLC0415 - takes a second, and few tests need it

    from model_contract.drift import build_profile  # noqa: PLC0415 - the same

    telemetry, seconds = pq.read_table(path), task.telemetry.sampling_interval_seconds or 60.0
    rows = round(task.drift.reference_seconds / seconds)
    times = telemetry["timestamp"].to_pylist()
    return build_profile(
        telemetry["value"].to_numpy()[-rows:].reshape(-1, 1),
        channels=("value",),
        window_rows=round(task.drift.current_seconds / seconds),
        sampling_seconds=seconds,
        start=times[-rows],
        end=times[-1] + timedelta(seconds=seconds),
        data_digest="d" * 64,
        minimum_rows=task.drift.min_samples,
    )


def _upload(run: dict[str, Any], path: str, content: bytes) -> None:
    """Store an artifact through the server."""
    place = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
    url = f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow-artifacts/artifacts/{place}/{path}"
    with urllib.request.urlopen(urllib.request.Request(url, content, method="PUT"), timeout=30):  # noqa: S310
        pass


def _tags(tags: Mapping[Tag, str] | Mapping[str, str]) -> list[dict[str, str]]:
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

"""A probation that fails, and versions trained again: operator, Job controller, trainer, MLflow and telemetry are real.

The telemetry changes for a day and changes back. What was trained on that day beats the version before it, is promoted
by the gate, and does worse on the day after.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion

from localcluster import Cluster
from localcluster.mlflow_server import MlflowServer
from model_contract.evaluation import EVALUATIONS, EvaluationRecord
from model_contract.keys import ComparisonVerdict, Kpi, Subject, Tag, kpi_metric
from model_contract.reproduction import DifferenceKind
from tests.operator.operator_process import LONG_PATIENCE, ROOT, OperatorProcess, Plant, eventually, new_plant

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 1440  # rows of one minute
USUAL, UNUSUAL = 12, 45  # rows of one cycle
NAME, REGISTERED = "p-8", "telemanom_P-8"
FAST = {"epochs": "30", "units": "16", "batch_size": "8", "sequence_length": "32", "hop": "16", "learning_rate": "0.01"}
SETTINGS = {"SENSORMODEL_REGISTRY_SPACING": "1s"}


class Scene(NamedTuple):
    """Where it plays: the namespace, MLflow, and the folder of the telemetry, which the operator may read."""

    plant: Plant
    mlflow: MlflowServer
    folder: Path

    @property
    def telemetry(self) -> Path:
        """The file that the sensor writes."""
        return self.folder / "P-8.parquet"

    @property
    def client(self) -> MlflowClient:
        """Of MLflow."""
        return MlflowClient(self.mlflow.url, self.mlflow.url)

    def operator(self) -> OperatorProcess:
        """The operator, not started yet."""
        settings = SETTINGS | {"SENSORMODEL_TELEMETRY_ROOTS": str(self.folder)}
        return OperatorProcess(self.plant, self.mlflow.url, self.folder, settings)

    def until(self, path: str, value: str) -> None:
        """Watch the SensorModel until a field has a value."""
        self.plant.wait_for(NAME, path, value)

    @property
    def status(self) -> dict[str, Any]:
        """Of the SensorModel."""
        found: dict[str, Any] = self.plant.get("sensormodel", NAME)["status"]
        return found

    def tags(self, version: int) -> dict[str, str]:
        """Of a version."""
        found: dict[str, str] = self.client.get_model_version(REGISTERED, str(version)).tags
        return found

    def newest_evaluation(self, version: int) -> EvaluationRecord:
        """Of a version."""
        return EVALUATIONS.validate_json(self.tags(version)[Tag.EVALUATIONS])[-1]

    @property
    def aliases(self) -> dict[str, str]:
        """Who holds a stage."""
        return dict(self.client.get_registered_model(REGISTERED).aliases)

    @property
    def versions(self) -> list[ModelVersion]:
        """All that are registered."""
        return list(self.client.search_model_versions(f"name = '{REGISTERED}'"))

    def run_of(self, version: int) -> Run:
        """The run that made a version."""
        return self.client.get_run(self.client.get_model_version(REGISTERED, str(version)).run_id)

    def events(self, reason: str) -> set[str]:
        """What events with a reason say of the SensorModel."""
        about = f"reason={reason},involvedObject.kind=SensorModel,involvedObject.name={NAME}"
        listed = json.loads(self.plant.kubectl("get", "events", f"--field-selector={about}", "-o", "json"))
        return {event["message"] for event in listed["items"]}

    def reproduce(self, version: int) -> subprocess.CompletedProcess[str]:
        """`kubectl sensormodel reproduce`, as at a terminal."""
        environment = os.environ | {
            "COLUMNS": "200",
            "KUBECONFIG": str(self.plant.cluster.kubeconfig),
            "MLFLOW_TRACKING_URI": self.mlflow.url,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), str(ROOT / "trainer")]),
        }
        command = [str(self.plant.cluster.bin / "kubectl"), "sensormodel", "reproduce", NAME]
        return subprocess.run(
            [*command, "--version", str(version), "--timeout", f"{LONG_PATIENCE}s", "-n", self.plant.namespace],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def reproduction_run(printed: str) -> str:
    """The run that the plugin names."""
    (run,) = re.findall(r"The run of the reproduction is (\w+)\.", printed)
    return str(run)


def write_telemetry(path: Path, *cycles: int, changed_row: int | None = None) -> None:
    """A day of a wave for each cycle; one reading may be another than it was."""
    random = np.random.default_rng(7)
    waves = np.concatenate([np.sin(np.arange(DAY) * 2 * np.pi / cycle) for cycle in cycles])
    values = waves + random.normal(scale=0.05, size=waves.size)
    if changed_row is not None:
        values[changed_row] += 0.5
    times = pa.array([START + timedelta(minutes=row) for row in range(values.size)], pa.timestamp("us", tz="UTC"))
    new = path.with_suffix(".new")
    pq.write_table(pa.table({"timestamp": times, "value": values}), new)
    new.replace(path)


def objects(telemetry: Path) -> list[dict[str, Any]]:
    """The policy and the SensorModel; only the newest day is trained on."""
    kinds = {"apiVersion": "sensormodel.io/v1alpha1"}
    triggers = {
        "performance": {"metric": "RMSE", "maxDegradationPercent": 50, "checkInterval": "1s", "window": "24h"},
        "drift": {"enabled": False, "currentWindow": "4h", "referenceWindow": "16h"},
    }
    rules = {"checkInterval": "2s", "cooldown": "0s", "triggers": triggers, "promotion": {"mustBeatBaseline": False}}
    spec = {
        "sensorID": "P-8",
        "modelType": "Telemanom",
        "telemetry": {"uri": telemetry.as_uri()},
        "policyRef": {"name": "default"},
        "training": {"lookback": "24h", "hyperparameters": FAST},
    }
    return [
        kinds | {"kind": "RetrainingPolicy", "metadata": {"name": "default"}, "spec": rules},
        kinds | {"kind": "SensorModel", "metadata": {"name": NAME}, "spec": spec},
    ]


@pytest.fixture(scope="module")
def scene(
    cluster: Cluster, crds: None, mlflow: MlflowServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """The operator runs. Version 1 is back in Production after version 2, and was scored on the newest day."""
    folder = tmp_path_factory.mktemp("probation")
    with new_plant(cluster) as plant, (scene := Scene(plant, mlflow, folder)).operator():
        write_telemetry(scene.telemetry, USUAL)
        plant.apply(*objects(scene.telemetry))
        scene.until("{.status.stages.production.version}", "1")
        write_telemetry(scene.telemetry, USUAL, UNUSUAL)
        scene.until("{.status.stages.production.version}", "2")
        write_telemetry(scene.telemetry, USUAL, UNUSUAL, USUAL)
        scene.until("{.status.stages.production.version}", "1")
        scene.until("{.status.assessment.performance.windowEndTime}", "2026-01-04T00:00:00Z")
        yield scene


def test_a_predecessor_that_does_better_on_new_telemetry_comes_back_and_the_loser_stays_away(scene: Scene) -> None:
    assert scene.aliases == {"production": "1"}
    assert (scene.tags(1)[Tag.STAGE], scene.tags(2)[Tag.STAGE]) == ("Production", "Archived")
    status = scene.status
    moves = [(one["version"], one["from"], one["to"], one["by"], one["reason"]) for one in status["stageHistory"]]
    assert moves == [
        (1, "Archived", "Production", "Policy", "ProbationFailed"),
        (2, "Production", "Archived", "Policy", "ProbationFailed"),
        (1, "Production", "Archived", "Policy", "Replaced"),
        (2, "Staging", "Production", "Policy", "Promoted"),
        (2, "None", "Staging", "Policy", "Staged"),
        (1, "Staging", "Production", "Policy", "Promoted"),
        (1, "None", "Staging", "Policy", "Staged"),
    ]

    scored = scene.newest_evaluation(2)
    assert (scored.window.start, scored.window.end) == (START + timedelta(days=2), START + timedelta(days=3))
    before = scored.predecessor
    assert before is not None
    assert (before.version, before.verdict) == (1, ComparisonVerdict.BETTER)
    assert before.kpis[Kpi.RMSE] == scene.newest_evaluation(1).kpis[Kpi.RMSE]  # on the same window, alone
    why = status["stageHistory"][0]["message"]
    assert f"RMSE {scored.kpis[Kpi.RMSE]:.4g} against {before.kpis[Kpi.RMSE]:.4g}" in why
    assert json.loads(scene.tags(2)[Tag.GATE]) == {"reason": "ProbationFailed", "message": why}
    assert scene.events("ProbationFailed") == {
        f"version 1 Archived → Production: {why}",
        f"version 2 Production → Archived: {why}",
    }
    assert ("MoveStage", "ProbationFailed", why) in [
        (one["action"], one["reason"], one["message"]) for one in status["history"]
    ]
    assert scene.plant.condition(NAME, "Ready") == ("True", "UpToDate")
    assert scene.plant.condition(NAME, "PerformanceDegraded") == ("False", "PerformanceKept")
    assert len(scene.versions) == 2  # the day that version 2 has learnt asks for no further training

    scene.client.set_registered_model_alias(REGISTERED, "staging", "2")  # somebody means well
    eventually(lambda: scene.status["stages"].get("staging", {}).get("gate", {}).get("reason"), "ProbationFailed")
    assert scene.aliases == {"production": "1", "staging": "2"}


def test_a_version_that_is_trained_again_is_the_same_and_leaves_no_trace_among_versions_and_trainings(
    scene: Scene,
) -> None:
    training, jobs = scene.status["training"], set(scene.plant.names("jobs"))
    said = scene.reproduce(2)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[0] == f"Version 2 of {REGISTERED}, trained again: Same"
    (job,) = set(scene.plant.names("jobs")) - jobs
    assert said.stderr.strip() == f"Job {job} trains version 2 again."
    original, again = scene.run_of(2), scene.client.get_run(reproduction_run(said.stdout))
    differences = {each["kind"] for each in json.loads(again.data.tags[Tag.DIFFERENCES])}
    assert differences <= {DifferenceKind.CODE}  # somebody may edit the sources meanwhile
    for tag in (Tag.WEIGHTS_DIGEST, Tag.DATA_DIGEST):
        assert again.data.tags[tag] == original.data.tags[tag]
    for kpi in (Kpi.RMSE, Kpi.MAE):
        name = kpi_metric(Subject.CANDIDATE, kpi)
        assert again.data.metrics[name] == original.data.metrics[name]
    assert len(scene.versions) == 2
    assert scene.status["training"] == training


def test_a_reading_that_was_changed_since_makes_a_difference_that_is_told_with_its_numbers(scene: Scene) -> None:
    write_telemetry(scene.telemetry, USUAL, UNUSUAL, USUAL, changed_row=DAY + 100)
    said = scene.reproduce(2)
    assert said.returncode == 1, said.stderr
    assert said.stdout.splitlines()[0] == f"Version 2 of {REGISTERED}, trained again: Different"
    then = scene.run_of(2).data.tags
    now = scene.client.get_run(reproduction_run(said.stdout)).data.tags
    words = " ".join(said.stdout.split())
    assert f"has changed: sha256 {then[Tag.DATA_DIGEST][:12]}… then, {now[Tag.DATA_DIGEST][:12]}… now" in words
    assert f"sha256 {then[Tag.WEIGHTS_DIGEST][:12]}… then, {now[Tag.WEIGHTS_DIGEST][:12]}… now" in words
    assert len(scene.versions) == 2

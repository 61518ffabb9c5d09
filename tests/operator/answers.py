"""The same question to everybody who can be asked: which version is Production, which Staging?

And the hands that a test has in MLflow: those of a trainer that registers versions, and those of a person.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from mlflow import MlflowClient

from model_contract.evaluation import EvaluatedWindow, EvaluationRecord, PredecessorScore, evaluations_tag
from model_contract.keys import ComparisonVerdict, Kpi, Subject, Tag, kpi_metric
from tests.operator.operator_process import PATIENCE, ROOT, Plant

EVERYBODY: Final = ("kubectl get", "status", "stage history", "aliases", "stage tags", "plugin")


class Holders(NamedTuple):
    """Numbers of the versions that hold a stage; None: nobody."""

    production: int | None
    staging: int | None = None


class Registrar:
    """Registers versions of one SensorModel as the trainer does, and moves them as people do."""

    def __init__(self, mlflow_url: str, plant: Plant, name: str, registered_model: str) -> None:
        self.client = MlflowClient(mlflow_url, mlflow_url)
        self.url = mlflow_url
        self.name = registered_model
        uid = plant.get("sensormodel", name)["metadata"]["uid"]
        self._owned = {Tag.SENSOR_MODEL_UID: uid}
        owner = {Tag.OWNER.value: f"{plant.namespace}/{name}", Tag.OWNER_UID.value: uid}
        self.client.create_registered_model(registered_model, tags=owner)

    def register(self, rmse: float, *, against: int | None = None, champion: float = 0.1, better: bool = True) -> int:
        """A complete version, judged on telemetry of an hour that nobody has learnt; its number."""
        run = self.client.create_run("0")
        values = {Subject.CANDIDATE: rmse, Subject.NAIVE: 0.5, Subject.BASELINE: 0.5}
        now = datetime.now(UTC)
        tags = self._owned | {
            Tag.JOB_UID: f"job-of-{run.info.run_id}",
            Tag.HELD_OUT_START: now.isoformat(),
            Tag.DATA_END: (now + timedelta(hours=1)).isoformat(),
            Tag.COMPLETE: "true",
        }
        if against is not None:
            values[Subject.CHAMPION] = champion
            verdict = ComparisonVerdict.BETTER if better else ComparisonVerdict.NOT_BETTER
            tags |= {Tag.CHAMPION_VERSION: str(against), Tag.COMPARISON: verdict}
        for subject, value in values.items():
            self.client.log_metric(run.info.run_id, kpi_metric(subject, Kpi.RMSE), value)
        made = self.client.create_model_version(
            self.name,
            run.info.artifact_uri,
            run.info.run_id,
            tags={tag.value: value for tag, value in tags.items()},
            await_creation_for=0,
        )
        return int(made.version)

    def score(self, version: int, rmse: float, predecessor: int, verdict: ComparisonVerdict, other: float) -> None:
        """The record of an evaluation of a version beside its predecessor."""
        now = datetime.now(UTC).replace(microsecond=0)
        before = PredecessorScore(version=predecessor, kpis={Kpi.RMSE: other}, verdict=verdict)
        record = EvaluationRecord(
            time=now,
            run_id="evaluation",
            job_uid="evaluation-job",
            evaluation_id="evaluation",
            window=EvaluatedWindow(start=now - timedelta(hours=1), end=now),
            rows=60,
            kpis={Kpi.RMSE: rmse},
            predecessor=before,
        )
        self.client.set_model_version_tag(self.name, str(version), Tag.EVALUATIONS.value, evaluations_tag([record]))

    def move(self, alias: str, version: int) -> None:
        """What a person does in the UI."""
        self.client.set_registered_model_alias(self.name, alias, str(version))

    def tag(self, version: int, tag: Tag) -> str | None:
        """A tag of a version."""
        found: str | None = self.client.get_model_version(self.name, str(version)).tags.get(tag.value)
        return found


def ask(plant: Plant, name: str, registrar: Registrar) -> dict[str, Holders]:
    """What everybody says."""
    found = plant.get("sensormodel", name)
    status: dict[str, Any] = found.get("status", {})
    header, row = plant.kubectl("get", "sm", name).splitlines()
    stage, version = (row[header.index(column) :].split("  ")[0].strip() for column in ("STAGE", "VERSION"))
    stages = status.get("stages", {})
    staging = stages.get("staging", {}).get("version")
    newest: dict[int, str] = {}
    for move in status.get("stageHistory", []):
        newest.setdefault(move["version"], move["to"])
    existing = registrar.client.search_model_versions(f"name = '{registrar.name}'")
    aliases = registrar.client.get_registered_model(registrar.name).aliases
    return {
        "kubectl get": Holders(int(version) if stage == "Production" else None, staging),
        "status": Holders(stages.get("production", {}).get("version"), staging),
        "stage history": _holders(newest),
        "aliases": Holders(*(int(aliases[alias]) if alias in aliases else None for alias in ("production", "staging"))),
        "stage tags": _holders({int(each.version): each.tags.get(Tag.STAGE.value, "None") for each in existing}),
        "plugin": _plugin(plant, name, registrar),
    }


def all_say(plant: Plant, name: str, registrar: Registrar, expected: Holders) -> None:
    """Wait until everybody gives the same, expected answer."""
    deadline = time.monotonic() + PATIENCE
    while (said := ask(plant, name, registrar)) != dict.fromkeys(EVERYBODY, expected):
        assert time.monotonic() < deadline, f"{said} instead of {expected}"
        time.sleep(0.2)


def _holders(stages: dict[int, str]) -> Holders:
    """Who holds what; more than one holder of a stage is no answer."""
    found = {stage: [number for number, held in stages.items() if held == stage] for stage in ("Production", "Staging")}
    return Holders(*(one_of(numbers) for numbers in found.values()))


def one_of(numbers: list[int]) -> int | None:
    """The only one; -1 for several."""
    if len(numbers) > 1:
        return -1
    return numbers[0] if numbers else None


def _plugin(plant: Plant, name: str, registrar: Registrar) -> Holders:
    arguments = ("versions", name, "-o", "json", "-n", plant.namespace, "--kubeconfig", str(plant.cluster.kubeconfig))
    answered = subprocess.run(
        [sys.executable, "-m", "kubectl_sensormodel", *arguments, "--mlflow", registrar.url],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), str(ROOT / "trainer")])},
        capture_output=True,
        text=True,
        check=True,
    )
    return _holders({one["version"]: one["stage"] for one in json.loads(answered.stdout)})

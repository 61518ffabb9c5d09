"""Versions, stages, lineage and loading, on a real MLflow server."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient, pyfunc
from mlflow.entities import Dataset, DatasetInput

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import Tag
from model_contract.task import TrainingTask
from model_operator.api.vocabulary import Stage
from sensormodel.errors import Missing, NoAnswer, Refused
from sensormodel.registry import Registry
from tests.gateways.mlflow_objects import register_version

MOVES = [
    {
        "version": 1,
        "from": "Staging",
        "to": "Production",
        "time": "2026-11-24T12:00:00Z",
        "by": "Policy",
        "reason": "Promoted",
        "message": "version 1: RMSE 0.05 against 0.2 of the naive forecast (+75.0 %)",
    }
]
COMPLETE = {
    Tag.COMPLETE: "true",
    Tag.DATA_START: "2026-11-01T00:00:00+00:00",
    Tag.DATA_END: "2026-11-24T00:00:00+00:00",
    Tag.DATA_DIGEST: "d" * 64,
    Tag.TRIGGER: "Drift",
    Tag.JOB_UID: "job-uid",
    Tag.SENSOR_MODEL: "plant/p-1",
    Tag.DECISION_ID: "0123456789abcdef",
    Tag.CHAMPION_VERSION: "4",
    Tag.CODE_REVISION: "4c0ffee",
    Tag.IMAGE: "trainer@sha256:1",
    Tag.WEIGHTS_DIGEST: "w" * 64,
}


@pytest.fixture
def registry(server: MlflowServer) -> Registry:
    return Registry(server.url)


def task(name: str, **changes: Any) -> TrainingTask:
    return TrainingTask.model_validate(
        {
            "decision_id": "0123456789abcdef",
            "sensor_model": {"namespace": "plant", "name": "p-1", "uid": "uid"},
            "sensor_id": "P-1",
            "model_type": "Telemanom",
            "telemetry": {"uri": "file:///telemetry/P-1.parquet"},
            "window": {"lookback_seconds": 604_800},
            "drift": {"reference_seconds": 604_800, "current_seconds": 86_400},
            "seed": 11,
            "experiment": name,
            "registered_model": name,
            "trigger": {"kind": "Drift", "identity": "window", "message": "drift 0.78 >= 0.50"},
            **changes,
        }
    )


def test_a_version_says_stage_since_why_kpis_data_and_gate(
    registry: Registry, mlflow: MlflowClient, own_name: str
) -> None:
    tags = COMPLETE | {Tag.STAGE: "Production", Tag.STAGE_MOVES: json.dumps(MOVES)}
    tags |= {Tag.GATE: json.dumps({"reason": "Promoted", "message": "better"})}
    register_version(mlflow, own_name, tags, {"candidate_rmse": 0.05, "naive_rmse": 0.2})
    register_version(mlflow, own_name, {}, {})
    mlflow.set_registered_model_alias(own_name, "production", "1")
    newer, older = registry.versions(own_name)
    assert (newer.version, newer.stage, newer.since, newer.why, newer.complete) == (2, Stage.NONE, None, "", False)
    assert (1, Stage.PRODUCTION, "Policy", MOVES[0]["message"]) == (
        older.version,
        older.stage,
        older.moved_by,
        older.why,
    )
    assert older.since == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert older.kpis == {"RMSE": 0.05}
    assert (older.data_start, older.data_end) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 24, tzinfo=UTC),
    )
    assert (older.gate, older.gate_message, older.trigger) == ("Promoted", "better", "Drift")


def test_the_holder_of_a_stage_is_found_and_its_absence_told(
    registry: Registry, mlflow: MlflowClient, own_name: str
) -> None:
    register_version(mlflow, own_name, COMPLETE, {})
    mlflow.set_registered_model_alias(own_name, "staging", "1")
    assert registry.in_stage(own_name, Stage.STAGING).version == 1
    with pytest.raises(Missing, match="has no version in Production"):
        registry.in_stage(own_name, Stage.PRODUCTION)


def test_an_unknown_version_is_told_with_those_that_exist(
    registry: Registry, mlflow: MlflowClient, own_name: str
) -> None:
    register_version(mlflow, own_name, {}, {})
    with pytest.raises(Missing) as told:
        registry.version(own_name, 7)
    assert (f"{own_name} has no version 7", "There are: 1.") == (told.value.message, told.value.remedy)


def test_an_unknown_model_is_missing(registry: Registry) -> None:
    with pytest.raises(Missing):
        registry.versions("nothing")


def test_the_lineage_of_a_version_names_data_code_parameters_and_job(
    registry: Registry, mlflow: MlflowClient, own_name: str
) -> None:
    version = register_version(mlflow, own_name, COMPLETE, {})
    mlflow.set_tag(version.run_id, Tag.TASK, task(own_name).to_json())
    mlflow.set_tag(version.run_id, "environment.numpy", "2.3")
    mlflow.log_param(version.run_id, "units", "80")
    source = json.dumps({"uri": "file:///telemetry/P-1.parquet", "columns": ["value"]})
    dataset = Dataset("P-1", "sha256:d", "json", source, profile=json.dumps({"rows": 10_080}))
    mlflow.log_inputs(version.run_id, [DatasetInput(dataset, [])])
    found = registry.lineage(own_name, 1)
    assert (
        found.data.uri,
        found.data.digest,
        found.data.rows,
        found.data.columns,
    ) == ("file:///telemetry/P-1.parquet", "d" * 64, 10_080, ("value",))
    assert (
        found.code.revision,
        found.code.image,
        found.code.environment,
    ) == ("4c0ffee", "trainer@sha256:1", {"numpy": "2.3"})
    assert (
        found.asked.sensor_model,
        found.asked.trigger,
        found.asked.message,
        found.asked.job_uid,
        found.asked.attempt,
        found.asked.champion_version,
    ) == ("plant/p-1", "Drift", "drift 0.78 >= 0.50", "job-uid", 1, 4)
    assert found.asked.job_name is not None
    assert found.asked.job_name.startswith("p-1-")
    assert (found.seed, found.parameters, found.missing) == (11, {"units": "80"}, ())


def test_what_is_not_on_record_is_named(registry: Registry, mlflow: MlflowClient, own_name: str) -> None:
    register_version(mlflow, own_name, {}, {})
    assert registry.lineage(own_name, 1).missing == (
        "the digest of the data",
        "the window of the data",
        "the git commit of the code",
        "the image",
        "the parameters",
        "the seed",
        "the trigger",
        "the Job",
        "the digest of the weights",
    )


def test_a_task_that_is_too_long_for_a_tag_is_read_from_the_artifacts(
    registry: Registry, mlflow: MlflowClient, own_name: str
) -> None:
    version = register_version(mlflow, own_name, COMPLETE, {})
    long = task(own_name, hyperparameters={f"name_{number}": "1" * 100 for number in range(90)}).to_json()
    mlflow.set_tag(version.run_id, Tag.TASK, long[:8000])
    mlflow.log_text(version.run_id, long, "task.json")
    assert registry.lineage(own_name, 1).seed == 11


DOUBLING = """
class Doubling:
    def predict(self, numbers, params=None):
        return [2 * number for number in numbers]


def _load_pyfunc(path):
    return Doubling()
"""


def register_model(mlflow_client: MlflowClient, name: str, folder: Path, code: str) -> None:
    """A version in Production whose model brings its code along."""
    module = f"module_of_{name.replace('-', '_')}"
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    (folder / "data").mkdir()
    pyfunc.save_model(
        str(folder / "model"),
        loader_module=module,
        code_paths=[str(folder / f"{module}.py")],
        data_path=str(folder / "data"),
        pip_requirements=["numpy"],
    )
    version = register_version(mlflow_client, name, COMPLETE, {})
    mlflow_client.log_artifacts(version.run_id, str(folder / "model"), "model")
    mlflow_client.set_registered_model_alias(name, "production", version.version)


@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning")  # MLflow's own
def test_a_model_is_loaded_by_its_stage_or_by_its_number(
    registry: Registry, mlflow: MlflowClient, own_name: str, tmp_path: Path
) -> None:
    register_model(mlflow, own_name, tmp_path, DOUBLING)
    assert registry.load(own_name).predict([1.0, 2.0]) == [2.0, 4.0]
    assert registry.load(own_name, 1).predict([3.0]) == [6.0]


@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning")
def test_a_model_that_needs_a_package_says_which(
    registry: Registry, mlflow: MlflowClient, own_name: str, tmp_path: Path
) -> None:
    register_model(mlflow, own_name, tmp_path, f"import keras_of_another_age\n{DOUBLING}")
    with pytest.raises(Refused) as told:
        registry.load(own_name)
    assert "needs a package that is not here: No module named 'keras_of_another_age'" in told.value.message
    assert told.value.remedy == "Install it with: pip install 'sensor-model-operator[trainer]'"


def test_a_model_whose_artifacts_are_gone_is_missing(registry: Registry, mlflow: MlflowClient, own_name: str) -> None:
    register_version(mlflow, own_name, COMPLETE, {})
    with pytest.raises(NoAnswer):
        registry.load(own_name, 1)

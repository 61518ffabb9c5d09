"""`kubectl sensormodel plan` with a cluster: which models it replays, and beside which policy."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.api.objects import retraining_policy, sensor_model
from tests.cluster.api.server import Api
from tests.plugin.plan.sensors import quiet, write
from tests.plugin.plan.test_plan import DRIFT, only_drift, policy
from tests.plugin.program import Answer, Program


@pytest.fixture
def files(tmp_path: Path, api: Api) -> Path:
    """Three models in the cluster, two of them with the policy that is tried; their telemetry here."""
    write(tmp_path / "P-1.parquet", quiet(12))
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy(only_drift())), encoding="utf-8")
    api.apply(retraining_policy(cooldown="3h", triggers__drift=DRIFT))
    api.apply(sensor_model("p-1"))
    api.apply(sensor_model("p-2", registry__modelName="second"))
    api.apply(sensor_model("p-3", registry__modelName="third", policyRef__name="other"))
    api.kubectl("label", "sensormodel", "p-3", "site=north")
    return tmp_path


def plan(plugin: Program, files: Path, *options: str) -> Answer:
    return plugin("plan", "-f", str(files / "policy.yaml"), "--telemetry-root", str(files), "-o", "json", *options)


def names(answer: Answer) -> list[Any]:
    return [model["model"].split("/")[1] for model in answer.json["models"]]


def policies(answer: Answer) -> list[Any]:
    return [outcome["policy"] for outcome in answer.json["outcomes"]]


def test_all_models_that_name_the_policy_are_replayed_beside_the_one_that_is_there(
    plugin: Program, files: Path
) -> None:
    answer = plan(plugin, files)
    assert answer.code == 0, answer.err
    assert names(answer) == ["p-1", "p-2"]
    assert policies(answer) == ["policy.yaml", "present", "never", "monthly"]


def test_labels_choose_models_whatever_policy_they_name(plugin: Program, files: Path) -> None:
    answer = plan(plugin, files, "-l", "site=north")
    assert names(answer) == ["p-3"]
    assert policies(answer) == ["policy.yaml", "never", "monthly"]  # the policy `other` is not there


def test_models_are_chosen_by_name(plugin: Program, files: Path) -> None:
    assert names(plan(plugin, files, "--model", "p-2")) == ["p-2"]


def test_a_model_that_is_not_there_is_told_with_similar_ones(plugin: Program, files: Path) -> None:
    answer = plan(plugin, files, "--model", "p-9")
    assert answer.code == 3
    assert "has no SensorModel 'p-9'" in answer.err

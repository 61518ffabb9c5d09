"""The samples of `manifests/` are accepted by a real API server, without a warning, and show every field."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from model_contract.hyperparameters import validate_hyperparameters
from model_contract.task import ModelType
from model_operator.api.crd import RETRAINING_POLICY, SENSOR_MODEL, Kind
from model_operator.api.reference import fields
from tests.cluster.api.objects import paths_of
from tests.cluster.api.server import ROOT, Api

MANIFESTS = ROOT / "manifests"
SAMPLES = sorted((MANIFESTS / "samples").glob("*.yaml"))
ONE_OF_ITS_KIND = {"emptyDir", "secret", "value"}  # other samples of a union, where one entry shows one source


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_accepted(try_api: Api, sample: Path) -> None:
    accepted = try_api.kubectl("apply", "--server-side", "--dry-run=server", "--warnings-as-errors", "-f", str(sample))
    assert "serverside-applied (server dry run)" in accepted


def test_the_full_sample_shows_every_field_of_a_sensor_model() -> None:
    assert _unset(SENSOR_MODEL, _load("sensormodel-full.yaml")) == set()


def test_the_policy_samples_show_every_field_of_a_policy() -> None:
    """Two of them, because a schedule has an interval or a cron line."""
    samples = ("retrainingpolicy.yaml", "retrainingpolicy-nightly.yaml")
    assert set.intersection(*(_unset(RETRAINING_POLICY, _load(sample)) for sample in samples)) == set()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_the_hyperparameters_of_a_sample_exist(sample: Path) -> None:
    for spec in (each["spec"] for each in yaml.safe_load_all(sample.read_text(encoding="utf-8"))):
        given = spec.get("training", {}).get("hyperparameters", {})
        assert validate_hyperparameters(ModelType(spec.get("modelType", "Telemanom")), given) is not None


def test_every_resource_of_the_samples_folder_is_one_of_the_two_kinds() -> None:
    kinds = {each["kind"] for path in SAMPLES for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))}
    assert kinds == {"SensorModel", "RetrainingPolicy"}


def _load(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((MANIFESTS / "samples" / name).read_text(encoding="utf-8")))


def _unset(kind: Kind, sample: dict[str, Any]) -> set[str]:
    """The fields of the spec that a sample does not set."""
    wanted = {field.path for field in fields(kind) if field.path.startswith("spec")}
    missing = wanted - paths_of(sample["spec"], "spec")
    return {path for path in missing if not ONE_OF_ITS_KIND & set(path.replace("[]", "").split("."))}

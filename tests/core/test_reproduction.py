"""The Job that rebuilds a version for a person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model_contract import keys
from model_contract.reproduction import Reproduces, ReproductionTask
from model_contract.task import TaskKind
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.core.job_manifest import TrainerDefaults, build_job
from model_operator.core.jobs import is_live, observe_job
from model_operator.core.reproduction import reproduction_task
from tests import builders

ASKED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEFAULTS = TrainerDefaults(image="trainer@sha256:abc", mlflow_tracking_uri="http://mlflow:5000")
MODEL = builders.model()


def asked(at: datetime = ASKED_AT) -> ReproductionTask:
    return reproduction_task(MODEL, builders.spec(), Reproduces(version=7, run_id="run-7"), at, "asked by alice")


def a_job(spec: SensorModelSpec | None = None) -> dict[str, Any]:
    return build_job(MODEL, spec or builders.spec(), asked(), DEFAULTS)


@pytest.fixture
def created() -> dict[str, Any]:
    """The Job as the API server has it."""
    job = a_job()
    server = {"uid": "uid-job", "creationTimestamp": "2026-03-01T12:00:00Z"}
    return job | {"metadata": job["metadata"] | server}


def test_a_task_names_the_version_and_leaves_the_rest_to_its_lineage() -> None:
    task = asked()

    assert (task.reproduces.version, task.reproduces.run_id) == (7, "run-7")
    assert (task.registered_model, task.experiment) == ("telemanom_P-1", "telemanom_P-1")
    assert task.sensor_model.uid == builders.UID


def test_asking_again_is_another_job_and_the_same_request_is_the_same_job() -> None:
    assert asked().reproduction_id == asked().reproduction_id
    assert asked().reproduction_id != asked(ASKED_AT + timedelta(seconds=1)).reproduction_id


def test_a_job_reproduces_with_the_image_that_it_is_given_and_the_credentials_of_the_spec() -> None:
    training = {"image": "newer:2", "env": [{"name": "AWS_REGION", "value": "eu-west-1"}]}
    (container,) = a_job(builders.spec(training=training))["spec"]["template"]["spec"]["containers"]

    assert (container["args"], container["image"]) == (["reproduce"], "trainer@sha256:abc")
    values = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert values[keys.ENV_IMAGE] == "trainer@sha256:abc"
    assert values["AWS_REGION"] == "eu-west-1"
    assert ReproductionTask.model_validate_json(values[keys.ENV_TASK] or "") == asked()


def test_a_job_goes_with_its_model_and_after_a_time_but_the_operator_does_not_control_it() -> None:
    job = a_job()

    (owner,) = job["metadata"]["ownerReferences"]
    assert owner == {"apiVersion": "sensormodel.io/v1alpha1", "kind": "SensorModel", "name": "p-1", "uid": builders.UID}
    assert job["spec"]["ttlSecondsAfterFinished"] == DEFAULTS.job_ttl_seconds


def test_the_operator_counts_no_reproduction_as_live(created: dict[str, Any]) -> None:
    """Whoever controls it: a label says what it is."""
    assert created["metadata"]["labels"][keys.LABEL_TASK] == "reproduce"
    assert is_live(created) is False
    assert observe_job(created, []).task is TaskKind.REPRODUCE

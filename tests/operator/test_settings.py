"""The environment as settings."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from model_operator.core.job_manifest import TrainerDefaults
from model_operator.settings import Settings, describe

NEEDED = {"SENSORMODEL_MLFLOW_TRACKING_URI": "http://mlflow:5000", "SENSORMODEL_TRAINER_IMAGE": "trainer:1"}


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in (NEEDED | environment).items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_only_mlflow_and_the_image_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    read = settings(monkeypatch)
    assert (read.workers, read.resync_period, read.namespaces) == (32, timedelta(minutes=10), ())
    assert (read.metrics_port, read.health_port) == (8080, 8081)
    assert read.trainer_defaults() == TrainerDefaults(image="trainer:1", mlflow_tracking_uri="http://mlflow:5000")


def test_pods_may_see_mlflow_at_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    read = settings(monkeypatch, SENSORMODEL_TRAINER_MLFLOW_TRACKING_URI="http://10.0.0.1:5000")
    assert read.trainer_defaults().mlflow_tracking_uri == "http://10.0.0.1:5000"


@pytest.mark.parametrize("text", ["/telemetry:/archive", '["/telemetry", "/archive"]'])
def test_telemetry_roots_are_paths_between_colons_or_json(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    read = settings(monkeypatch, SENSORMODEL_TELEMETRY_ROOTS=text)
    assert read.telemetry_roots == ("/telemetry", "/archive")


def test_telemetry_roots_may_be_buckets_with_the_first_segments_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    read = settings(monkeypatch, SENSORMODEL_TELEMETRY_ROOTS="/telemetry:s3://plant/line-7:gs://archive")
    assert read.telemetry_roots == ("/telemetry", "s3://plant/line-7", "gs://archive")


@pytest.mark.parametrize("text", ["s3://KEY:secret@plant", "s3://plant/../other", "https://plant"])
def test_a_telemetry_root_that_is_no_plain_address_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(monkeypatch, SENSORMODEL_TELEMETRY_ROOTS=text)
    assert "SENSORMODEL_TELEMETRY_ROOTS" in describe(refused.value)
    assert "secret" not in describe(refused.value)


def test_namespaces_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, SENSORMODEL_NAMESPACES="plant, orbit").namespaces == ("plant", "orbit")


def test_trainings_of_the_whole_operator_are_limited_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch).max_concurrent_trainings is None
    assert settings(monkeypatch, SENSORMODEL_MAX_CONCURRENT_TRAININGS="20").max_concurrent_trainings == 20

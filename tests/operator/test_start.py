"""How the operator refuses to start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {"SENSORMODEL_MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "SENSORMODEL_TRAINER_IMAGE": "trainer:1"}


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SENSORMODEL_", "KUBE"))}
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT / "operator"), str(ROOT / "trainer")])}
    return subprocess.run(
        [sys.executable, "-m", "model_operator"],
        env=inherited | paths | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("environment", "complaints"),
    [
        pytest.param(
            {},
            [
                "SENSORMODEL_MLFLOW_TRACKING_URI: Field required",
                "SENSORMODEL_TRAINER_IMAGE: Field required",
            ],
            id="without the settings that have no default",
        ),
        pytest.param(
            GOOD | {"SENSORMODEL_WORKERS": "many", "SENSORMODEL_RESYNC_PERIOD": "often"},
            [
                "SENSORMODEL_WORKERS: Input should be a valid integer, unable to parse string as an integer",
                "SENSORMODEL_RESYNC_PERIOD: Value error, 'often' is not a duration: write for example 24h, 90s or 1h30m",
            ],
            id="with settings that cannot be read",
        ),
        pytest.param(
            GOOD | {"SENSORMODEL_MLFLOW_TRACKING_URI": "http://operator:canary@mlflow:5000"},
            [
                (
                    "SENSORMODEL_MLFLOW_TRACKING_URI: Value error, credentials do not belong here: "
                    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
                ),
            ],
            id="with credentials where every trainer pod would get them",
        ),
    ],
)
def test_wrong_settings_are_told_by_variable_and_without_a_traceback(
    environment: dict[str, str], complaints: list[str]
) -> None:
    ended = start(**environment)
    assert (ended.returncode, ended.stderr.splitlines()) == (78, complaints)


def test_without_a_cluster_it_says_so(tmp_path: Path) -> None:
    ended = start(**GOOD, KUBECONFIG=str(tmp_path / "missing"), HOME=str(tmp_path))
    assert ended.returncode == 78
    assert "the API server is not configured" in ended.stderr
    assert "Traceback" not in ended.stderr

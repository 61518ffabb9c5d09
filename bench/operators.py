"""The operators that are measured: ours, and the controller-runtime one beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.processes import PYTHON, python_environment

OURS: Final = "this operator"
PEER: Final = "controller-runtime"


@dataclass(frozen=True)
class Operator:
    """A program that gives every SensorModel a Job and a status."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def ours(kubeconfig: Path, mlflow: str) -> Operator:
    """This project's operator with its default settings."""
    environment = {
        "KUBECONFIG": str(kubeconfig),
        "SENSORMODEL_MLFLOW_TRACKING_URI": mlflow,
        "SENSORMODEL_TRAINER_IMAGE": "sensor-model-trainer:dev",
        "SENSORMODEL_METRICS_PORT": "0",
        "SENSORMODEL_HEALTH_PORT": "0",
    }
    return Operator(OURS, (PYTHON, "-m", "model_operator"), environment | python_environment("operator", "trainer"))


def peer(kubeconfig: Path, program: Path) -> Operator:
    """A usual controller-runtime operator."""
    return Operator(PEER, (str(program),), {"KUBECONFIG": str(kubeconfig)})

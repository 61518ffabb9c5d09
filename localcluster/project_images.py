"""The images of this project on a node that runs processes: each is the environment of the running interpreter."""

from pathlib import Path

from localcluster.node.images import Image

_ROOT = Path(__file__).parent.parent
_SOURCES = (_ROOT / "operator", _ROOT / "trainer")  # where the packages are when they are not installed

TRAINER = "sensor-model-trainer:dev"
OPERATOR = "sensor-model-operator:dev"
PYTHON = "python:dev"


def project_images() -> dict[str, Image]:
    """Image name → what it stands for."""
    return {
        TRAINER: Image.of_this_python("python", "-m", "model_trainer", import_from=_SOURCES),
        OPERATOR: Image.of_this_python("python", "-m", "model_operator", import_from=_SOURCES),
        PYTHON: Image.of_this_python(),
    }

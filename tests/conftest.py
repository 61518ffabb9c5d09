"""Fixtures for every test: one real Kubernetes for the whole session, started by the first test that asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import Cluster, Image, project_images
from localcluster.object_store import ObjectStore

_ROOT = Path(__file__).parent.parent
_IMAGES = project_images() | {
    "scripted-trainer:dev": Image.of_this_python(
        "python", str(_ROOT / "tests" / "scripted_trainer.py"), import_from=[_ROOT / "trainer"]
    ),
}
_CAPACITY = {"cpu": "16", "memory": "64Gi", "pods": "500"}  # nothing enforces it; no test waits for another's pods


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running cluster with one node that all tests share; use a namespace of your own."""
    with Cluster() as running:
        running.start_node("node-1", images=_IMAGES, capacity=_CAPACITY, restart_backoff=0.2)
        yield running


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A running S3 server that all tests share; use a bucket of your own."""
    with ObjectStore(tmp_path_factory.mktemp("object-store")) as store:
        yield store

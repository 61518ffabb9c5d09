"""Fixtures for every test: one real Kubernetes for the whole session, started by the first test that asks for it."""

from collections.abc import Iterator

import pytest

from localcluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running control plane that all tests share; use a namespace of your own."""
    with Cluster() as running:
        yield running

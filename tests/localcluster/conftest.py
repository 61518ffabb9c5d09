"""A fresh namespace for each test that runs pods."""

import uuid
from collections.abc import Iterator

import pytest

from localcluster import Cluster
from tests.pods_under_test import Namespace


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[Namespace]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "--timeout=30s")
    yield Namespace(cluster, name)
    cluster.kubectl("delete", "namespace", name, "--wait=false")

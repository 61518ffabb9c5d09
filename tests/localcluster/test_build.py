"""The control plane is compiled once, and its programs are what their names say."""

import subprocess

import pytest

from localcluster import Cluster
from localcluster.build import COMPONENTS, ensure_built, kubernetes_version


def test_nothing_is_built_twice(cluster: Cluster) -> None:
    said: list[str] = []
    assert (ensure_built(said.append), said) == (cluster.bin, [])


@pytest.mark.parametrize("component", COMPONENTS)
def test_program_is_what_it_is_called(cluster: Cluster, component: str) -> None:
    option = "version" if component == "kubectl" else "--version"
    command = [str(cluster.bin / component), option, *(["--client"] if component == "kubectl" else [])]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ("etcd Version" if component == "etcd" else kubernetes_version()) in answer


def test_server_and_client_say_the_same_version(cluster: Cluster) -> None:
    version = cluster.kubectl("version")
    assert (f"Client Version: {kubernetes_version()}", f"Server Version: {kubernetes_version()}") == tuple(
        line for line in version.splitlines() if line.startswith(("Client", "Server"))
    )

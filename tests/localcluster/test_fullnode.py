"""What a full node is told, and what this machine is asked before one is started; `make e2e` runs one."""

import json
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from localcluster import ClusterError
from localcluster.build import NODE, PAUSE
from localcluster.certificates import KeyPair
from localcluster.components import LOOPBACK, ControlPlaneFiles, api_server_arguments
from localcluster.fullnode import configuration, why_not
from localcluster.fullnode.namespaces import remains
from localcluster.fullnode.pause_image import write_pause_image
from localcluster.fullnode.surroundings import NODE_ADDRESS, prepare_surroundings

PAIR = KeyPair(Path("a.crt"), Path("a.key"))
FILES = ControlPlaneFiles(PAIR, PAIR, PAIR, PAIR, Path("manager"), Path("scheduler"))


def test_the_reason_why_a_node_cannot_run_ends_a_sentence_or_there_is_none(tmp_path: Path) -> None:
    reason = why_not(tmp_path)
    assert reason is None or (reason[0].islower() and not reason.endswith("."))


def test_the_machines_own_network_is_never_prepared(tmp_path: Path) -> None:
    if Path("/proc/net/dev").read_text(encoding="ascii").count(":") < 2:
        pytest.skip("this machine has no interface beside loopback, so that its network looks like a private one")
    with pytest.raises(ClusterError, match="namespaces of its own only"):
        prepare_surroundings(tmp_path)


def test_folders_of_nodes_that_have_ended_are_found(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    (tmp_path / f"sensor-model-node-{ended.pid}").mkdir()
    assert [str(tmp_path / f"sensor-model-node-{ended.pid}")] == remains(tmp_path)


def test_the_kubelet_keeps_pods_in_the_group_that_is_removed_at_the_end() -> None:
    files = configuration.NodeFiles(Path("ca"), PAIR, Path("resolv.conf"))
    config = json.loads(configuration.kubelet_config(files, "group"))
    assert (config["cgroupRoot"], config["authentication"]["anonymous"]["enabled"]) == ("/group", False)


@pytest.mark.parametrize(
    ("address", "reconciler"),
    [
        pytest.param(LOOPBACK, "none", id="on loopback no pod can reach it"),
        pytest.param(NODE_ADDRESS, "master-count", id="on the node's address it is behind the Service kubernetes"),
    ],
)
def test_the_api_server_is_an_endpoint_where_pods_can_reach_it(address: str, reconciler: str) -> None:
    arguments = api_server_arguments(FILES, address, 1)
    assert {f"--bind-address={address}", f"--endpoint-reconciler-type={reconciler}"} <= set(arguments)


def test_the_pause_image_holds_one_program_and_its_digest(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"static")
    archive = write_pause_image(program, "localhost/pause:local", tmp_path / "pause.tar")
    with tarfile.open(archive) as image:
        files = {name: image.extractfile(name) for name in image.getnames()}
        content = {name: file.read() for name, file in files.items() if file}
    config = json.loads(content["config.json"])
    assert [f"sha256:{sha256(content['layer.tar']).hexdigest()}"] == config["rootfs"]["diff_ids"]
    assert config["config"]["Entrypoint"] == ["/pause"]


def test_every_program_of_the_module_has_names() -> None:
    assert (NODE.components, PAUSE.components) == (("kubelet", "kube-proxy", "cluster-dns"), ("pause",))

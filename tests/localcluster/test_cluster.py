"""The cluster as a whole: rights, several at once, locks, outages, and an end that leaves nothing."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from localcluster import Cluster, ClusterError, ClusterLockedError
from tests.pods_under_test import Namespace, job, shell

ROOT = Path(__file__).parent.parent.parent
OWNER = """
import sys
from pathlib import Path
from localcluster import Cluster, Image

with Cluster(Path(sys.argv[1]), images={"python:dev": Image.of_this_python()}) as cluster:
    script = "setsid sleep 600 & exec sleep 600"
    cluster.kubectl("run", "p", "--image=python:dev", "--command", "--", "sh", "-c", script)
    cluster.kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=30s")
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_rights_are_enforced(cluster: Cluster, namespace: Namespace) -> None:
    someone = str(cluster.kubeconfig_for("someone"))
    with pytest.raises(ClusterError, match='User "someone" cannot list resource "pods"'):
        namespace.kubectl("--kubeconfig", someone, "get", "pods")
    namespace.kubectl("create", "rolebinding", "view", "--clusterrole=view", "--user=someone")
    assert namespace.kubectl("--kubeconfig", someone, "get", "pods", "-o", "name") == ""


def test_state_folder_belongs_to_one_cluster(cluster: Cluster) -> None:
    other = Cluster(cluster.state_dir)
    with pytest.raises(ClusterLockedError, match=r"is in use by process \d+"):
        other.start()


def test_two_clusters_run_side_by_side_and_a_kept_one_carries_on(cluster: Cluster, tmp_path: Path) -> None:
    with Cluster(tmp_path) as second:
        second.kubectl("create", "configmap", "only-here")
        assert second.server != cluster.server
        with pytest.raises(ClusterError, match='configmaps "only-here" not found'):
            cluster.kubectl("get", "configmap", "only-here")
    with Cluster(tmp_path) as again:
        assert again.kubectl("get", "configmap", "only-here", "-o", "name") == "configmap/only-here\n"


def test_component_can_be_stopped_and_started_again(cluster: Cluster, namespace: Namespace) -> None:
    cluster.stop_component("kube-controller-manager", kill=True)
    namespace.create(job("j", shell("exit 0")))
    cluster.start_component("kube-controller-manager")
    namespace.wait_for_condition("job/j", "Complete")


def test_node_outlives_an_outage_of_the_api_server(cluster: Cluster, namespace: Namespace) -> None:
    namespace.create(job("j", shell("while ! test -e $HOME/go; do sleep 0.05; done")))
    namespace.wait("job/j", ".status.ready", "1")
    uid = namespace.kubectl("get", "pods", "-o", "jsonpath={.items[0].metadata.uid}")
    cluster.stop_component("kube-apiserver", kill=True)
    (cluster.state_dir / "nodes" / "node-1" / "pods" / uid / "go").touch()
    cluster.start_component("kube-apiserver")
    namespace.wait_for_condition("job/j", "Complete")


def test_killed_owner_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        started = psutil.Process(owner.pid).children(recursive=True)
        owner.kill()
        _, alive = psutil.wait_procs(started, timeout=30)
    assert (len(started) >= 12, alive) == (True, [])  # four components, an agent, two sleeps, and who watches over them

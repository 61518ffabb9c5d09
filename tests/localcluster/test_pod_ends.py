"""Pods end as on any node: grace period, kill, deadline, loss of the node."""

import psutil

from localcluster import Cluster, Image
from tests.pods_under_test import Namespace, Object, pod, shell

ENDLESS = "while :; do sleep 0.05; done"


def start(namespace: Namespace, script: str, **spec: object) -> None:
    namespace.create(pod("p", shell(script), **spec))
    namespace.wait_for_condition("pod/p", "Ready")


def watch_deletion(namespace: Namespace, *options: str) -> Object:
    """The last state of the pod's container before the pod is gone."""
    finalizer = '{"metadata": {"finalizers": ["sensormodel.io/test"]}}'
    namespace.kubectl("patch", "pod", "p", "-p", finalizer)
    namespace.kubectl("delete", "pod", "p", "--wait=false", *options)
    namespace.wait("pod/p", ".status.conditions[?(@.type=='Ready')].status", "False")
    last = namespace.wait("pod/p", ".metadata.deletionGracePeriodSeconds", "0")
    namespace.kubectl("patch", "pod", "p", "-p", '{"metadata": {"finalizers": null}}')
    namespace.wait_until_gone("pod/p")
    return last


def test_deleted_pod_gets_sigterm_and_its_code_is_reported(namespace: Namespace) -> None:
    start(namespace, f"trap 'exit 9' TERM; {ENDLESS}", terminationGracePeriodSeconds=30)
    last = watch_deletion(namespace)
    assert last["status"]["phase"] == "Failed"
    assert last["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 9


def test_process_that_ignores_sigterm_is_killed_after_the_grace_period(namespace: Namespace) -> None:
    start(namespace, f"trap '' TERM; {ENDLESS}", terminationGracePeriodSeconds=1)
    last = watch_deletion(namespace)
    assert last["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137


def test_forced_deletion_ends_the_grace_period(cluster: Cluster, namespace: Namespace) -> None:
    start(namespace, f"trap '' TERM; echo $$$$ > $HOME/pid; {ENDLESS}", terminationGracePeriodSeconds=600)
    uid = namespace.get("pod/p")["metadata"]["uid"]
    process = psutil.Process(int((cluster.state_dir / f"nodes/node-1/pods/{uid}/pid").read_text()))
    namespace.kubectl("delete", "pod", "p", "--wait=false")
    namespace.kubectl("delete", "pod", "p", "--force", "--grace-period=0", "--timeout=30s")
    process.wait(30)
    assert not process.is_running()


def test_pod_that_waits_for_its_image_can_be_deleted(namespace: Namespace) -> None:
    namespace.create(pod("p", {"name": "main", "image": "elsewhere/other:1"}))
    namespace.wait("pod/p", ".status.containerStatuses[0].state.waiting.reason", "ImagePullBackOff")
    namespace.kubectl("delete", "pod", "p", "--timeout=30s")
    assert namespace.kubectl("get", "pods", "-o", "name") == ""


def test_active_deadline_fails_the_pod(namespace: Namespace) -> None:
    namespace.create(pod("p", shell("exec sleep 600"), activeDeadlineSeconds=1))
    failed = namespace.wait_for_phase("p", "Failed")
    assert failed["status"]["reason"] == "DeadlineExceeded"
    assert failed["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 143


def test_restarted_node_fails_the_pods_that_it_lost(cluster: Cluster, namespace: Namespace) -> None:
    images = {"python:dev": Image.of_this_python()}
    cluster.start_node("node-2", images=images)
    namespace.create(pod("p", shell("exec sleep 600"), nodeName="node-2"))
    namespace.wait_for_condition("pod/p", "Ready")
    cluster.stop_node("node-2", kill=True)
    cluster.start_node("node-2", images=images)
    try:
        failed = namespace.wait_for_phase("p", "Failed")
    finally:
        cluster.kubectl("delete", "node", "node-2")
        cluster.stop_node("node-2")
    conditions = {c["type"]: c["status"] for c in failed["status"]["conditions"]}
    assert (failed["status"]["reason"], conditions["DisruptionTarget"]) == ("NodeRestarted", "True")
    assert failed["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137

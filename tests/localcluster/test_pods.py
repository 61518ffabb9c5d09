"""A pod's process gets what its spec says, and its status says what a kubelet would."""

import base64
import json

import pytest

from tests.pods_under_test import Namespace, Object, pod, shell


def claim(name: str) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def terminated(status: Object) -> Object:
    ended: Object = status["status"]["containerStatuses"][0]["state"]["terminated"]
    return ended


def test_environment_comes_from_values_sources_and_fields(namespace: Namespace) -> None:
    namespace.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"A": "1", "B": "2"}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "passwords"},
            "data": {"P": base64.b64encode(b"hidden").decode()},
        },
        pod(
            "p",
            shell(
                "echo $A,$B,$PASSWORD,$NODE,$SUM,$1 > /dev/termination-log",
                envFrom=[{"configMapRef": {"name": "settings"}}],
                env=[
                    {"name": "B", "value": "own"},
                    {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "passwords", "key": "P"}}},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                    {"name": "SUM", "value": "$(B)+$(NODE)"},
                ],
                args=["sh", "$(SUM)"],
            ),
        ),
    )
    done = namespace.wait_for_phase("p", "Succeeded")
    assert terminated(done)["message"] == "1,own,hidden,node-1,own+node-1,own+node-1\n"


def test_missing_config_map_is_waited_for(namespace: Namespace) -> None:
    reference = {"configMapKeyRef": {"name": "late", "key": "A"}}
    namespace.create(pod("p", shell('test "$A" = 1', env=[{"name": "A", "valueFrom": reference}])))
    waiting = namespace.wait("pod/p", ".status.containerStatuses[0].state.waiting.reason", "CreateContainerConfigError")
    message = waiting["status"]["containerStatuses"][0]["state"]["waiting"]["message"]
    assert message == 'configmap "late" not found'
    namespace.kubectl("create", "configmap", "late", "--from-literal=A=1")
    namespace.wait_for_phase("p", "Succeeded")


def test_init_container_hands_over_through_an_empty_dir(namespace: Namespace) -> None:
    mounts = [{"name": "shared", "mountPath": "/shared"}]
    task = json.dumps({"uri": "file:///shared/x"})
    script = 'cat "$(echo "$TASK" | sed "s#.*file://##;s#\\".*##")" > /dev/termination-log'
    namespace.create(
        pod(
            "p",
            shell(script, volumeMounts=mounts, env=[{"name": "TASK", "value": task}]),
            initContainers=[shell("echo handed over > /shared/x", volumeMounts=mounts) | {"name": "first"}],
            volumes=[{"name": "shared", "emptyDir": {}}],
        )
    )
    done = namespace.wait_for_phase("p", "Succeeded")
    assert terminated(done)["message"] == "handed over\n"
    assert done["status"]["initContainerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"


def test_claim_keeps_data_from_one_pod_to_the_next(namespace: Namespace) -> None:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}]
    mounts = [{"name": "data", "mountPath": "/data", "subPath": "part"}]
    namespace.create(claim("c"), pod("writer", shell("echo kept > /data/x", volumeMounts=mounts), volumes=volumes))
    namespace.wait_for_phase("writer", "Succeeded")
    namespace.create(pod("reader", shell("cat /data/x > /dev/termination-log", volumeMounts=mounts), volumes=volumes))
    assert terminated(namespace.wait_for_phase("reader", "Succeeded"))["message"] == "kept\n"


def test_service_account_token_works_against_the_api_server(namespace: Namespace) -> None:
    kubectl = str(namespace.cluster.bin / "kubectl")
    script = f"{kubectl} auth whoami -o jsonpath='{{.status.userInfo.username}}' > /dev/termination-log"
    namespace.create(pod("p", shell(script), automountServiceAccountToken=True))
    done = namespace.wait_for_phase("p", "Succeeded")
    assert terminated(done)["message"] == f"system:serviceaccount:{namespace.name}:default"


def test_environment_of_the_agent_stays_outside(namespace: Namespace) -> None:
    namespace.create(pod("p", shell("env | cut -d= -f1 | sort | tr '\\n' ' ' > /dev/termination-log")))
    names = set(terminated(namespace.wait_for_phase("p", "Succeeded"))["message"].split())
    service = {"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBERNETES_SERVICE_PORT_HTTPS"}
    assert names - service == {"HOME", "HOSTNAME", "LANG", "PATH", "PWD", "TERMINATION_MESSAGE_PATH", "TMPDIR"}


def test_status_of_a_running_pod(namespace: Namespace) -> None:
    namespace.create(pod("p", shell("exec sleep 600")))
    running = namespace.wait_for_condition("pod/p", "Ready")["status"]
    container = running["containerStatuses"][0]
    assert {c["type"]: c["status"] for c in running["conditions"]} == {
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
        "PodScheduled": "True",
    }
    assert (running["phase"], running["podIP"], container["ready"], container["restartCount"]) == (
        "Running",
        "127.0.0.1",
        True,
        0,
    )
    assert container["containerID"].startswith("process://")


def test_failure_reports_exit_code_reason_and_the_end_of_the_log(namespace: Namespace) -> None:
    namespace.create(pod("p", shell("echo so it goes; exit 3", terminationMessagePolicy="FallbackToLogsOnError")))
    ended = terminated(namespace.wait_for_phase("p", "Failed"))
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (3, "Error", "so it goes\n")


def test_command_that_does_not_exist_is_a_start_error(namespace: Namespace) -> None:
    namespace.create(pod("p", {"name": "main", "image": "python:dev", "command": ["no-such-program"]}))
    ended = terminated(namespace.wait_for_phase("p", "Failed"))
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert ended["message"] == 'exec: "no-such-program": executable file not found in $PATH'


def test_unknown_image_is_not_pulled_and_the_known_ones_are_named(namespace: Namespace) -> None:
    namespace.create(pod("p", {"name": "main", "image": "elsewhere/other:1"}))
    waiting = namespace.wait("pod/p", ".status.containerStatuses[0].state.waiting.reason", "ImagePullBackOff")
    message = waiting["status"]["containerStatuses"][0]["state"]["waiting"]["message"]
    assert "it knows: python:dev, " in message
    assert waiting["status"]["phase"] == "Pending"


def test_on_failure_restarts_until_it_succeeds(namespace: Namespace) -> None:
    script = "echo x >> $HOME/tries; test $(wc -l < $HOME/tries) -ge 3"
    namespace.create(pod("p", shell(script), restartPolicy="OnFailure"))
    container = namespace.wait_for_phase("p", "Succeeded")["status"]["containerStatuses"][0]
    assert (container["restartCount"], container["lastState"]["terminated"]["exitCode"]) == (2, 1)


@pytest.mark.parametrize("kind", ["nfs", "csi"])
def test_unsupported_volume_is_refused_in_so_many_words(namespace: Namespace, kind: str) -> None:
    source = {"nfs": {"server": "s", "path": "/"}, "csi": {"driver": "d"}}[kind]
    namespace.create(pod("p", shell("exit 0"), volumes=[{"name": "v", kind: source}]))
    path = ".status.containerStatuses[0].state.waiting.message"
    namespace.wait("pod/p", path, f"volume v: kind {kind} is not supported by this node")

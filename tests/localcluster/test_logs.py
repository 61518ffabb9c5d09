"""`kubectl logs` reads what a process wrote; what a process cannot offer is refused in words."""

import subprocess
from pathlib import Path

import pytest

from localcluster import ClusterError
from localcluster.node.logs import tail_offset
from tests.pods_under_test import Namespace, pod, shell


def test_logs_hold_both_streams(namespace: Namespace) -> None:
    namespace.create(pod("p", shell("echo out; echo err >&2")))
    namespace.wait_for_phase("p", "Succeeded")
    assert namespace.kubectl("logs", "p") == "out\nerr\n"
    assert namespace.kubectl("logs", "p", "--tail=1") == "err\n"


def test_previous_log_is_the_one_before_the_restart(namespace: Namespace) -> None:
    script = "echo x >> $HOME/tries; echo try $(wc -l < $HOME/tries); test $(wc -l < $HOME/tries) -ge 2"
    namespace.create(pod("p", shell(script), restartPolicy="OnFailure"))
    namespace.wait_for_phase("p", "Succeeded")
    assert (namespace.kubectl("logs", "p", "-p"), namespace.kubectl("logs", "p")) == ("try 1\n", "try 2\n")


def test_following_ends_with_the_process(namespace: Namespace) -> None:
    namespace.create(pod("p", shell("echo first; until test -e $HOME/go; do sleep 0.05; done; echo last")))
    uid = namespace.get("pod/p")["metadata"]["uid"]
    gate = namespace.cluster.state_dir / "nodes" / "node-1" / "pods" / uid / "go"
    command = [str(namespace.cluster.bin / "kubectl"), "--kubeconfig", str(namespace.cluster.kubeconfig)]
    command += ["-n", namespace.name, "logs", "-f", "--pod-running-timeout=30s", "p"]
    namespace.wait_for_condition("pod/p", "Ready")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "first\n"
        gate.touch()
        assert following.stdout.read() == "last\n"
    assert following.returncode == 0


def test_exec_is_refused_with_the_reason(namespace: Namespace) -> None:
    namespace.create(pod("p", shell("exec sleep 600")))
    namespace.wait_for_condition("pod/p", "Ready")
    with pytest.raises(ClusterError, match="this node runs pods as local processes"):
        namespace.kubectl("exec", "p", "--", "true")


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        pytest.param("a\nb\nc\n", 2, "b\nc\n", id="last lines"),
        pytest.param("a\nb\nc", 2, "b\nc", id="no newline at the end"),
        pytest.param("a\nb\n", 5, "a\nb\n", id="fewer lines than asked for"),
        pytest.param("a\nb\n", 0, "", id="none"),
        pytest.param("", 3, "", id="empty"),
        pytest.param("x" * 200_000 + "\nlast\n", 1, "last\n", id="a long line before"),
        pytest.param("first\n" + "x" * 200_000 + "\n", 1, "x" * 200_000 + "\n", id="a long line at the end"),
    ],
)
def test_tail(tmp_path: Path, text: str, lines: int, expected: str) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert text[tail_offset(log, lines) :] == expected

"""Restart rules, back-off, phases and termination messages, without processes."""

import datetime as dt
from pathlib import Path

import pytest

from localcluster.node.images import Image
from localcluster.node.states import (
    ContainerRecord,
    Running,
    Terminated,
    Waiting,
    restart_delay,
    restarts_again,
)
from localcluster.node.status import PodFacts, Verdict, pod_phase, pod_status
from localcluster.node.termination import termination_message

NOW = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=1)
WAITING = Waiting("ContainerCreating")
RUNNING = Running(NOW, "process://1")
GOOD = Terminated(0, "Completed", NOW, NOW, "process://1")
BAD = Terminated(3, "Error", NOW, NOW, "process://1")


def facts(policy: str = "Never", *, stopping: bool = False, verdict: Verdict | None = None) -> PodFacts:
    return PodFacts(policy, 1, NOW, "127.0.0.1", stopping=stopping, verdict=verdict)


def main(state: Waiting | Running | Terminated, last: Terminated | None = None) -> ContainerRecord:
    return ContainerRecord("main", "image", state, last=last)


def init(state: Waiting | Running | Terminated) -> ContainerRecord:
    return ContainerRecord("init", "image", state, is_init=True)


@pytest.mark.parametrize(
    ("policy", "records", "expected"),
    [
        pytest.param("Never", [main(WAITING)], "Pending", id="not started"),
        pytest.param("Never", [main(RUNNING)], "Running", id="running"),
        pytest.param("Never", [main(GOOD), main(RUNNING)], "Running", id="one of two ended"),
        pytest.param("Never", [main(GOOD), main(WAITING)], "Pending", id="one of two not started"),
        pytest.param("Never", [main(GOOD)], "Succeeded", id="ended well"),
        pytest.param("Never", [main(GOOD), main(BAD)], "Failed", id="one ended badly"),
        pytest.param("OnFailure", [main(BAD)], "Running", id="to be restarted"),
        pytest.param("OnFailure", [main(GOOD)], "Succeeded", id="restarted until it ended well"),
        pytest.param("OnFailure", [main(WAITING, last=BAD)], "Running", id="backing off"),
        pytest.param("Always", [main(GOOD)], "Running", id="Always never ends"),
        pytest.param("Never", [init(RUNNING), main(WAITING)], "Pending", id="init container runs"),
        pytest.param("Never", [init(BAD), main(WAITING)], "Failed", id="init container failed for good"),
        pytest.param("Always", [init(BAD), main(WAITING)], "Pending", id="init container is tried again"),
        pytest.param("Never", [init(GOOD), main(RUNNING)], "Running", id="init container done"),
    ],
)
def test_phase(policy: str, records: list[ContainerRecord], expected: str) -> None:
    assert pod_phase(facts(policy), records) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([main(GOOD)], "Succeeded", id="ended well on request"),
        pytest.param([main(BAD)], "Failed", id="ended badly on request"),
        pytest.param([main(WAITING)], "Failed", id="never started"),
        pytest.param([init(GOOD), main(WAITING)], "Failed", id="only initialized"),
        pytest.param([main(RUNNING)], "Running", id="still stopping"),
    ],
)
def test_phase_of_a_stopped_pod_that_would_restart(records: list[ContainerRecord], expected: str) -> None:
    assert pod_phase(facts("Always", stopping=True), records) == expected


def test_verdict_waits_until_nothing_runs() -> None:
    late = facts(verdict=Verdict("Failed", "DeadlineExceeded", "too late"))
    running = pod_status(late, [main(RUNNING)], {}, NOW)
    ended = pod_status(late, [main(BAD)], running, NOW)
    assert (running["phase"], "reason" in running) == ("Running", False)
    assert (ended["phase"], ended["reason"], ended["message"]) == ("Failed", "DeadlineExceeded", "too late")


def test_condition_keeps_its_transition_time_until_it_flips() -> None:
    before = pod_status(facts(), [main(RUNNING)], {}, NOW)
    same = pod_status(facts(), [main(RUNNING)], before, LATER)
    flipped = pod_status(facts(), [main(BAD)], before, LATER)
    times = {c["type"]: c["lastTransitionTime"] for c in flipped["conditions"]}
    assert same == before
    assert times["Ready"] == "2025-01-01T00:01:00Z"
    assert times["Initialized"] == "2025-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("policy", "restarting"),
    [
        # good end, bad end, good end of an init container, bad end of an init container
        ("Never", [False, False, False, False]),
        ("OnFailure", [False, True, False, True]),
        ("Always", [True, True, False, True]),
    ],
)
def test_restart_policy(policy: str, restarting: list[bool]) -> None:
    ends = [(0, False), (1, False), (0, True), (1, True)]
    assert [restarts_again(policy, exit_code=code, is_init=is_init) for code, is_init in ends] == restarting


def test_back_off_starts_at_once_doubles_and_stops_at_five_minutes() -> None:
    assert [restart_delay(n, base=10) for n in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert restart_delay(10_000, base=10) == 300


@pytest.mark.parametrize(
    ("written", "log", "policy", "exit_code", "expected"),
    [
        pytest.param("why", "log", "FallbackToLogsOnError", 1, "why", id="the file goes first"),
        pytest.param("", "log", "FallbackToLogsOnError", 1, "log", id="else the log"),
        pytest.param("", "log", "FallbackToLogsOnError", 0, "", id="not after success"),
        pytest.param("", "log", "File", 1, "", id="not without the policy"),
        pytest.param("x" * 5000, "", "File", 0, "x" * 4096, id="4096 bytes of the file"),
        pytest.param("", "x" * 5000, "FallbackToLogsOnError", 1, "x" * 2048, id="2048 bytes of the log"),
        pytest.param("", "a\n" * 100, "FallbackToLogsOnError", 1, "a\n" * 80, id="80 lines of the log"),
    ],
)
def test_termination_message(
    tmp_path: Path,
    written: str,
    log: str,
    policy: str,
    exit_code: int,
    expected: str,
) -> None:
    file, log_file = tmp_path / "message", tmp_path / "log"
    file.write_text(written)
    log_file.write_text(log)
    assert termination_message(file, log_file, policy=policy, failed=exit_code != 0) == expected


@pytest.mark.parametrize(
    ("command", "args", "expected"),
    [
        pytest.param([], [], ["run", "default"], id="the image decides"),
        pytest.param([], ["a"], ["run", "a"], id="args replace the image's arguments"),
        pytest.param(["own"], [], ["own"], id="command replaces both"),
        pytest.param(["own"], ["a"], ["own", "a"], id="command with args"),
    ],
)
def test_command_line(command: list[str], args: list[str], expected: list[str]) -> None:
    assert Image(command=("run",), arguments=("default",)).command_line(command, args) == expected

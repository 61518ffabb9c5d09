"""A supervised process ends with its starter, and nothing that it started stays behind."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from localcluster.processes import supervised

Process = subprocess.Popen[bytes]


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A pipe that a script opens for writing in every process that must not stay behind."""
    path = tmp_path / "alive"
    os.mkfifo(path)
    return path


def start(script: str) -> Process:
    command = supervised(["sh", "-c", script])
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def read_to_end(fifo: Path) -> bytes:
    """What the processes wrote; returns only when the last of them is gone, because then the pipe ends."""
    return fifo.read_bytes()


@pytest.fixture
def orphan_maker(fifo: Path) -> Iterator[Process]:
    """A script with a descendant in another session, both holding the pipe."""
    with start(f"exec 3> {fifo}; setsid sleep 600 & echo started >&3; exec sleep 600") as process:
        yield process


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("exit 0", 0, id="success"),
        pytest.param("exit 7", 7, id="its own code"),
        pytest.param("kill -TERM $$", 143, id="128 and the signal"),
        pytest.param("exec no-such-program", 127, id="not found"),
    ],
)
def test_exit_code(script: str, expected: int) -> None:
    with start(script) as process:
        assert process.wait(30) == expected


def test_program_that_does_not_exist_is_named() -> None:
    command = supervised(["no-such-program"])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.read() == b"no-such-program: No such file or directory\n"
        assert process.wait(30) == 127


def test_sigterm_reaches_the_command(fifo: Path) -> None:
    with start(f"trap 'exit 5' TERM; echo ready > {fifo}; while :; do sleep 0.01; done") as process:
        assert fifo.read_bytes() == b"ready\n"
        process.terminate()
        assert process.wait(30) == 5


def test_end_of_the_command_ends_its_descendants(fifo: Path) -> None:
    with start(f"exec 3> {fifo}; setsid sleep 600 & exit 4") as process:
        assert read_to_end(fifo) == b""
        assert process.wait(30) == 4


def test_dropped_lifeline_ends_everything(orphan_maker: Process, fifo: Path) -> None:
    with fifo.open("rb") as alive:
        assert alive.readline() == b"started\n"
        assert orphan_maker.stdin is not None
        orphan_maker.stdin.close()
        assert alive.read() == b""
    assert orphan_maker.wait(30) == 137


def test_killed_supervisor_takes_its_command_along(fifo: Path) -> None:
    with start(f"exec sleep 600 > {fifo}") as process, fifo.open("rb") as alive:
        child = psutil.Process(process.pid).children()
        process.kill()
        assert alive.read() == b""
        assert len(child) == 1

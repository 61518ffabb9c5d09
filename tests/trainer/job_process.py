"""The trainer as a process that a test can watch and stop."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_contract.keys import ENV_JOB_UID, ENV_TASK
from model_contract.result import FailureReason, JobOutcome, TrainingFailed, read_outcome
from tests.trainer.telemetry_files import a_task

SOURCES = Path(__file__).resolve().parents[2] / "trainer"


class Job:
    """A trainer process.

    Args:
        folder: gets its termination message.
        environment: beside that of the tests.
        arguments: of the command.
        within: a command in front of it that limits what it may take.
    """

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str, within: Sequence[str] = ()) -> None:
        self._termination_log = folder / "termination-log"
        self.log: list[dict[str, Any]] = []
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "SENSORMODEL"))}
        self.process = subprocess.Popen(
            [*within, sys.executable, "-m", "model_trainer", *arguments],
            env=plain
            | {"PYTHONPATH": str(SOURCES), "TERMINATION_MESSAGE_PATH": str(self._termination_log)}
            | environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read_until(self, message: str) -> None:
        """Read the log up to a line with this message."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.log.append(json.loads(line))
            if self.log[-1]["message"] == message:
                return
        raise AssertionError(f"{message!r} is not in {self.log}")

    def end(self) -> int:
        """Read the rest of the log; returns the exit code."""
        assert self.process.stdout is not None
        self.log += [json.loads(line) for line in self.process.stdout]
        return self.process.wait()

    @property
    def outcome(self) -> JobOutcome | None:
        """What the kubelet would report."""
        return read_outcome(self._termination_log.read_text())


def a_job(server: str, name: str, **changes: Any) -> dict[str, str]:
    """The environment of a Job that would register a model of this name; `changes` are fields of its task."""
    task = a_task(registeredModel=name, **changes).to_json()
    return {"MLFLOW_TRACKING_URI": server, ENV_JOB_UID: name, ENV_TASK: task}


def failed(job: Job) -> tuple[int, FailureReason, str]:
    """Exit code, reason and message at the end of a Job that has failed."""
    code = job.end()
    assert isinstance(job.outcome, TrainingFailed)
    return code, job.outcome.reason, job.outcome.message

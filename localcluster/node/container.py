"""One container: starts its process, follows it to its end, and keeps its record true."""

import asyncio
import datetime as dt
import os
import shutil
import signal
import uuid
from asyncio.subprocess import STDOUT, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from localcluster.node.launch import Launch
from localcluster.node.states import ContainerRecord, Running, Terminated, Waiting
from localcluster.node.termination import termination_message
from localcluster.processes import supervised

Object = dict[str, Any]

_START_ERROR = 128  # what container runtimes report when there was never a process


class Container:
    """The processes of one container, one after the other.

    The record changes only here and in the pod worker, each time followed by `on_change`.
    """

    def __init__(self, spec: Object, folder: Path, *, is_init: bool, on_change: Callable[[], None]) -> None:
        self.spec = spec
        self.folder = folder
        self.record = ContainerRecord(spec["name"], spec["image"], Waiting("ContainerCreating"), is_init=is_init)
        self._on_change = on_change
        self._lifeline: int | None = None
        self._process: Process | None = None
        self._ended: asyncio.Task[int] | None = None
        self._launch: Launch | None = None

    @property
    def log(self) -> Path:
        """The log of the current or last process."""
        return self.log_of(self.record.restarts)

    def log_of(self, restarts: int) -> Path:
        """The log of the process after so many restarts."""
        return self.folder / f"{restarts}.log"

    def set_state(self, state: Waiting | Running | Terminated) -> None:
        """Record a change and report it."""
        self.record.state = state
        self._on_change()

    async def run(self, launch: Launch) -> Terminated:
        """Start a process and wait for its end. Cancelled, it leaves the process to `stop`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        launch.termination_log.write_bytes(b"")
        self.log.touch()
        self._launch = launch
        problem = _why_not_startable(launch)
        if problem:
            return self._record_start_error(problem)
        await self._start(launch)
        if self._ended is None:
            raise RuntimeError("a started process has no task that waits for it")
        return self._record_end(await asyncio.shield(self._ended))

    async def stop(self, grace: float) -> None:
        """SIGTERM, and SIGKILL to all that is left after `grace` seconds; returns when the process is gone."""
        if self._ended is None or self._process is None or isinstance(self.record.state, Terminated):
            self._drop_lifeline()  # a start that was cut short leaves at most this
            return
        if grace > 0:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._ended), grace)
        self._drop_lifeline()
        self._record_end(await self._ended)

    async def _start(self, launch: Launch) -> None:
        lifeline, self._lifeline = os.pipe()
        try:
            with self.log.open("ab") as output:
                self._process = await asyncio.create_subprocess_exec(
                    *supervised(launch.command),
                    stdin=lifeline,
                    stdout=output,
                    stderr=STDOUT,
                    cwd=launch.working_dir,
                    env=launch.environment,
                    start_new_session=True,
                )
        finally:
            os.close(lifeline)
        self._ended = asyncio.create_task(_exit_code(self._process))
        self.set_state(Running(_now(), f"process://{uuid.uuid4().hex}"))

    def _record_end(self, exit_code: int) -> Terminated:
        running = self.record.state
        if isinstance(running, Terminated):
            return running
        if not isinstance(running, Running) or self._launch is None:
            raise RuntimeError(f"container {self.record.name} ended without having started")
        self._drop_lifeline()
        message = termination_message(
            self._launch.termination_log,
            self.log,
            policy=self.spec.get("terminationMessagePolicy", "File"),
            failed=exit_code != 0,
        )
        ended = Terminated(
            exit_code,
            "Error" if exit_code else "Completed",
            running.started_at,
            _now(),
            running.container_id,
            message,
        )
        self.set_state(ended)
        return ended

    def _record_start_error(self, problem: str) -> Terminated:
        now = _now()
        ended = Terminated(_START_ERROR, "StartError", now, now, f"process://{uuid.uuid4().hex}", problem)
        self.set_state(ended)
        return ended

    def _drop_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


async def _exit_code(process: Process) -> int:
    code = await process.wait()
    return code if code >= 0 else 128 - code


def _why_not_startable(launch: Launch) -> str | None:
    """The message of a runtime that cannot start the process, None when it can."""
    if not launch.command:
        return "no command specified"
    if not launch.working_dir.is_dir():
        return f"chdir {launch.working_dir}: no such directory"
    program = launch.command[0]
    if "/" in program:
        found: str | None = str(launch.working_dir / program)
        found = found if os.access(str(found), os.X_OK) else None
    else:
        found = shutil.which(program, path=launch.environment["PATH"])
    return None if found else f'exec: "{program}": executable file not found in $PATH'


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)

"""Processes that live and die with their starter, each with a log file: the control plane and the node agents."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from localcluster.errors import ComponentError

_SUPERVISE = Path(__file__).with_name("supervise.py")
_LAST_LINES = 15


def supervised(command: Sequence[str | Path]) -> list[str]:
    """The command line that runs `command` under supervise.py; its standard input must be a pipe, the lifeline."""
    return [sys.executable, "-I", "-S", str(_SUPERVISE), *map(str, command)]


def this_python(*arguments: str | Path) -> list[str]:
    """The command line of another process of this interpreter."""
    return [sys.executable, *map(str, arguments)]


class SupervisedProcess:
    """A running program; when this object's owner dies, the program does too."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            command: program and arguments.
            log: file to which both output streams are appended.
            cwd: its working folder.
            environment: its environment; None passes on ours.
        """
        self.log = log
        self._log_offset = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                supervised(command),
                cwd=cwd,
                env=os.environ if environment is None else environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we stop the programs in order
            )

    def output(self) -> str:
        """What it has written since this start."""
        with self.log.open("rb") as file:
            file.seek(self._log_offset)
            return file.read().decode(errors="replace")

    def _last_lines(self) -> str:
        """The end of what it has written: the place where programs say why they gave up."""
        return "\n".join(self.output().splitlines()[-_LAST_LINES:])

    def check(self, name: str) -> None:
        """Raise ComponentError when it has ended by itself; `name` is what people call it."""
        code = self._process.poll()
        if code is not None:
            raise ComponentError(f"{name} ended with code {code}:\n{self._last_lines()}")

    def stop(self, grace: float) -> None:
        """Ask it to stop; after `grace` seconds kill it and everything that it started."""
        self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def kill(self) -> None:
        """End it at once by dropping its lifeline."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

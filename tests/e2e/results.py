"""How each step went: told as it happens, kept in a file that outlives the node, printed as a table at the end."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple


class StepError(Exception):
    """What a step waits for did not happen; the message says what, and what was seen instead."""


class Result(NamedTuple):
    """One step."""

    name: str
    outcome: str  # passed, failed, not reached
    seconds: float
    said: str


class Results:
    """The results so far, in a file that the next process goes on with."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def run(self, name: str, step: Callable[[], str]) -> None:
        """Run a step, whose answer says what was seen; tell it and keep it.

        Raises:
            Whatever the step raises, after it was kept as failed.
        """
        started = time.monotonic()
        try:
            said = step()
        except BaseException as error:
            self._keep(Result(name, "failed", time.monotonic() - started, str(error) or type(error).__name__))
            raise
        self._keep(Result(name, "passed", time.monotonic() - started, said))

    def read(self) -> list[Result]:
        """All results."""
        if not self._file.exists():
            return []
        return [Result(*json.loads(line)) for line in self._file.read_text(encoding="utf-8").splitlines()]

    def add_unreached(self, names: Iterable[str]) -> None:
        """Keep the steps that have no result as not reached."""
        known = {result.name for result in self.read()}
        for name in names:
            if name not in known:
                self._keep(Result(name, "not reached", 0.0, ""))

    def _keep(self, result: Result) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        if result.outcome != "not reached":
            print(f"e2e: {result.outcome} in {result.seconds:.1f} s: {result.name}: {result.said}", flush=True)


def table(results: Iterable[Result]) -> str:
    """One line a step, and the sum."""
    rows = list(results)
    lines = [f"{result.outcome:<11} {result.seconds:>6.1f} s  {result.name}" for result in rows]
    passed = sum(result.outcome == "passed" for result in rows)
    total = sum(result.seconds for result in rows)
    return "\n".join([*lines, f"{passed} of {len(rows)} steps passed in {total:.0f} s"])

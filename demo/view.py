"""Tells what happens, one line at a time: the same in a terminal, a pipe and a log file.

Lines about a SensorModel have the columns of `kubectl get sm`; below them stand Jobs, runs and versions as they appear,
and decisions with their numbers.
"""

import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TextIO

from demo.record import RegistryState, SensorRecord
from demo.sensors import Sensor
from demo.steps import STEPS, Progress, Step
from model_contract.keys import LABEL_TRIGGER
from model_operator.api.sensormodelstatus import DecisionRecord, SensorModelStatus
from model_operator.api.vocabulary import Action

_COLUMNS: Final = (
    ("NAME", 5),
    ("TYPE", 10),
    ("STAGE", 11),
    ("VERSION", 8),
    ("READY", 6),
    ("DRIFT", 14),
    ("KPI", 13),
    ("NEXT", 18),
    ("REASON", 0),
)
_BOLD, _GREEN, _DIM, _PLAIN = "\033[1m", "\033[32m", "\033[2m", "\033[0m"


class View:
    """Prints to `out`; with colours when that is a terminal."""

    def __init__(self, out: TextIO = sys.stdout, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._began = clock()
        self._colour = out.isatty()
        self._width = shutil.get_terminal_size((140, 40)).columns if self._colour else 140
        self._rows: dict[str, str] = {}
        self._decisions: dict[str, DecisionRecord] = {}

    def title(self, text: str) -> None:
        """A heading."""
        self._print(f"\n{self._in(_BOLD, text)}")

    def say(self, text: str) -> None:
        """A line of what the demo does, with the time since it began."""
        self._print(f"{self._in(_DIM, self._time())} {text}")

    def table_head(self) -> None:
        """The names of the columns."""
        self.say(self._in(_BOLD, _row([name for name, _ in _COLUMNS])))

    def status(self, sensor: Sensor, status: SensorModelStatus) -> None:
        """A changed status: its row when that changed; the decision when its reason did, or it did something."""
        row = _row(_cells(sensor, status))
        if row != self._rows.get(sensor.name):
            self._rows[sensor.name] = row
            self.say(row)
        last, known = status.last_decision, self._decisions.get(sensor.name)
        if last is None or last == known:
            return
        self._decisions[sensor.name] = last
        if known is None or last.reason is not known.reason or last.action is not Action.NONE:
            self._wrapped(f"  {sensor.name}: {last.reason}: ", last.message)
        elif status.assessment and status.assessment.drift:
            found = status.assessment.drift
            window = f"{found.window_start_time:%d %b %H:%M} to {found.window_end_time:%H:%M}"
            self.say(f"  {sensor.name}: {last.reason}: window {window}: drift {found.score} ({found.severity})")

    def job(self, sensor: Sensor, job: dict[str, Any], what: str) -> None:
        """A Job that was created or has ended."""
        labels, name = job["metadata"]["labels"], job["metadata"]["name"]
        self.say(f"  {sensor.name} └─ Job {name} (trigger {labels[LABEL_TRIGGER]}) {what}")

    def registry(self, sensor: Sensor, before: RegistryState, now: RegistryState) -> None:
        """Versions that are new in MLflow or have another stage."""
        for version in now.versions:
            known = before.version(version.version)
            if known is None:
                run = f"run {version.run_id[:8]}… → version {version.version} of {sensor.registered_model}"
                self.say(f"  {sensor.name}    └─ {run} is registered in MLflow")
            elif known.stage != version.stage:
                move = f"version {version.version}: {known.stage} → {version.stage}"
                self.say(f"  {sensor.name}    └─ {self._in(_BOLD, move)} in MLflow")

    def step(self, sensor: Sensor, step: Step, proof: str, progress: Iterable[Progress]) -> None:
        """A step that was seen."""
        done = sum(len(one.proofs) for one in progress)
        total = len(STEPS) * len(list(progress))
        self._wrapped(f"✓ {done}/{total} {sensor.name}: {step.name}: ", proof, _GREEN)

    def block(self, text: str) -> None:
        """What a program said, as it is."""
        self._print(text.rstrip("\n"))

    def history(self, sensor: Sensor, record: SensorRecord) -> None:
        """Every decision that changed something, and every move of a stage, oldest first."""
        self._print(f"\n{sensor.name} ({sensor.sensor_id}): decisions")
        for decision in reversed(record.status.history):
            lead = f"{decision.time:%H:%M:%S}  {decision.action:<10} {decision.reason}: "
            self._print(self._folded(lead, decision.message, indent=2))
        self._print(f"{sensor.name} ({sensor.sensor_id}): stages")
        for move in reversed(record.status.stage_history):
            lead = f"{move.time:%H:%M:%S}  version {move.version} {move.from_stage} → {move.to_stage} by {move.by}: "
            self._print(self._folded(lead, move.message, indent=2))

    def _wrapped(self, lead: str, text: str, style: str = "") -> None:
        """A line of what happens, folded where it is too long; `style` is for its lead."""
        told = self._folded(f"{self._time()} {lead}", text, indent=0)
        self._print(told.replace(lead, self._in(style, lead), 1) if style else told)

    def _folded(self, lead: str, text: str, indent: int) -> str:
        return textwrap.fill(
            f"{lead}{text}",
            self._width,
            initial_indent=" " * indent,
            subsequent_indent=" " * 12,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _time(self) -> str:
        seconds = int(self._clock() - self._began)
        return f"{seconds // 60}:{seconds % 60:02}"

    def _in(self, style: str, text: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._colour else text

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def _cells(sensor: Sensor, status: SensorModelStatus) -> list[str]:
    summary = status.summary
    ready = next((condition.status for condition in status.conditions if condition.type == "Ready"), "")
    return [
        sensor.name,
        "Telemanom",
        summary.stage,
        summary.version,
        ready,
        summary.drift,
        summary.kpi,
        summary.next,
        summary.reason,
    ]


def _row(cells: list[str]) -> str:
    return " ".join(f"{cell:<{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True)).rstrip()

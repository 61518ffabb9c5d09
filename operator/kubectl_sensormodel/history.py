"""`kubectl sensormodel history`: decisions that changed something and moves between stages, newest first."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import Field
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from kubectl_sensormodel.screen import colour_of, moment
from model_operator.api.base import Instant, KubeModel
from sensormodel.objects import Model


class Entry(KubeModel):
    """One line of the history."""

    time: Instant
    what: Annotated[str, Field(description="the decision's action, or the move")]
    by: Annotated[str, Field(description="Policy, Pin, Request or Person for a move; Operator for a decision")]
    reason: str
    message: str


def entries_of(model: Model) -> tuple[Entry, ...]:
    """What the status remembers: the last 20 decisions and the last 20 moves."""
    status = model.status
    decisions = [
        Entry(time=each.time, what=each.action, by="Operator", reason=each.reason, message=each.message)
        for each in status.history
        if each.action != "MoveStage"  # its moves tell the same, version by version
    ]
    moves = [
        Entry(
            time=each.time,
            what=f"version {each.version}: {each.from_stage} → {each.to_stage}",
            by=each.by,
            reason=each.reason,
            message=each.message,
        )
        for each in status.stage_history
    ]
    return tuple(sorted((*decisions, *moves), key=lambda entry: entry.time, reverse=True))


def draw(model: Model, entries: Iterable[Entry], now: datetime, screen: Console) -> None:
    """Print the history: a line for each entry, and below it the numbers."""
    screen.print(Text(f"SensorModel {model.key}: decisions and moves, newest first", style="bold"))
    empty = True
    for entry in entries:
        empty = False
        last_word = entry.what.rsplit(" ", 1)[-1]
        what = (entry.what, colour_of(last_word) or "bold")
        screen.print(Text.assemble(f"{moment(entry.time, now)}  ", what, f" by {entry.by}: ", (entry.reason, "bold")))
        if entry.message:
            screen.print(Padding(entry.message, (0, 0, 0, 2), expand=False))
    if empty:
        screen.print("Nothing has changed yet: no decision and no move is on record.")

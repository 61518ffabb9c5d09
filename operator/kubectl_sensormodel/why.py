"""`kubectl sensormodel why`: the last decision as a page that answers itself. Draws what `explanation.py` found."""

from datetime import datetime
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from kubectl_sensormodel.explanation import CheckLine, Explanation
from kubectl_sensormodel.screen import colour_of, moment, table
from model_operator.api.stagestatus import StageHolder
from model_operator.api.vocabulary import Action

_GATES: Final = "Gates: closed means wait; a request passes cooldown and back-off"
_TRIGGERS: Final = "Triggers: the first that fires, and that no gate stops, names the training"
_WIDE: Final = 105  # columns that a last column with sentences needs
_DONE: Final = {
    Action.NONE: "nothing is done",
    Action.TRAIN: "a training starts",
    Action.EVALUATE: "the Production version is scored",
    Action.MOVE_STAGE: "a version changes its stage",
    Action.REFUSE: "refused",
    Action.AWAIT_APPROVAL: "a person's approval is awaited",
}


def draw(found: Explanation, now: datetime, screen: Console) -> None:
    """Print the explanation, most important first."""
    policy = f", policy {found.policy}" if found.policy else ""
    screen.print(Text(f"SensorModel {found.namespace}/{found.name}{policy}", style="bold"))
    if not _draw_decision(found, now, screen):
        return
    if found.gates:
        _draw_checks(
            "Gates: closed means wait; a request passes cooldown and back-off",
            "gate",
            found.gates,
            screen,
        )
        _draw_checks(
            "Triggers: the first that fires, and that no gate stops, names the training",
            "trigger",
            found.triggers,
            screen,
        )
    else:
        _heading("No gate and no trigger was asked: nothing can be judged before the above is settled", screen)
    _draw_stages(found, now, screen)
    _draw_conditions(found, screen)
    _draw_next(found, now, screen)
    _draw_advice(found, screen)


def _draw_decision(found: Explanation, now: datetime, screen: Console) -> bool:
    if found.reason is None:
        screen.print("The operator has not looked at it yet. Is it running, and does it watch this namespace?")
        return False
    if not found.was_seen:
        screen.print(
            f"The operator has not acted on the newest spec yet: the answer is about generation "
            f"{found.observed_generation}, the spec is generation {found.generation}."
        )
    did = _DONE.get(found.action or Action.NONE, str(found.action))
    screen.print(Text.assemble(("Decision: ", "bold"), f"{did}, because ", (found.reason, "bold yellow")))
    if found.message:
        screen.print(_indented(found.message))
    screen.print(_indented(f"So since {moment(found.time, now)}."))
    return True


def _draw_checks(title: str, kind: str, lines: tuple[CheckLine, ...], screen: Console) -> None:
    """One row for each check; the sentences stand in the last column, or below where the screen is narrow."""
    _heading(title, screen)
    wide = screen.width >= _WIDE
    last = "reason and numbers" if wide else "reason"
    drawn = table(kind, "verdict", "value", "limit", last, wraps=last)
    for line in lines:
        said = Text.assemble((line.reason, "bold"), f"\n{line.message}" if wide and line.message else "")
        drawn.add_row(
            line.check, Text(line.verdict, style=colour_of(line.verdict)), line.value or "-", line.limit or "-", said
        )
    screen.print(_indented(drawn))
    for line in () if wide else lines:
        if line.message:
            screen.print(_indented(Text.assemble((line.check, "bold"), f": {line.message}")))


def _draw_stages(found: Explanation, now: datetime, screen: Console) -> None:
    _heading("Versions", screen)
    for stage, holder in (("Production", found.production), ("Staging", found.staging)):
        screen.print(_indented(f"{stage:<12}{_version(holder, now)}"))


def _version(holder: StageHolder | None, now: datetime) -> str:
    if holder is None:
        return "none"
    since = f", since {moment(holder.since, now)}" if holder.since else ""
    return f"version {holder.version}{since}, {holder.model_uri}"


def _draw_conditions(found: Explanation, screen: Console) -> None:
    if not found.conditions:
        return
    _heading("Conditions that are not as they should be", screen)
    drawn = table("condition", "status", "reason", "message", wraps="message")
    told = {line.message for line in (*found.gates, *found.triggers)}
    for each in found.conditions:
        message = "as above" if each.message in told else each.message
        drawn.add_row(each.type, each.status, each.reason, message)
    screen.print(_indented(drawn))


def _draw_next(found: Explanation, now: datetime, screen: Console) -> None:
    if not found.next_steps:
        return
    _heading("What comes next", screen)
    for step in found.next_steps:
        screen.print(_indented(f"{moment(step.time, now)}: {step.message}" if step.time else step.message))


def _draw_advice(found: Explanation, screen: Console) -> None:
    if not found.advice:
        return
    _heading("What it means, and what you can do", screen)
    for line in found.advice:
        screen.print(_indented(Text.assemble((line.reason, "bold"), f": {line.means}")))
        screen.print(_indented(f"{line.remedy} [{line.link}]", 4))
        if line.command:
            screen.print(_indented(line.command, 4))


def _heading(title: str, screen: Console) -> None:
    screen.print()
    screen.print(Text(title, style="bold"))


def _indented(content: RenderableType, by: int = 2) -> Padding:
    return Padding(content, (0, 0, 0, by), expand=False)

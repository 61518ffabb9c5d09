"""A plan as a page: the policies side by side, the trainings of the first, and what was assumed."""

from datetime import timedelta
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kubectl_sensormodel.plan.report import Plan, PlannedTraining, PolicyOutcome
from kubectl_sensormodel.screen import table
from model_contract.task import TriggerKind
from model_operator.api.base import format_duration

_TRIGGERS: Final = {
    TriggerKind.DRIFT: "drift",
    TriggerKind.PERFORMANCE: "perform.",
    TriggerKind.DATA_QUALITY: "quality",
    TriggerKind.SCHEDULE: "schedule",
    TriggerKind.MANUAL: "request",
}
_SELDOM: Final = frozenset({"request", "failed", "longest wait"})
_MOST_TRAININGS: Final = 40  # shown; `-o json` has all


def draw(plan: Plan, screen: Console) -> None:
    """Print the plan, most important first."""
    models = plan.models[0].model if len(plan.models) == 1 else f"{len(plan.models)} models"
    length = format_duration(plan.end_time - plan.start_time)
    span = f"{plan.start_time:%Y-%m-%d %H:%MZ} to {plan.end_time:%Y-%m-%d %H:%MZ} ({length})"
    screen.print(Text(f"RetrainingPolicy {plan.policy} on {models}, {span}", style="bold"))
    screen.print()
    screen.print(Padding(_policies(plan.outcomes), (0, 0, 0, 2), expand=False))
    _trainings(plan.outcomes[0], screen)
    screen.print()
    screen.print(Text("What was assumed", style="bold"))
    assumed = Table.grid(padding=(0, 1, 0, 0))
    for sentence in plan.assumptions:
        assumed.add_row("-", sentence)
    screen.print(Padding(assumed, (0, 0, 0, 2), expand=False))


def _policies(outcomes: tuple[PolicyOutcome, ...]) -> Table:
    """One row for each policy; requests, failures and waits are shown where there are some."""
    rows = [(outcome.policy, _numbers(outcome)) for outcome in outcomes]
    heads = [head for head in rows[0][1] if head not in _SELDOM or any(row[head] != "0" for _, row in rows)]
    drawn = table("policy", *heads)
    for column in drawn.columns[1:]:
        column.justify = "right"
    for policy, row in rows:
        drawn.add_row(policy, *(row[head] for head in heads))
    return drawn


def _numbers(outcome: PolicyOutcome) -> dict[str, str]:
    by_trigger = {head: str(outcome.by_trigger.get(kind, 0)) for kind, head in _TRIGGERS.items()}
    waited = timedelta(seconds=outcome.longest_wait_seconds)
    return {
        "trainings": str(outcome.trainings),
        **by_trigger,
        "first": str(outcome.first_trainings),
        "failed": str(outcome.failed),
        "job time": format_duration(timedelta(seconds=outcome.job_seconds)),
        "drifting": _percent(outcome.drifting_percent),
        "bad data": _percent(outcome.bad_data_percent),
        "longest wait": format_duration(waited) if waited else "0",
    }


def _trainings(outcome: PolicyOutcome, screen: Console) -> None:
    """The trainings that the policy decides, and first ones that failed; all first ones alike say nothing new."""
    told = [one for one in outcome.started if one.trigger is not TriggerKind.INITIAL or one.failure is not None]
    screen.print()
    if not told:
        screen.print(Text(f"{outcome.policy} trains nothing", style="bold"))
        return
    screen.print(Text(f"Trainings with {outcome.policy}", style="bold"))
    drawn = table("start", "model", "version", "reasons and numbers", wraps="reasons and numbers")
    for training in told[:_MOST_TRAININGS]:
        reasons = Text(", ".join(training.reasons), style="bold")
        drawn.add_row(
            f"{training.start_time:%Y-%m-%d %H:%MZ}",
            training.model,
            _version(training),
            Text.assemble(reasons, "\n", training.failure or training.message),
        )
    screen.print(Padding(drawn, (0, 0, 0, 2), expand=False))
    more = len(told) - _MOST_TRAININGS
    if more > 0:
        screen.print(Padding(f"and {more} more: -o json lists them all", (0, 0, 0, 2), expand=False))


def _version(training: PlannedTraining) -> str:
    if training.failure is not None:
        return "failed"
    return "running" if training.version is None else str(training.version)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1f} %"

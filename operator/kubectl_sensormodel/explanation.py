"""Why a model was or was not retrained: one object's status, read as an answer. Pure.

`why` prints it, with `-o json` as it stands. Everything comes from the status; the policy, where it may be read, adds
the limits, and the page of reasons what a person can do.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from kubectl_sensormodel.advice import advice_for
from kubectl_sensormodel.checks import GATES, TRIGGERS, Check
from kubectl_sensormodel.next_steps import Step, command_for, next_steps
from model_operator.api.base import Condition, Instant, KubeModel
from model_operator.api.sensormodelstatus import VerdictRecord
from model_operator.api.stagestatus import StageHolder
from model_operator.api.vocabulary import Action, ConditionType, Reason
from sensormodel.objects import Model, Policy

_GOOD: Final = {
    ConditionType.READY: "True",
    ConditionType.DATA_HEALTHY: "True",
    ConditionType.REGISTRY_IN_SYNC: "True",
    ConditionType.DRIFT_DETECTED: "False",
    ConditionType.PERFORMANCE_DEGRADED: "False",
    ConditionType.STALLED: "False",
    ConditionType.RECONCILING: "False",
}


class CheckLine(KubeModel):
    """One gate or trigger."""

    check: str
    verdict: Annotated[str, Field(description="open or closed of a gate, fires or holds still of a trigger.")]
    value: str = ""
    limit: str = ""
    reason: str = ""
    message: str = ""


class AdviceLine(KubeModel):
    """What a person can do about one reason."""

    reason: str
    means: str
    remedy: str
    link: str
    command: str = ""


class Explanation(KubeModel):
    """The answer to "why?"."""

    namespace: str
    name: str
    generation: int
    observed_generation: int
    was_seen: Annotated[bool, Field(description="whether the operator has acted on the newest spec")]
    policy: str = ""
    time: Instant | None = None
    action: Action | None = None
    reason: Reason | None = None
    message: str = ""
    production: StageHolder | None = None
    staging: StageHolder | None = None
    gates: tuple[CheckLine, ...] = ()
    triggers: tuple[CheckLine, ...] = ()
    conditions: Annotated[tuple[Condition, ...], Field(description="those that are not as they should be")] = ()
    next_steps: tuple[Step, ...] = ()
    advice: tuple[AdviceLine, ...] = ()


def explain(model: Model, policy: Policy | None, now: datetime) -> Explanation:
    """The last decision with every number, what comes next, and what a person can do."""
    status, last = model.status, model.status.last_decision
    verdicts = last.verdicts if last else ()
    closing = {reason for gate in GATES for reason in gate.reasons}
    closed = {each.reason: each for each in verdicts if each.fires and each.reason in closing}
    asked = {each.check: each for each in verdicts if closed.get(each.reason) is not each}
    bad = tuple(condition for condition in status.conditions if _is_bad(condition))
    return Explanation(
        namespace=model.namespace,
        name=model.name,
        generation=model.generation,
        observed_generation=status.observed_generation,
        was_seen=model.was_seen,
        policy=model.spec.policy_ref.name if model.spec else "",
        time=last.time if last else None,
        action=last.action if last else None,
        reason=last.reason if last else None,
        message=last.message if last else "",
        production=status.stages.production,
        staging=status.stages.staging,
        gates=tuple(_gate(gate, closed, model, policy, now) for gate in GATES) if verdicts else (),
        triggers=tuple(_trigger(asked, model, policy, now)) if verdicts else (),
        conditions=bad,
        next_steps=next_steps(model, policy, now),
        advice=tuple(_advice(model, bad, tuple(closed))),
    )


def _is_bad(condition: Condition) -> bool:
    wanted_so = condition.type not in _GOOD or condition.reason == Reason.TRIGGER_DISABLED
    return not wanted_so and condition.status != _GOOD[ConditionType(condition.type)]


def _gate(
    gate: Check, closed: dict[Reason, VerdictRecord], model: Model, policy: Policy | None, now: datetime
) -> CheckLine:
    value, limit = gate.numbers(model, policy, now)
    verdict = next((closed[reason] for reason in gate.reasons if reason in closed), None)
    if verdict is None:
        return CheckLine(check=gate.name, verdict="open", value=value, limit=limit)
    return CheckLine(
        check=gate.name, verdict="closed", value=value, limit=limit, reason=verdict.reason, message=verdict.message
    )


def _trigger(
    asked: dict[str, VerdictRecord], model: Model, policy: Policy | None, now: datetime
) -> Iterator[CheckLine]:
    """The triggers that were asked, in the operator's order; one that this plugin does not know comes last."""
    known = {check.name: check for check in TRIGGERS}
    for name in [*(name for name in known if name in asked), *(name for name in asked if name not in known)]:
        verdict = asked[name]
        value, limit = known[name].numbers(model, policy, now) if name in known else ("", "")
        yield CheckLine(
            check=name,
            verdict=_word(verdict),
            value=value,
            limit=limit,
            reason=verdict.reason,
            message=verdict.message,
        )


def _word(verdict: VerdictRecord) -> str:
    if verdict.fires:
        return "fires"
    return "off" if verdict.reason is Reason.TRIGGER_DISABLED else "holds still"


def _advice(model: Model, bad: tuple[Condition, ...], closed: tuple[Reason, ...]) -> Iterator[AdviceLine]:
    """What to do about the decision, the bad conditions and the closed gates; each reason once."""
    last = model.status.last_decision
    reasons = dict.fromkeys((*((last.reason,) if last else ()), *(each.reason for each in bad), *closed))
    rows = [(reason, advice) for reason in reasons if (advice := advice_for(reason))]
    pressing = [(reason, advice) for reason, advice in rows if not advice.asks_for_nothing]
    for reason, advice in pressing or rows[:1]:
        command = command_for(reason, model)
        yield AdviceLine(reason=reason, means=advice.means, remedy=advice.remedy, link=advice.link, command=command)

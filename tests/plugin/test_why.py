"""Why, without a cluster: every situation as a person reads it stands in `golden/`."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from kubectl_sensormodel import why
from kubectl_sensormodel.advice import advice_for, rows_of
from kubectl_sensormodel.checks import GATES, TRIGGERS
from kubectl_sensormodel.explanation import explain
from model_operator.core.observed import Observed
from tests.builders import T0
from tests.plugin.situations import SITUATIONS, model_in, policy_in

NOW = T0 + timedelta(minutes=5)


def drawn(name: str, width: int = 110) -> str:
    screen = Console(file=StringIO(), width=width, highlight=False, markup=False)
    why.draw(explain(model_in(SITUATIONS[name]), policy_in(SITUATIONS[name]), NOW), NOW, screen)
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


@pytest.mark.parametrize("name", SITUATIONS, ids=lambda name: f"why {name}")
def test_reads_as_reviewed(name: str, golden: Callable[[str], None]) -> None:
    golden(drawn(name))


def test_a_narrow_screen_reads_as_reviewed(golden: Callable[[str], None]) -> None:
    golden(drawn("drift waits for the cooldown", width=80))


def test_every_gate_and_every_trigger_is_listed_whatever_they_say() -> None:
    found = explain(model_in(SITUATIONS["all is well"]), policy_in(SITUATIONS["all is well"]), NOW)
    listed = [[line.check for line in lines] for lines in (found.gates, found.triggers)]
    assert [[gate.name for gate in GATES], [trigger.name for trigger in TRIGGERS]] == listed


def test_number_limit_and_verdict_of_a_trigger_stand_side_by_side() -> None:
    seen = SITUATIONS["drift waits for the cooldown"]
    found = explain(model_in(seen), policy_in(seen), NOW)
    (line,) = [line for line in found.triggers if line.check == "drift"]
    assert (
        line.verdict,
        line.value,
        line.limit,
        line.reason,
    ) == ("fires", "0.78 High", "0.50 Moderate", "DriftDetected")


def test_without_the_policy_only_limits_are_missing() -> None:
    seen = SITUATIONS["drift waits for the cooldown"]
    found = explain(model_in(seen), None, NOW)
    (line,) = [line for line in found.triggers if line.check == "drift"]
    assert (line.value, line.limit) == ("0.78 High", "")


def test_an_older_answer_says_that_it_is_older() -> None:
    seen = SITUATIONS["all is well"]
    screen = Console(file=StringIO(), width=110)
    why.draw(explain(model_in(seen)._replace(generation=2), policy_in(seen), NOW), NOW, screen)
    assert isinstance(screen.file, StringIO)
    assert "has not acted on the newest spec yet" in screen.file.getvalue()


def test_the_reasons_that_the_plugin_carries_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs/spec/reasons.md").read_text(encoding="utf-8")
    assert rows_of(page) == {reason: advice_for(reason) for reason in rows_of(page)}, "run: make generate"


@pytest.mark.parametrize("seen", SITUATIONS.values(), ids=SITUATIONS)
def test_every_verdict_of_the_operator_is_known(seen: Observed) -> None:
    decided = model_in(seen).status.last_decision
    closing = {(gate.name, reason) for gate in GATES for reason in gate.reasons}
    assert decided is not None
    gates = [each for each in decided.verdicts if each.fires and (each.check, each.reason) in closing]
    asked = [each.check for each in decided.verdicts if each not in gates]
    assert asked in ([], [trigger.name for trigger in TRIGGERS])


def test_every_gate_is_closed_in_one_of_the_situations() -> None:
    explained = [explain(model_in(seen), policy_in(seen), NOW) for seen in SITUATIONS.values()]
    closed = {gate.check for found in explained for gate in found.gates if gate.verdict == "closed"}
    assert closed == {gate.name for gate in GATES}

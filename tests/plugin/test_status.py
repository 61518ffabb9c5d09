"""Following a model until it settles, in virtual time."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.state import State, StateLine, line_of, state_of
from kubectl_sensormodel.status import POLL_SECONDS, draw, follow
from tests.builders import T0
from tests.plugin.situations import REQUEST, SITUATIONS, model_in

WELL, RUNS, MISSING = "all is well", "the first training runs", "the policy is missing"


class VirtualClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = T0

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def seen_in_turn(*situations: str) -> Callable[[], Sequence[StateLine]]:
    """A cluster that is asked again and again; the last situation stays."""
    lines = [[line_of(model_in(SITUATIONS[name]))] for name in situations]
    return lambda: lines.pop(0) if len(lines) > 1 else lines[0]


def screen() -> tuple[Console, StringIO]:
    out = StringIO()
    return Console(file=out, width=110, highlight=False, markup=False), out


def test_it_follows_a_training_until_the_model_is_ready(golden: Callable[[str], None]) -> None:
    drawn, out = screen()
    _, code = follow(seen_in_turn(RUNS, RUNS, WELL), drawn, VirtualClock(), None)
    assert code is ExitCode.FINE
    golden(out.getvalue())


def test_it_ends_badly_when_a_person_has_to_act() -> None:
    drawn, _ = screen()
    _, code = follow(seen_in_turn(RUNS, MISSING), drawn, VirtualClock(), None)
    assert code is ExitCode.NOT_FINE


def test_it_ends_when_the_time_is_over() -> None:
    drawn, clock = screen()[0], VirtualClock()
    _, code = follow(seen_in_turn(RUNS), drawn, clock, timedelta(seconds=10))
    assert (code, clock.time) == (ExitCode.TIMEOUT, T0 + timedelta(seconds=10))
    assert POLL_SECONDS <= 10


def test_several_models_read_as_reviewed(golden: Callable[[str], None]) -> None:
    drawn, out = screen()
    lines = [line_of(model_in(seen)._replace(name=f"p-{n}")) for n, seen in enumerate(SITUATIONS.values(), start=1)]
    drawn.print(draw(lines, drawn))
    golden(out.getvalue())


@pytest.mark.parametrize(
    ("situation", "annotations", "generation", "expected"),
    [
        (WELL, {}, 1, State.READY),
        (WELL, {}, 2, State.WORKING),  # the operator has not acted on the newest spec
        (WELL, REQUEST, 1, State.WORKING),  # a request is about to be acted on
        (MISSING, REQUEST, 1, State.STALLED),  # no request helps
        (MISSING, {}, 2, State.WORKING),  # the spec was mended a moment ago
        ("a request waits while suspended", REQUEST, 1, State.SUSPENDED),
        ("the first version is worse than naive", {}, 1, State.STALLED),
    ],
)
def test_the_state_says_whether_something_goes_on(
    situation: str, annotations: dict[str, str], generation: int, expected: State
) -> None:
    model = model_in(SITUATIONS[situation])._replace(annotations=annotations, generation=generation)
    assert state_of(model) is expected

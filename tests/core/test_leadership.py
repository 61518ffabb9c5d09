"""What a process does about the Lease that it sees."""

import math

import pytest

from model_operator.core.leadership import Lease, LeaseStep, next_lease_step, released, renewed, taken
from tests.builders import T0, hours

MINE = Lease(holder="me", acquire_time=T0, renew_time=T0, transitions=3, resource_version="7")
THEIRS = MINE.model_copy(update={"holder": "other"})
FREE = MINE.model_copy(update={"holder": ""})


@pytest.mark.parametrize(
    ("lease", "leads", "unchanged_for", "step"),
    [
        pytest.param(None, False, math.inf, LeaseStep.TAKE, id="there was never one: take it"),
        pytest.param(None, False, 14.9, LeaseStep.WAIT, id="it was deleted: its leader may still act"),
        pytest.param(None, False, 15.0, LeaseStep.TAKE, id="it was deleted and nobody made it anew: take it"),
        pytest.param(None, True, 0.0, LeaseStep.TAKE, id="mine was deleted: make it anew"),
        pytest.param(FREE, False, 0.0, LeaseStep.TAKE, id="it was released: take it at once"),
        pytest.param(THEIRS, False, 14.9, LeaseStep.WAIT, id="its holder may still act"),
        pytest.param(THEIRS, False, 15.0, LeaseStep.TAKE, id="its holder is silent: take it"),
        pytest.param(THEIRS, True, 0.0, LeaseStep.WAIT, id="mine was taken: do not fight for it"),
        pytest.param(MINE, True, 0.0, LeaseStep.RENEW, id="it is mine: renew it"),
        pytest.param(MINE, False, math.inf, LeaseStep.RENEW, id="it is mine although the write seemed to fail"),
    ],
)
def test_the_next_step(lease: Lease | None, *, leads: bool, unchanged_for: float, step: LeaseStep) -> None:
    assert next_lease_step(lease, "me", leads=leads, unchanged_for=unchanged_for) is step


def test_a_new_holder_counts_as_a_transition() -> None:
    now = T0 + hours(1)
    assert taken(THEIRS, "me", now) == Lease(
        holder="me", acquire_time=now, renew_time=now, transitions=4, resource_version="7"
    )
    assert taken(None, "me", now) == Lease(holder="me", acquire_time=now, renew_time=now)


def test_renewing_and_releasing_keep_the_rest() -> None:
    now = T0 + hours(1)
    assert renewed(MINE, now) == MINE.model_copy(update={"renew_time": now})
    assert released(MINE, now) == MINE.model_copy(update={"renew_time": now, "holder": ""})

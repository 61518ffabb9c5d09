"""When a training will be done, from what has happened so far; times are seconds of a clock that the tests turn."""

import pytest

from model_contract.progress import TrainingStep
from model_trainer.pace import Pace

EPOCHS, STEPS, STEP_SECONDS = 30, 50, 0.004
TRACING = 2.0  # the first step builds the graph
EPOCH_SECONDS = 0.22  # steps and validation


def fitted(epochs: int, *, steps: int = 0, spent: float = 0.0) -> tuple[Pace, float]:
    """A pace after so many epochs, and steps of the next; reading took five seconds. And the time."""
    pace, now = Pace(0.0), 5.0
    pace.begin(TrainingStep.READING, 0.0)
    pace.resume(spent)
    pace.begin(TrainingStep.FITTING, now)
    pace.begin_fit(STEPS, EPOCHS, now)
    for epoch in range(epochs + 1):
        began = now + (TRACING if epoch == 0 else 0.0)
        for step in range(STEPS if epoch < epochs else steps):
            now = began + (step + 1) * STEP_SECONDS
            pace.end_step(now)
        if epoch < epochs:
            now = began + EPOCH_SECONDS
            pace.end_epoch(now)
    return pace, now


def rest() -> float:
    """What is known to come after the fit."""
    pace, now = fitted(EPOCHS)
    left = pace.left(now)
    assert left is not None
    return left


@pytest.mark.parametrize(
    ("epochs", "steps"),
    [(0, 2), (0, 40), (1, 0), (1, 10), (2, 0), (15, 0), (29, 49)],
    ids=["two steps", "within the first epoch", "one epoch", "and a part", "two epochs", "half", "nearly all"],
)
def test_the_end_is_told_from_the_second_step_on(epochs: int, steps: int) -> None:
    """The seconds in which the graph is built are not counted for every epoch."""
    pace, now = fitted(epochs, steps=steps)
    still = (EPOCHS - epochs) * EPOCH_SECONDS - steps * STEP_SECONDS
    assert pace.left(now) == pytest.approx(still + rest(), rel=0.15, abs=TRACING if epochs == 0 else 0.1)


def test_before_two_steps_nothing_is_told() -> None:
    pace, now = fitted(0, steps=1)
    assert (pace.left(now), pace.percent(now)) == (None, 0)


def test_the_share_grows_to_99_and_never_falls() -> None:
    pace, now = fitted(3)
    shares = [pace.percent(now)]
    for _ in range(EPOCHS - 3):
        now += EPOCH_SECONDS
        pace.end_epoch(now)
        shares.append(pace.percent(now))
    for step in (TrainingStep.JUDGING, TrainingStep.REGISTERING):
        pace.begin(step, now)
        for _ in range(20):
            now += 1.0
            shares.append(pace.percent(now))
    assert shares == sorted(shares)
    assert shares[-1] == 99


def test_a_slow_epoch_that_passes_is_no_reason_to_tell_another_end() -> None:
    pace, now = fitted(12)
    before = pace.left(now)
    now += 20 * EPOCH_SECONDS  # another process had the CPU
    pace.end_epoch(now)
    after = pace.left(now)
    assert before is not None
    assert after == pytest.approx(before - EPOCH_SECONDS)


def test_work_of_an_earlier_pod_counts() -> None:
    pace, now = fitted(3, spent=100.0)
    assert pace.worked(now) == now + 100.0
    assert pace.percent(now) > fitted(3)[0].percent(now)

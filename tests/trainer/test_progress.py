"""What a training tells of its progress, and how often."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import pytest

from model_contract.keys import Tag
from model_contract.progress import TrainingProgress, TrainingStep
from model_trainer.courier import Courier
from model_trainer.errors import Interrupted
from model_trainer.interruption import Interruption
from model_trainer.progress import Progress
from model_trainer.tracking.experiment import Run
from model_trainer.tracking.patience import Patience
from tests.trainer.interruptions import StoppedAtCheck


class Client:
    """As much of MLflow's client as a run that is open needs."""

    def __init__(self) -> None:
        self.said: list[TrainingProgress] = []
        self.losses: list[float] = []

    def log_batch(self, run_id: str, metrics: Any = (), tags: Any = ()) -> None:  # noqa: ARG002 - MLflow's
        self.said += [TrainingProgress.model_validate_json(tag.value) for tag in tags if tag.key == Tag.PROGRESS]
        self.losses += [metric.value for metric in metrics if metric.key == "validation_loss"]


class AtOnce(Courier):
    """Does every errand when it is posted."""

    def post(self, name: str, errand: Callable[[], None]) -> None:  # noqa: ARG002 - of the courier
        errand()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing waits."""


class Fit:
    """A progress whose clock a test turns."""

    def __init__(self, interruption: Interruption | None = None) -> None:
        self.now, self.client = 100.0, Client()
        interruption = interruption or Interruption()
        run = Run(self.client, Patience(0, interruption), "experiment", "run")
        self.progress = Progress(run, AtOnce(), interruption, clock=lambda: self.now)

    def epochs(self, first: int, last: int, seconds: float = 1.0) -> None:
        for epoch in range(first, last + 1):
            for _ in range(10):
                self.now += seconds / 10
                self.progress.step_ended()
            self.progress.epoch_ended(epoch, 0.5, 1 / epoch)


def test_every_step_is_told_at_once_and_a_fit_every_five_seconds() -> None:
    fit = Fit()
    for step in (TrainingStep.READING, TrainingStep.FITTING):
        fit.progress.begin(step)
    fit.progress.fit_begins(10, 30)
    fit.epochs(1, 30)
    for step in (TrainingStep.JUDGING, TrainingStep.REGISTERING):
        fit.progress.begin(step)
    fit.progress.done()

    said = fit.client.said
    assert [each.step for each in said if each.step is not TrainingStep.FITTING] == [
        *("Reading", "Judging", "Registering", "Registering")
    ]
    assert 6 <= [each.step for each in said].count(TrainingStep.FITTING) <= 7
    assert [each.percent for each in said] == sorted(each.percent for each in said)
    assert (said[-1].percent, said[-1].eta_seconds) == (100, 0.0)


def test_a_word_about_the_fit_holds_epochs_loss_and_the_time_left() -> None:
    fit = Fit()
    fit.progress.begin(TrainingStep.FITTING)
    fit.progress.fit_begins(10, 30)
    fit.epochs(1, 10, seconds=2.5)

    word = fit.client.said[-1]  # after the last step of the tenth epoch, before its validation
    assert (word.epoch, word.epochs, word.loss) == (9, 30, 1 / 9)
    assert word.eta_seconds == pytest.approx(20 * 2.5 + 12, abs=3)


def test_a_fit_that_goes_on_counts_all_its_epochs() -> None:
    fit = Fit()
    fit.epochs(1, 12)
    later = Fit()
    later.progress.resume(fit.progress.epochs, seconds=12.0)
    later.progress.begin(TrainingStep.FITTING)
    later.progress.fit_begins(10, 18)
    later.epochs(13, 20)

    assert [epoch.number for epoch in later.progress.epochs] == list(range(1, 21))
    word = later.client.said[-1]
    assert (word.epochs, word.epoch is not None and word.epoch >= 17) == (30, True)
    assert later.progress.worked == pytest.approx(12.0 + 8.0)


def test_losses_travel_with_the_word() -> None:
    fit = Fit()
    fit.progress.begin(TrainingStep.FITTING)
    fit.epochs(1, 6)
    fit.progress.begin(TrainingStep.JUDGING)
    assert fit.client.losses == [1 / epoch for epoch in range(1, 7)]


def test_sigterm_ends_a_fit_between_two_steps() -> None:
    fit = Fit(StoppedAtCheck(4))
    fit.progress.begin(TrainingStep.FITTING)
    fit.progress.fit_begins(10, 30)
    with pytest.raises(Interrupted):
        fit.epochs(1, 1)
    assert fit.now == pytest.approx(100.3)

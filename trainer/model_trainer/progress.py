"""Follows a training: losses and progress go to MLflow, and a SIGTERM ends the fit between two steps.

Progress is for people who wait. It is written every few seconds by the `Courier`, so a server that is slow or gone
neither fails nor delays a training.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from model_contract.keys import Tag
from model_contract.progress import TrainingProgress, TrainingStep
from model_trainer.courier import Courier
from model_trainer.figures.fit import Epoch
from model_trainer.interruption import Interruption
from model_trainer.pace import Pace
from model_trainer.tracking.experiment import Run

logger = logging.getLogger(__name__)

LOG_EVERY: Final = 10  # epochs between two lines
REPORT_SECONDS: Final = 5.0  # between two reports, unless another step begins


class Progress:
    """What a training reports to.

    Args:
        run: where it is written.
        courier: writes it.
        interruption: ends the fit.
        clock: seconds that only grow.
        began: when this pod began, by that clock; None: now.
    """

    def __init__(
        self,
        run: Run,
        courier: Courier,
        interruption: Interruption,
        *,
        clock: Callable[[], float] = time.monotonic,
        began: float | None = None,
    ) -> None:
        self.epochs: list[Epoch] = []
        self.seconds: dict[TrainingStep, float] = {}  # of the steps that have ended
        self._run = run
        self._courier = courier
        self._interruption = interruption
        self._clock = clock
        self._start = datetime.now(UTC) - timedelta(seconds=clock())
        self._pace = Pace(clock() if began is None else began)
        self._step: TrainingStep | None = None
        self._step_began = clock()
        self._epochs_to_come = 0
        self._reported = float("-inf")

    @property
    def worked(self) -> float:
        """Seconds that this Job has worked for what there is."""
        return self._pace.worked(self._clock())

    def begin(self, step: TrainingStep) -> None:
        """A step begins; stop here if told so.

        Raises:
            Interrupted: SIGTERM has arrived.
        """
        self._interruption.check()
        self._end()
        self._step = step
        self._pace.begin(step, self._clock())
        self._report()

    def done(self) -> None:
        """The version is registered."""
        self._end()
        now = self._clock()
        self._post(TrainingProgress(step=TrainingStep.REGISTERING, percent=100, time=self._time(now), eta_seconds=0))

    def _end(self) -> None:
        now = self._clock()
        if self._step is not None:
            self.seconds[self._step] = now - self._step_began
        self._step, self._step_began = None, now

    def resume(self, epochs: list[Epoch], seconds: float) -> None:
        """The fit goes on where an earlier pod was interrupted, after so many epochs and seconds of work."""
        self.epochs = list(epochs)
        self._pace.resume(seconds)

    def fit_begins(self, steps: int, epochs: int) -> None:
        """So many more epochs of so many optimizer steps each are fitted at most."""
        self._epochs_to_come = epochs
        self._pace.begin_fit(steps, epochs, self._clock())

    def step_ended(self) -> None:
        """Stop here if told so."""
        self._interruption.check()
        self._pace.end_step(self._clock())
        self._report_now_and_then()

    def epoch_ended(self, epoch: int, train_loss: float, validation_loss: float) -> None:
        """Keep the losses of an epoch."""
        self.epochs.append(Epoch(epoch, train_loss, validation_loss))
        self._run.log_metrics({"train_loss": train_loss, "validation_loss": validation_loss}, step=epoch)
        self._epochs_to_come = max(0, self._epochs_to_come - 1)
        self._pace.end_epoch(self._clock())
        if epoch == 1 or epoch % LOG_EVERY == 0:
            losses = {"train_loss": round(train_loss, 6), "validation_loss": round(validation_loss, 6)}
            logger.info("epoch %d", epoch, extra=losses)
        self._report_now_and_then()

    def _report_now_and_then(self) -> None:
        if self._clock() - self._reported >= REPORT_SECONDS:
            self._report()

    def _report(self) -> None:
        if self._step is None:
            return
        now = self._clock()
        self._reported = now
        done, left = len(self.epochs), self._pace.left(now)
        self._post(
            TrainingProgress(
                step=self._step,
                percent=self._pace.percent(now),
                time=self._time(now),
                epoch=done or None,
                epochs=done + self._epochs_to_come or None,
                loss=self.epochs[-1].validation_loss if self.epochs else None,
                eta_seconds=None if left is None else round(left, 1),
            )
        )

    def _post(self, report: TrainingProgress) -> None:
        self._courier.post("progress", lambda: self._run.send({Tag.PROGRESS: report.to_json()}))

    def _time(self, now: float) -> datetime:
        return (self._start + timedelta(seconds=now)).replace(microsecond=0)

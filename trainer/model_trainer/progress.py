"""Follows a fit: losses go to MLflow and to the figure, and a SIGTERM ends it between two steps."""

import logging

from model_trainer.figures.fit import Epoch
from model_trainer.interruption import Interruption
from model_trainer.tracking.experiment import Run

logger = logging.getLogger(__name__)

LOG_EVERY = 10  # epochs between two lines


class Progress:
    """What a fit reports to."""

    def __init__(self, run: Run, interruption: Interruption) -> None:
        self.epochs: list[Epoch] = []
        self._run = run
        self._interruption = interruption

    def step_ended(self) -> None:
        """Stop here if told so."""
        self._interruption.check()

    def epoch_ended(self, epoch: int, train_loss: float, validation_loss: float) -> None:
        """Keep the losses of an epoch."""
        self.epochs.append(Epoch(epoch, train_loss, validation_loss))
        self._run.log_metrics({"train_loss": train_loss, "validation_loss": validation_loss}, step=epoch)
        if epoch == 1 or epoch % LOG_EVERY == 0:
            losses = {"train_loss": round(train_loss, 6), "validation_loss": round(validation_loss, 6)}
            logger.info("epoch %d", epoch, extra=losses)

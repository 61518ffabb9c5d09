"""When a fit is stored and when it goes on from what was stored.

At the end of every epoch the fit hands its state over; it goes to MLflow every few minutes in the background, and at
once when the pod is told to stop. The next pod of the Job goes on from the newest that was made from the same task,
data and code. An epoch that is interrupted is fitted again, so at most one is lost to a SIGTERM.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import TracebackType
from typing import Self

from model_contract.task import TrainingTask
from model_trainer.code import code_digest, installed_packages, packages_digest
from model_trainer.courier import Courier
from model_trainer.errors import Interrupted, TryAgain
from model_trainer.fit_state import FitState, Origin, from_bytes, to_bytes
from model_trainer.progress import Progress
from model_trainer.tracking.experiment import Run

logger = logging.getLogger(__name__)


def origin_of(task: TrainingTask, data_digest: str) -> Origin:
    """What the checkpoints of a task on this data are made from, by this code."""
    return Origin(task=_sha256(task.to_json()), data=data_digest, code=_code())


@cache
def _code() -> str:
    """Of this process, once: what it has loaded does not change."""
    return _sha256(f"{code_digest()}\n{packages_digest(installed_packages())}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Checkpoints:
    """The checkpoints of one training, in a context that stores the newest state when a SIGTERM ends it.

    Args:
        run: has them among its artifacts.
        origin: what they are made from.
        progress: told how far the fit was when it goes on; asked how long it has worked.
        courier: stores them while the fit goes on.
        every: seconds between two.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        run: Run,
        origin: Origin,
        progress: Progress,
        courier: Courier,
        *,
        every: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = run.checkpoints
        self._resumes = run.resumed
        self._origin = origin
        self._progress = progress
        self._courier = courier
        self._every = every
        self._clock = clock
        self._stored_at = clock()
        self._newest: FitState | None = None
        self._stored_epoch = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Interrupted) and self._newest is not None:
            self._store_last(self._newest)

    def resume(self) -> FitState | None:
        """The newest state that an earlier pod left; None to begin anew.

        Raises:
            TryAgain: MLflow stays away.
        """
        for content in self._store.newest_first() if self._resumes else ():
            try:
                state, origin = from_bytes(content)
            except ValueError as error:
                logger.warning("a checkpoint is not used: %s", error)
                continue
            if differences := self._origin.differences(origin):
                logger.warning("a checkpoint is not used: it is of another %s", ", another ".join(differences))
                continue
            logger.info("going on after epoch %d", state.epoch)
            self._newest, self._stored_epoch = state, state.epoch
            self._progress.resume(list(state.epochs), state.seconds)
            return state
        return None

    def keep(self, state: FitState) -> None:
        """An epoch is done."""
        state = replace(state, seconds=self._progress.worked)
        self._newest = state
        if self._clock() - self._stored_at >= self._every:
            self._stored_at = self._clock()
            self._courier.post("a checkpoint", lambda: self._write(state))

    def _store_last(self, state: FitState) -> None:
        if state.epoch == self._stored_epoch:
            return
        try:
            self._store.write_last(_name(state), to_bytes(state, self._origin))
        except TryAgain:
            logger.warning("the last checkpoint does not reach MLflow")
        else:
            logger.info("stopped after epoch %d; the next pod goes on from there", state.epoch)

    def _write(self, state: FitState) -> None:
        self._store.write(_name(state), to_bytes(state, self._origin))
        self._stored_epoch = state.epoch
        logger.info("checkpoint of epoch %d stored", state.epoch)


def _name(state: FitState) -> str:
    return f"epoch-{state.epoch:06}.npz"

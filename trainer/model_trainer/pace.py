"""When a training will be done: from the time per epoch and what is known to come after the fit. Pure arithmetic.

`Progress` tells it what happens, with the time as an argument, and asks.
"""

from statistics import median
from typing import Final

from model_contract.progress import TrainingStep

_COUNTED: Final = 10  # newest epochs whose median counts
_VALIDATION: Final = 1.1  # an epoch with its validation, in times of its steps
_JUDGING: Final = (3.0, 2.0)  # seconds, and in addition times of an epoch; so measured on one core
_REGISTERING: Final = 4.0  # seconds


class Pace:
    """How fast one pod of a training is; all times in seconds of one clock.

    Args:
        began: when the pod began.
        spent: seconds that earlier pods of the Job worked for what this one resumes.
    """

    def __init__(self, began: float, spent: float = 0.0) -> None:
        self._began = began
        self._spent = spent
        self._step = TrainingStep.READING
        self._step_began = began
        self._steps = 0  # of an epoch
        self._epochs_left = 0
        self._epoch_began = began
        self._steps_done = 0  # of the epoch that runs
        self._first_step_ended = began
        self._step_seconds: float | None = None
        self._epochs: list[float] = []  # seconds of each, without the first: it builds the graph, too
        self._is_first = True
        self._percent = 0

    def begin(self, step: TrainingStep, now: float) -> None:
        """A step begins."""
        self._step, self._step_began = step, now

    def resume(self, spent: float) -> None:
        """Earlier pods have spent so many seconds on what goes on now."""
        self._spent = spent

    def begin_fit(self, steps: int, epochs: int, now: float) -> None:
        """So many epochs of so many optimizer steps are to come."""
        self._steps, self._epochs_left, self._epoch_began, self._steps_done = steps, epochs, now, 0

    def end_step(self, now: float) -> None:
        """One optimizer step is done."""
        self._steps_done += 1
        if self._steps_done == 1:
            self._first_step_ended = now
        elif self._is_first:
            self._step_seconds = (now - self._first_step_ended) / (self._steps_done - 1)

    def end_epoch(self, now: float) -> None:
        """An epoch is done, its validation included."""
        if not self._is_first:
            self._epochs.append(now - self._epoch_began)
        self._is_first = False
        self._epochs_left = max(0, self._epochs_left - 1)
        self._epoch_began, self._steps_done = now, 0

    def worked(self, now: float) -> float:
        """Seconds that were spent so far, those of earlier pods included."""
        return self._spent + now - self._began

    def left(self, now: float) -> float | None:
        """Seconds to the end if every epoch is fitted; None before two optimizer steps are done."""
        epoch = self._epoch_seconds()
        judging = _JUDGING[0] + _JUDGING[1] * (epoch or 0.0)
        in_step = now - self._step_began
        if self._step is TrainingStep.REGISTERING:
            return max(0.0, _REGISTERING - in_step)
        if self._step is TrainingStep.JUDGING:
            return max(0.0, judging - in_step) + _REGISTERING
        if self._step is TrainingStep.READING or epoch is None:
            return None
        fitting = max(0.0, self._epochs_left * epoch - (now - self._epoch_began))
        return fitting + judging + _REGISTERING

    def percent(self, now: float) -> int:
        """Share of the expected time that has passed: it never falls, and reaches 100 only at the end."""
        left = self.left(now)
        if left is not None:
            worked = self.worked(now)
            self._percent = max(self._percent, min(99, int(100 * worked / (worked + left)) if worked + left else 0))
        return self._percent

    def _epoch_seconds(self) -> float | None:
        if self._epochs:
            return median(self._epochs[-_COUNTED:])
        return None if self._step_seconds is None else _VALIDATION * self._step_seconds * self._steps

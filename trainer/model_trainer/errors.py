"""How a training ends without a version, and an evaluation without a score.

    TrainingEnded
    ├── CannotWork      the task, its data or its hyperparameters are at fault: trying again gives the same
    └── TryAgain        something outside failed: the same task may succeed later
        └── Interrupted the pod is told to stop

Raised where the cause is known; only `__main__` catches them and turns them into an exit code.
"""

from model_contract.result import FailureReason


class TrainingEnded(Exception):  # noqa: N818  an end, not always an error
    """No version, or no score: the reason is a closed word for programs, the message a sentence for people."""

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class CannotWork(TrainingEnded):
    """The task can never succeed as it is."""


class TryAgain(TrainingEnded):
    """The same task may succeed later."""


class Interrupted(TryAgain):
    """SIGTERM: the node is drained, the Job is deleted, or its deadline has passed."""

    def __init__(self) -> None:
        super().__init__(FailureReason.INTERRUPTED, "stopped by SIGTERM before the work was done")

"""SIGTERM at a chosen moment."""

from model_trainer.errors import Interrupted
from model_trainer.interruption import Interruption


class StoppedAtCheck(Interruption):
    """SIGTERM has arrived when the code asks for the n-th time."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number

    def check(self) -> None:
        self._left -= 1
        if self._left <= 0:
            raise Interrupted

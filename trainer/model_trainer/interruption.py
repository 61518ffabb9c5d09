"""SIGTERM becomes a question that the code asks at places where it can stop cleanly.

The kubelet sends SIGTERM and kills the pod 30 seconds later. Nothing is raised from the signal handler itself, so no
request, file or library is torn apart in the middle.
"""

import signal
import threading
from types import FrameType

from model_trainer.errors import Interrupted


class Interruption:
    """Whether this process was told to stop."""

    def __init__(self) -> None:
        self._told = threading.Event()

    def listen(self) -> None:
        """Take SIGTERM from now on; only in the main thread."""
        signal.signal(signal.SIGTERM, self._take)

    def check(self) -> None:
        """Stop here if told so.

        Raises:
            Interrupted: SIGTERM has arrived.
        """
        if self._told.is_set():
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        """Wait, but not longer than until SIGTERM.

        Raises:
            Interrupted: SIGTERM has arrived.
        """
        self._told.wait(seconds)
        self.check()

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self._told.set()

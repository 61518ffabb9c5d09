"""Errands to MLflow that may be late or lost: in a thread of their own, so that no fit waits for a server that hangs.

`Progress` sends losses and progress this way, `Checkpoints` what was learnt so far. Whatever must arrive is written by
the main thread, through `tracking.patience`.
"""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import requests
from mlflow.exceptions import MlflowException

logger = logging.getLogger(__name__)

_LONGEST_WAIT: Final = 20.0  # seconds at the end of an interrupted training, for the errand that is under way


class Courier:
    """Does errands one by one, in a context.

    At its regular end what waits is done; at an error it is dropped. An errand that fails is told once until one of
    the same name succeeds.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Callable[[], None]] = {}
        self._change = threading.Condition()
        self._closed = False
        self._failing: set[str] = set()
        self._defect: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._change:
            self._closed = True
            if error is not None:
                self._waiting.clear()
            self._change.notify()
        self._thread.join(None if error is None else _LONGEST_WAIT)
        if self._defect is not None and error is None:
            raise self._defect

    def post(self, name: str, errand: Callable[[], None]) -> None:
        """Do it soon; one of the same name that was not begun is forgotten."""
        with self._change:
            self._waiting.pop(name, None)
            self._waiting[name] = errand
            self._change.notify()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            self._do(*taken)

    def _take(self) -> tuple[str, Callable[[], None]] | None:
        """The errand that waits longest; None once there will be none."""
        with self._change:
            while not self._waiting:
                if self._closed or self._defect is not None:
                    return None
                self._change.wait()
            name = next(iter(self._waiting))
            return name, self._waiting.pop(name)

    def _do(self, name: str, errand: Callable[[], None]) -> None:
        try:
            errand()
        except (MlflowException, requests.RequestException, OSError) as error:
            if name not in self._failing:
                self._failing.add(name)
                said = (str(error).splitlines() or [type(error).__name__])[0][:500]
                logger.warning("%s does not reach MLflow; the training goes on", name, extra={"error": said})
        except Exception as error:  # noqa: BLE001  raised again in the main thread
            self._defect = error
        else:
            self._failing.discard(name)

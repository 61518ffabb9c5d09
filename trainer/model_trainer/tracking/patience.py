"""Repeats calls to MLflow while it is away, for as long as the settings allow.

MLflow's own retries are off: they send creations twice and sleep for minutes without hearing a SIGTERM. A call that
creates something looks for it first, so repeating it is safe.
"""

import logging
import re
import time
from collections.abc import Callable
from typing import Final, TypeVar

import requests
from mlflow.exceptions import MlflowException

from model_contract.result import FailureReason
from model_trainer.errors import CannotWork, TryAgain
from model_trainer.interruption import Interruption

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_DELAY: Final = 0.5  # seconds
LONGEST_DELAY: Final = 15.0

# MLflow reports a refused connection and a time-out as INTERNAL_ERROR.
_PASSING: Final = {
    "INTERNAL_ERROR",
    "TEMPORARILY_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "DEADLINE_EXCEEDED",
    "ABORTED",
}
_REDIRECTED: Final = re.compile(r"error code 30[12378] ")
_TASK_AT_FAULT: Final = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST"}


class Patience:
    """Calls MLflow, again and again if need be.

    Args:
        budget_seconds: how long one call may go on failing.
        interruption: asked before each attempt and while waiting.
        clock: seconds that only grow.
    """

    def __init__(
        self, budget_seconds: float, interruption: Interruption, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._budget_seconds = budget_seconds
        self._interruption = interruption
        self._clock = clock

    def call(self, what: str, request: Callable[[], T], *, finish: bool = False) -> T:
        """The result of the request.

        Args:
            what: an infinitive for logs and messages, such as "create the run".
            request: may be made any number of times.
            finish: do not stop before the first attempt; for steps that complete what is begun.

        Raises:
            TryAgain: MLflow stays away, or refuses.
            CannotWork: MLflow says that what the task asks for is not valid.
            Interrupted: SIGTERM.
        """
        deadline: float | None = None
        delay = FIRST_DELAY
        if not finish:
            self._interruption.check()
        while True:
            try:
                return request()
            except (MlflowException, requests.RequestException, ConnectionError) as error:
                if not passes(error):
                    raise _ended(what, error) from error
                deadline = deadline or self._clock() + self._budget_seconds
                if self._clock() + delay > deadline:
                    message = f"cannot {what}: MLflow has been away for {self._budget_seconds:g} s: {_said(error)}"
                    raise TryAgain(FailureReason.REGISTRY_UNAVAILABLE, message) from error
                logger.warning("MLflow is away", extra={"what": what, "error": _first_line(error), "again_in": delay})
            self._interruption.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)


def passes(error: Exception) -> bool:
    """The same request may succeed later."""
    if isinstance(error, MlflowException):
        return error.error_code in _PASSING
    response = getattr(error, "response", None)
    return response is None or response.status_code >= requests.codes.internal_server_error


def _ended(what: str, error: Exception) -> CannotWork | TryAgain:
    message = f"cannot {what}: {_said(error)}"
    if isinstance(error, MlflowException) and error.error_code in _TASK_AT_FAULT:
        return CannotWork(FailureReason.INVALID_TASK, message)
    return TryAgain(FailureReason.REGISTRY_UNAVAILABLE, message)


def _said(error: Exception) -> str:
    """Its first line, with a hint where people usually go wrong."""
    said = _first_line(error)
    if "Invalid Host header" in str(error):
        return f"{said}. MLflow's --allowed-hosts must name this host with its port"
    if _REDIRECTED.search(said):
        return f"{said}. Credentials go nowhere else, so redirects are not followed: name MLflow's final URL"
    return said


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:500]

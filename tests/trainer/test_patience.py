"""How long the trainer waits for MLflow, in virtual time."""

import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED, TEMPORARILY_UNAVAILABLE, ErrorCode

from model_contract.result import FailureReason
from model_trainer.errors import CannotWork, Interrupted, TryAgain
from model_trainer.interruption import Interruption
from model_trainer.tracking.patience import LONGEST_DELAY, Patience

AWAY = MlflowException("API request failed with exception: connection refused")  # INTERNAL_ERROR, as MLflow says it


class VirtualTime(Interruption):
    """Waiting takes no time but the clock's; SIGTERM arrives at a given second."""

    def __init__(self, told_at: float = float("inf")) -> None:
        super().__init__()
        self.now = 0.0
        self.waits: list[float] = []
        self._told_at = told_at

    def check(self) -> None:
        if self.now >= self._told_at:
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self.check()

    def clock(self) -> float:
        return self.now


class Server:
    """Raises the given errors one by one, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.requests = 0

    def answer(self) -> str:
        self.requests += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def patience(time: VirtualTime, budget: float = 600.0) -> Patience:
    return Patience(budget, time, time.clock)


def test_an_answer_is_taken_at_once() -> None:
    time = VirtualTime()

    assert patience(time).call("ask", Server().answer) == "answer"
    assert time.waits == []


@pytest.mark.parametrize(
    "error",
    [
        AWAY,
        MlflowException("busy", error_code=TEMPORARILY_UNAVAILABLE),
        requests.ConnectionError("refused"),
        ConnectionResetError("reset"),
    ],
    ids=["refused", "busy", "refused on an upload", "reset"],
)
def test_mlflow_that_returns_is_survived(error: Exception) -> None:
    time = VirtualTime()

    assert patience(time).call("ask", Server(error, error, error).answer) == "answer"
    assert time.waits == [0.5, 1.0, 2.0]


def test_waits_grow_to_a_limit_and_end_with_the_budget() -> None:
    time = VirtualTime()

    with pytest.raises(TryAgain, match="cannot ask: MLflow has been away for 60 s") as ended:
        patience(time, budget=60).call("ask", Server(*[AWAY] * 99).answer)

    assert ended.value.reason is FailureReason.REGISTRY_UNAVAILABLE
    assert max(time.waits) == LONGEST_DELAY
    assert 60 - LONGEST_DELAY < sum(time.waits) <= 60


def test_every_call_has_its_own_budget() -> None:
    time = VirtualTime()
    patient = patience(time, budget=10)

    for _ in range(5):
        assert patient.call("ask", Server(*[AWAY] * 3).answer) == "answer"


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("INVALID_PARAMETER_VALUE", CannotWork, FailureReason.INVALID_TASK),
        ("PERMISSION_DENIED", TryAgain, FailureReason.REGISTRY_UNAVAILABLE),
        ("UNAUTHENTICATED", TryAgain, FailureReason.REGISTRY_UNAVAILABLE),
    ],
)
def test_a_refusal_is_final_and_told(code: str, kind: type[CannotWork | TryAgain], reason: FailureReason) -> None:
    server = Server(MlflowException("no\nbecause", error_code=ErrorCode.Value(code)))

    with pytest.raises(kind, match=r"cannot ask: no$") as ended:
        patience(VirtualTime()).call("ask", server.answer)

    assert (ended.value.reason, server.requests) == (reason, 1)


def test_a_host_that_mlflow_does_not_know_is_explained() -> None:
    refusal = MlflowException("failed with error code 403: 'Invalid Host header'", error_code=PERMISSION_DENIED)

    with pytest.raises(TryAgain, match="--allowed-hosts must name this host with its port"):
        patience(VirtualTime()).call("ask", Server(refusal).answer)


def test_sigterm_ends_the_waiting() -> None:
    with pytest.raises(Interrupted):
        patience(VirtualTime(told_at=5)).call("ask", Server(*[AWAY] * 99).answer)


def test_after_sigterm_nothing_is_begun_but_what_is_begun_is_finished() -> None:
    patient = patience(VirtualTime(told_at=0))
    server = Server()

    with pytest.raises(Interrupted):
        patient.call("begin", server.answer)

    assert server.requests == 0
    assert patient.call("finish", server.answer, finish=True) == "answer"

"""Errands to MLflow beside the fit."""

import logging
import threading

import pytest
from mlflow.exceptions import MlflowException

from model_trainer.courier import Courier

PATIENCE = 30.0  # seconds, for what must happen


class Errands:
    """Errands that note that they were done; `hang` is one that waits until it is let go."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.hangs = threading.Event()
        self._let_go = threading.Event()

    def do(self, name: str) -> None:
        self.done.append(name)

    def hang(self) -> None:
        self.hangs.set()
        assert self._let_go.wait(PATIENCE)
        self.done.append("what hung")

    def let_go(self) -> None:
        self._let_go.set()


def test_errands_are_done_in_order_before_the_end() -> None:
    errands = Errands()

    with Courier() as courier:
        for name in ("a", "b", "c"):
            courier.post(name, lambda name=name: errands.do(name))  # type: ignore[misc]

    assert errands.done == ["a", "b", "c"]


def test_a_server_that_hangs_holds_nobody_up_and_only_the_newest_word_is_sent_afterwards() -> None:
    errands = Errands()

    with Courier() as courier:
        courier.post("progress", errands.hang)
        assert errands.hangs.wait(PATIENCE)
        for percent in range(100):
            courier.post("progress", lambda percent=percent: errands.do(f"{percent} %"))  # type: ignore[misc]
        assert errands.done == []
        errands.let_go()

    assert errands.done == ["what hung", "99 %"]


def test_a_server_that_fails_is_told_once_until_it_answers(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise MlflowException("connection refused\nand more")

    errands = Errands()
    outcomes = [fail, fail, lambda: errands.do("sent"), fail, fail]
    with caplog.at_level(logging.WARNING), Courier() as courier:
        for outcome in outcomes:
            done = threading.Event()
            courier.post("progress", outcome)
            courier.post("a sign", done.set)
            assert done.wait(PATIENCE)

    assert errands.done == ["sent"]
    assert [record.getMessage() for record in caplog.records] == [
        "progress does not reach MLflow; the training goes on"
    ] * 2


def test_at_an_error_what_waits_is_dropped() -> None:
    errands = Errands()

    def work() -> None:
        with Courier() as courier:
            courier.post("progress", errands.hang)
            assert errands.hangs.wait(PATIENCE)
            courier.post("progress", lambda: errands.do("late"))
            errands.let_go()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()

    assert errands.done in (["what hung"], ["what hung", "late"])  # the second only if it began before the error


def test_a_defect_ends_the_training() -> None:
    def divide() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Courier() as courier:
        courier.post("progress", divide)

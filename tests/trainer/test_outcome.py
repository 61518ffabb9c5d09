"""The last word of a training: always valid, never too long for the kubelet."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.result import MAX_BYTES, FailureReason, TrainingFailed, TrainingSucceeded, read_outcome
from model_trainer.errors import CannotWork, Interrupted
from model_trainer.outcome import failure, write_outcome

SUCCESS = TrainingSucceeded(run_id="r", registered_model="telemanom_P-1", version=7)


def test_a_short_message_is_kept() -> None:
    ended = CannotWork(FailureReason.TOO_LITTLE_DATA, "three rows")

    assert failure(ended) == TrainingFailed(reason=FailureReason.TOO_LITTLE_DATA, message="three rows")


@given(st.text(min_size=1).map(lambda text: text * (6000 // len(text))))
def test_any_message_fits_and_can_be_read_back(message: str) -> None:
    text = failure(CannotWork(FailureReason.COLUMN_NOT_FOUND, message)).to_json()

    assert len(text.encode()) <= MAX_BYTES
    assert isinstance(read_outcome(text), TrainingFailed)


def test_a_cut_message_says_so() -> None:
    assert failure(CannotWork(FailureReason.COLUMN_NOT_FOUND, "x" * 9000)).message.endswith("x … (cut)")


def test_the_outcome_is_written_where_the_kubelet_looks(tmp_path: Path) -> None:
    write_outcome(SUCCESS, tmp_path / "log")

    assert read_outcome((tmp_path / "log").read_text()) == SUCCESS


def test_where_it_cannot_be_written_it_goes_to_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_outcome(SUCCESS, tmp_path)  # a folder

    assert read_outcome(capsys.readouterr().err) == SUCCESS


def test_an_interruption_is_worth_another_try() -> None:
    assert failure(Interrupted()).reason is FailureReason.INTERRUPTED

"""The last word of a training: always valid, never too long for the kubelet."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.reproduction import Difference, DifferenceKind, ReproductionVerdict
from model_contract.result import (
    MAX_BYTES,
    FailureReason,
    ReproductionSucceeded,
    TrainingFailed,
    TrainingSucceeded,
    read_outcome,
)
from model_trainer.errors import CannotWork, Interrupted, TrainingEnded, TryAgain
from model_trainer.job import _end_of
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


ENDS = {
    "no room on the disk": (OSError(errno.ENOSPC, "No space left on device"), TryAgain, FailureReason.DISK_FULL),
    "no room within a quota": (OSError(errno.EDQUOT, "Disk quota exceeded"), TryAgain, FailureReason.DISK_FULL),
    "a file beyond its limit": (OSError(errno.EFBIG, "File too large"), TryAgain, FailureReason.DISK_FULL),
    "an array beyond memory": (MemoryError("Unable to allocate 9 TiB"), CannotWork, FailureReason.OUT_OF_MEMORY),
    "another trouble with a file": (PermissionError(errno.EACCES, "no"), TrainingEnded, FailureReason.INTERNAL_ERROR),
    "a defect": (ZeroDivisionError("division by zero"), TrainingEnded, FailureReason.INTERNAL_ERROR),
    "SIGTERM": (Interrupted(), Interrupted, FailureReason.INTERRUPTED),
}


@pytest.mark.parametrize(("error", "kind", "reason"), ENDS.values(), ids=ENDS.keys())
def test_an_error_becomes_an_end(error: Exception, kind: type[TrainingEnded], reason: FailureReason) -> None:
    ended = _end_of(error)

    assert (type(ended), ended.reason) == (kind, reason)
    assert str(error) in ended.message


def test_the_last_differences_of_a_reproduction_are_left_out_where_they_do_not_fit(tmp_path: Path) -> None:
    differences = tuple(Difference(kind=kind, message="é" * 400) for kind in DifferenceKind)
    ended = ReproductionSucceeded(
        run_id="r", registered_model="m", version=7, verdict=ReproductionVerdict.DIFFERENT, differences=differences
    )
    path = tmp_path / "termination-log"

    write_outcome(ended, path)

    text = path.read_text()
    read = read_outcome(text)
    assert len(text.encode()) <= MAX_BYTES
    assert isinstance(read, ReproductionSucceeded)
    assert read.differences == differences[: len(read.differences)]
    assert (read.verdict, len(read.differences) > 2) == (ReproductionVerdict.DIFFERENT, True)

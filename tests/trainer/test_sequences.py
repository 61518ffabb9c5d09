"""Splits and sequences: what a model may see, and what counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.result import FailureReason
from model_trainer.data.split import Split, require_enough, split_by_time
from model_trainer.data.window import Sequences, scoring_sequences, training_sequences
from model_trainer.errors import CannotWork

SEGMENTS = (range(100), range(100, 130), range(130, 400))


def counted_rows(sequences: Sequences) -> list[int]:
    """The rows of all steps that count, as often as they do."""
    return sorted(sequences.rows[sequences.counted].tolist())


def test_the_split_is_by_time_and_complete() -> None:
    assert split_by_time(1000) == Split(range(700), range(700, 850), range(850, 1000))


@given(st.integers(240, 10_000))
def test_the_parts_of_a_split_adjoin(rows: int) -> None:
    split = split_by_time(rows)

    assert [*split.train, *split.validation, *split.test] == list(range(rows))


def test_gaps_that_leave_too_little_are_refused_with_numbers() -> None:
    segments = tuple(range(start, start + 3) for start in range(0, 399, 3))

    with pytest.raises(CannotWork, match=r"93 rows of the train part .* at least 100") as refused:
        require_enough(split_by_time(399), segments, horizon=2)
    assert refused.value.reason is FailureReason.TOO_LITTLE_DATA


def test_enough_data_is_accepted() -> None:
    require_enough(split_by_time(400), (range(400),), horizon=1)


@pytest.mark.parametrize("make", [training_sequences, scoring_sequences])
def test_no_sequence_crosses_a_gap(make: type) -> None:
    sequences = make(SEGMENTS, range(50, 390), 64, 16, 2)

    for rows, counted in zip(sequences.rows, sequences.counted, strict=True):
        segment = next(segment for segment in SEGMENTS if rows[0] in segment)
        assert rows[-1] in segment
        assert (rows[counted] + 2 < segment.stop).all()


def test_of_windows_only_the_last_step_is_learnt_from() -> None:
    """A part of the rows that is shorter than a window gives one."""
    sequences = training_sequences(SEGMENTS, range(50, 390), 64, 1, horizon=3, last_only=True)

    assert counted_rows(sequences) == [96, 126, *range(130 + 63, 387)]
    assert (sequences.counted.sum(axis=1) == 1).all()


def test_every_step_of_the_training_rows_is_learnt_from() -> None:
    sequences = training_sequences(SEGMENTS, range(50, 390), 64, 16, horizon=3)

    expected = {*range(50, 97), *range(100, 127), *range(130, 387)}
    assert set(counted_rows(sequences)) == expected


def test_a_short_segment_is_padded_and_the_padding_does_not_count() -> None:
    sequences = training_sequences((range(10),), range(10), length=16, hop=4, horizon=1)

    assert sequences.rows.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 8, 8, 8, 8]]
    assert counted_rows(sequences) == list(range(9))


def test_targets_are_the_rows_after_each_step() -> None:
    sequences = training_sequences((range(20),), range(20), length=8, hop=8, horizon=2)
    targets = sequences.targets(np.arange(20, dtype=np.float32), 2)

    counted = sequences.counted
    assert (targets[counted] == sequences.rows[counted][:, None] + [1, 2]).all()


@given(st.integers(16, 64), st.integers(1, 16), st.integers(0, 399))
def test_scoring_forecasts_every_row_of_the_span_once(length: int, hop: int, start: int) -> None:
    """Except the first row of each segment, before which nothing is known."""
    sequences = scoring_sequences(SEGMENTS, range(start, 400), length, hop, horizon=1)

    expected = [row - 1 for row in range(start, 400) if row not in {0, 100, 130}]
    assert counted_rows(sequences) == expected


def test_scoring_gives_each_step_as_much_history_as_there_is() -> None:
    sequences = scoring_sequences((range(400),), range(300, 400), length=64, hop=16, horizon=1)

    first = np.argmax(sequences.counted, axis=1)
    assert (first >= 64 - 16).all()

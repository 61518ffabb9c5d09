"""A trainer's log line as people read it."""

import pytest

from demo.trainer_log import readable


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(
            '{"time": "t", "level": "info", "message": "fitting", "logger": "x"}', "fitting", id="words alone"
        ),
        pytest.param(
            '{"message": "epoch 10", "logger": "x", "train_loss": 0.5, "validation_loss": 0.6}',
            "epoch 10: train loss 0.5, validation loss 0.6",
            id="with its numbers",
        ),
        pytest.param("1/1 ━━━━ 2s/step", None, id="a progress bar is no line of the log"),
        pytest.param("", None, id="nothing was said yet"),
    ],
)
def test_a_line_is_told_with_its_numbers(line: str, words: str | None) -> None:
    assert readable(line) == words

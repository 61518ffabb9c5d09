import json
from datetime import UTC, datetime

from bench.trainer_bench import read_milestones

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def line(second: int, message: str, logger: str = "model_trainer.pipeline") -> str:
    return json.dumps({"time": f"2026-01-01T00:00:{second:02}+00:00", "message": message, "logger": logger})


def test_of_epochs_only_the_first_and_the_last_are_milestones() -> None:
    log = [
        line(1, "the trainer starts"),
        "a library writes this",
        line(2, "a library logs this", logger="py.warnings"),
        line(3, "epoch 1"),
        line(4, "epoch 10"),
        line(5, "epoch 20"),
        line(6, "a version is registered"),
    ]
    assert read_milestones(log, BEGUN) == (
        ("the trainer starts", 1.0),
        ("epoch 1", 3.0),
        ("epoch 20", 5.0),
        ("a version is registered", 6.0),
    )

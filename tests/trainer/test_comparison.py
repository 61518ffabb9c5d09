"""The paired block bootstrap on errors whose difference is known."""

import numpy as np
import pytest

from model_contract.keys import ComparisonVerdict
from model_trainer.comparison import Comparison, block_length, compare

ROWS = 400
SIGNAL = np.sin(np.arange(ROWS) / 7)


def forecast(scale: float, seed: int, rows: int = ROWS) -> np.ndarray:
    """The signal with independent errors of a size."""
    return SIGNAL[:rows] + np.random.default_rng(seed).normal(0, scale, rows)


def test_a_clearly_better_candidate_is_better() -> None:
    comparison = compare(SIGNAL, forecast(0.1, 1), forecast(0.2, 2), seed=7)

    assert comparison.verdict is ComparisonVerdict.BETTER
    assert comparison.improvement_percent == pytest.approx(50, abs=8)
    assert comparison.lower_percent == pytest.approx(44, abs=8)
    assert comparison.upper_percent == pytest.approx(56, abs=8)


def test_a_clearly_worse_candidate_is_not_better() -> None:
    assert compare(SIGNAL, forecast(0.2, 1), forecast(0.1, 2), seed=7).verdict is ComparisonVerdict.NOT_BETTER


def test_equal_errors_cannot_be_told_apart() -> None:
    assert compare(SIGNAL, forecast(0.1, 1), forecast(0.1, 2), seed=7).verdict is ComparisonVerdict.CANNOT_TELL


def test_a_candidate_equal_to_the_champion_is_not_better() -> None:
    same = forecast(0.1, 1)

    assert compare(SIGNAL, same, same, seed=7) == Comparison(ComparisonVerdict.NOT_BETTER, 0.0, 0.0, 0.0)


def test_nothing_is_better_than_a_champion_without_error() -> None:
    assert compare(SIGNAL, forecast(0.1, 1), SIGNAL, seed=7) == Comparison(ComparisonVerdict.NOT_BETTER)


def test_few_rows_cannot_tell() -> None:
    comparison = compare(SIGNAL[:29], forecast(0.01, 1, 29), forecast(1.0, 2, 29), seed=7)

    assert comparison == Comparison(ComparisonVerdict.CANNOT_TELL)


def test_rows_that_only_one_of_them_forecasts_do_not_count() -> None:
    candidate, champion = forecast(0.1, 1), forecast(0.2, 2)
    complete = compare(SIGNAL[:300], candidate[:300], champion[:300], seed=7)
    champion[300:] = np.nan

    assert compare(SIGNAL, candidate, champion, seed=7) == complete


def test_the_same_seed_gives_the_same_interval() -> None:
    first, second = (compare(SIGNAL, forecast(0.1, 1), forecast(0.12, 2), seed=5) for _ in range(2))

    assert first == second


def test_the_interval_covers_the_truth_when_errors_come_in_bursts() -> None:
    """Equal forecasters whose errors last 20 rows: independent rows would call one of them better far too often."""
    random = np.random.default_rng(11)
    told = 0
    for _ in range(40):
        bursts = np.repeat(np.abs(random.normal(size=(2, 40))), 20, axis=1)
        verdict = compare(np.zeros(800), bursts[0], bursts[1], seed=7).verdict
        told += verdict is not ComparisonVerdict.CANNOT_TELL

    assert told <= 6


def test_blocks_grow_with_the_memory_of_the_differences() -> None:
    noise = np.random.default_rng(1).normal(size=2000)

    assert block_length(noise) <= 4
    assert block_length(np.repeat(noise[:100], 20)) >= 20
    assert block_length(np.ones(50)) == 1

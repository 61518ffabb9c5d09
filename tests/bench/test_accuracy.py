"""What the accuracy bench makes of counts."""

import pytest

from bench.accuracy import Scored, Total, accuracy_bars, total
from model_trainer.kpis import Confusion


def scored(channel: str, counts: tuple[int, int, int], flagged_percent: float, rows: int) -> Scored:
    return Scored(channel, 0, Confusion(*counts), flagged_percent, rows, cpu_seconds=1.0)


def test_channels_add_up_by_their_anomalies_and_rows() -> None:
    both = total([scored("A", (2, 1, 0), 10.0, 100), scored("B", (0, 1, 3), 2.0, 300)])

    assert both == Total(Confusion(2, 2, 3), flagged_percent=4.0)
    assert (both.precision, both.recall) == (0.5, 0.4)
    assert both.f(1) == pytest.approx(4 / 9)


def test_f_below_one_favours_precision() -> None:
    careful, eager = Total(Confusion(2, 0, 2), 0.0), Total(Confusion(4, 4, 0), 0.0)

    assert careful.f(1) == eager.f(1)
    assert careful.f(0.5) > eager.f(0.5)


def test_nothing_reported_scores_nothing() -> None:
    silent = Total(Confusion(0, 0, 3), 0.0)

    assert (silent.precision, silent.recall, silent.f(1)) == (0.0, 0.0, 0.0)


def test_bars_judge_the_mean_and_the_worst_seed() -> None:
    bars = accuracy_bars([Total(Confusion(9, 1, 1), 5.0), Total(Confusion(6, 4, 4), 11.0)])

    assert [(bar.value, bar.is_met) for bar in bars] == [(0.75, True), (0.6, False), (11.0, False)]

"""What the accuracy bench makes of counts."""

import pytest

from bench.accuracy import LEADERBOARD, PUBLISHED, Scored, Total, accuracy_bars, channel_table, total, total_table
from model_trainer.kpis import Confusion


def scored(channel: str, counts: tuple[int, int, int], flagged_percent: float, rows: int) -> Scored:
    return Scored(channel, 0, 0, Confusion(*counts), flagged_percent, rows, fit_seconds=1.0, score_seconds=0.1)


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


def test_bars_judge_the_mean_and_the_worst_seed_each_by_its_phases() -> None:
    good, bad = Total(Confusion(9, 1, 1), 5.0), Total(Confusion(6, 4, 4), 11.0)

    bars = accuracy_bars([[good, good], [good, bad]])

    assert [(round(bar.value or 0, 3), bar.is_met) for bar in bars] == [(0.825, True), (0.75, True), (11.0, False)]


def test_tables_show_what_is_published_beside_what_was_measured() -> None:
    runs = [scored("C-1", (1, 0, 1), 10.0, 100), scored("X-9", (0, 2, 0), 10.0, 100)]

    assert [row[:3] for row in channel_table(runs, ["C-1", "X-9"]).rows] == [
        ("C-1", "1/0/1", "1/0/1"),
        ("X-9", "-", "0/2/0"),
    ]
    rows = total_table({0: [total(runs)]}).rows
    assert rows[0] == ("seed 0", "0.333", "0.500", "0.400", "0.357", "[0.40-0.40]", "10.0 %")
    assert [row[0] for row in rows[1:]] == ["mean", *(name for name, *_ in LEADERBOARD)]


def test_what_was_published_of_these_channels_adds_up() -> None:
    """13 found, 4 falsely reported, 4 missed: the first row of the leaderboard."""
    counts = [tuple(int(count) for count in each.split("/")) for each in PUBLISHED.values()]
    published = Total(Confusion(*(sum(column) for column in zip(*counts, strict=True))), 0.0)

    assert published.counts == Confusion(13, 4, 4)
    assert [f"{value:.3f}" for value in (published.precision, published.recall, published.f(1), published.f(0.5))] == [
        *LEADERBOARD[0][1:]
    ]

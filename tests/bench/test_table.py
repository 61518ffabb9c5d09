import pytest

from bench.table import Bar, Table, number, spread, summary


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (0.01234, "0.0123"),
        (0.999, "0.999"),
        (1.5, "1.50"),
        (94.21, "94.2"),
        (226.04, "226"),
        (3000.4, "3000"),
    ],
)
def test_numbers_have_three_digits_and_no_exponent(value: float, expected: str) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("values", "expected"), [([], "-"), ([2.5], "2.50"), ([3.0, 1.0, 2.0], "2 (1-3)"), ([1.0, 2.0], "1.50 (1-2)")]
)
def test_a_spread_is_the_median_with_its_range(values: list[float], expected: str) -> None:
    assert spread(values) == expected


def test_a_table_is_aligned_under_its_sentence() -> None:
    table = Table("Title", "How it was measured.", ("", "seconds"), (("short", "1"), ("a longer name", "23.4")))
    assert table.render().splitlines() == [
        "== Title",
        "How it was measured.",
        "",
        "               seconds",
        "short                1",
        "a longer name     23.4",
    ]


@pytest.mark.parametrize(
    ("bar", "verdict"),
    [
        pytest.param(Bar("", 2.0, 2.0), "ok", id="at the limit"),
        pytest.param(Bar("", 2.1, 2.0), "not met", id="above the limit"),
        pytest.param(Bar("", 9.9, 10.0, at_least=True), "not met", id="below what is needed"),
        pytest.param(Bar("", 10.0, 10.0, at_least=True), "ok", id="just what is needed"),
        pytest.param(Bar("", None, 2.0), "not measured", id="no value"),
    ],
)
def test_verdicts(bar: Bar, verdict: str) -> None:
    assert bar.verdict == verdict


def test_the_summary_shows_value_and_limit_with_their_unit() -> None:
    assert summary([Bar("speed", 12.34, 20.0, " s"), Bar("gain", None, 2.0, "x", at_least=True)]).rows == (
        ("speed", "12.3 s", "<= 20 s", "ok"),
        ("gain", "-", ">= 2x", "not measured"),
    )

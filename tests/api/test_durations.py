"""Durations as people write them, and as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_operator.api.base import format_duration, parse_duration

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
}
PARTS = st.lists(st.tuples(st.integers(0, 9_999_999), st.sampled_from(sorted(UNITS))), min_size=1, max_size=3)


@given(PARTS)
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    assert parse_duration(text) == sum((number * UNITS[unit] for number, unit in parts), timedelta())


def test_now_plus_the_longest_duration_is_a_date() -> None:
    longest = "9999999h9999999h9999999h9999999h"
    assert len(longest) == 32
    assert (datetime(2026, 1, 1, tzinfo=UTC) + parse_duration(longest)).year == 6589


@pytest.mark.parametrize(
    "text", ["", "5", "h", "1d", "1.5h", "-1h", "1 h", "1h ", "1h\n", "12345678h", "1H", "\u0661h"], ids=repr
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration: write for example 24h, 90s or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=-5), "0s"),
        (timedelta(seconds=0.4), "0s"),
        (timedelta(seconds=59.6), "1m"),
        (timedelta(seconds=12), "12s"),
        (timedelta(hours=1, minutes=5, seconds=9), "1h5m"),
        (timedelta(days=2, hours=3, minutes=4), "2d3h"),
        (timedelta(days=30), "30d"),
    ],
    ids=str,
)
def test_a_length_of_time_is_written_in_its_two_largest_units(length: timedelta, expected: str) -> None:
    assert format_duration(length) == expected


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4_000)))
def test_what_is_written_is_off_by_less_than_its_smaller_unit(length: timedelta) -> None:
    days = {"d": timedelta(days=1)} | UNITS
    written, number = timedelta(), ""
    for character in format_duration(length):
        if character.isdigit():
            number += character
        else:
            written, number = written + int(number) * days[character], ""
    off_by = timedelta(hours=24) if length >= timedelta(days=1) else timedelta(hours=1)
    assert timedelta(seconds=-1) <= length - written < off_by

"""Which windows are judged, and how rows come onto the grid."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_operator.gateways.telemetry_windows import Window, instant, nanoseconds, on_grid

HOUR = 3600
START = nanoseconds(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
MINUTE = nanoseconds(60)


def at(hours: float) -> int:
    return START + nanoseconds(hours * HOUR)


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        pytest.param(at(4) - MINUTE, Window(at(0), at(4)), id="a window is complete with its last row"),
        pytest.param(at(4) - 2 * MINUTE, Window(at(-4), at(0)), id="without its last row it is not"),
        pytest.param(at(7.5), Window(at(0), at(4)), id="half a window more changes nothing"),
        pytest.param(at(8), Window(at(4), at(8)), id="the next window follows"),
    ],
)
def test_the_newest_complete_window_is_judged(newest: int, expected: Window) -> None:
    assert Window.newest_complete(newest, 4 * HOUR, 60.0) == expected


@given(newest=st.integers(0, 4 * 10**18), length=st.integers(1, 10**6), sampling=st.integers(1, 3600))
def test_windows_lie_at_multiples_of_their_length_and_are_complete(newest: int, length: int, sampling: int) -> None:
    window = Window.newest_complete(newest, length, sampling)
    assert window.start % nanoseconds(length) == 0
    assert window.end <= newest + nanoseconds(sampling) < window.end + nanoseconds(length)
    assert window.before() == Window(window.start - nanoseconds(length), window.start)


def grid(offsets_seconds: list[float], values: list[float]) -> list[float]:
    times = np.array([START + nanoseconds(offset) for offset in offsets_seconds], dtype=np.int64)
    window = Window(START, START + 4 * MINUTE)
    return list(on_grid(times, np.array(values)[:, None], window, rows=4, sampling_seconds=60.0)[:, 0])


@pytest.mark.parametrize(
    ("offsets", "values", "expected"),
    [
        pytest.param([0, 60, 120, 180], [1, 2, 3, 4], [1, 2, 3, 4], id="complete rows stay as they are"),
        pytest.param([180, 0, 120, 60], [4, 1, 3, 2], [1, 2, 3, 4], id="rows in any order are sorted"),
        pytest.param([0, 180], [1, 4], [1, np.nan, np.nan, 4], id="rows that did not come are missing"),
        pytest.param([120, 180], [3, 4], [np.nan, np.nan, 3, 4], id="a window may begin with a gap"),
        pytest.param([0, 0, 60], [1, 9, 2], [1, 2, np.nan, np.nan], id="of two rows with one time the first counts"),
        pytest.param([30, 90, 150, 210], [1, 2, 3, 4], [1, 2, 3, 4], id="a constant offset moves no row"),
        pytest.param([2, 59, 121, 178], [1, 2, 3, 4], [1, 2, 3, 4], id="jitter moves no row"),
        pytest.param([-60, 0, 240], [8, 1, 9], [1, np.nan, np.nan, np.nan], id="rows outside do not count"),
    ],
)
def test_rows_come_onto_the_grid(offsets: list[float], values: list[float], expected: list[float]) -> None:
    np.testing.assert_array_equal(grid(offsets, values), expected)


def test_a_window_without_rows_is_empty() -> None:
    assert np.isnan(grid([], [])).all()


def test_an_instant_is_kept_to_the_microsecond() -> None:
    assert instant(START + 1_500) == datetime(2026, 3, 1, tzinfo=UTC) + timedelta(microseconds=1)

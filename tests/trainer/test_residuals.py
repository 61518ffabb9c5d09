"""The windows whose residuals are measured are those that the operator looks at."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.drift import DriftProfile, build_profile
from model_contract.evaluation import EvaluatedWindow
from model_operator.gateways.telemetry_windows import Window, instant, on_grid
from model_trainer.data.telemetry import time_of
from model_trainer.residuals import aligned_ends, residual_views, window_grid
from tests.trainer.telemetry_files import minutes, waves

MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = 240  # of a window of four hours


def profile(errors: Any | None) -> DriftProfile:
    """The profile of a day, with or without the errors of a model."""
    return build_profile(
        waves(1440)[:, None],
        channels=("value",),
        window_rows=ROWS,
        sampling_seconds=60.0,
        start=MIDNIGHT,
        end=MIDNIGHT + timedelta(days=1),
        data_digest="0" * 64,
        model_errors=errors,
    )


def window(start: float, end: float) -> EvaluatedWindow:
    """From one hour of the first day to another."""
    return EvaluatedWindow(start=MIDNIGHT + timedelta(hours=start), end=MIDNIGHT + timedelta(hours=end))


@pytest.fixture(scope="module")
def noise() -> Any:
    return np.random.default_rng(5).normal(0, 0.1, 1440)


@pytest.mark.parametrize(
    ("evaluated", "ends"),
    [
        pytest.param(window(0, 12), [8, 12], id="the newest two that fit"),
        pytest.param(window(1, 12), [8, 12], id="a window that begins too early does not count"),
        pytest.param(window(5, 12), [12], id="only one fits"),
        pytest.param(window(0, 13), [8, 12], id="windows end at multiples of their length"),
        pytest.param(window(9, 15), [], id="none fits"),
    ],
)
def test_which_windows_are_measured(noise: Any, evaluated: EvaluatedWindow, ends: list[int]) -> None:
    views = residual_views(profile(noise), minutes(1440), noise, evaluated)

    assert [view.window_end for view in views] == [MIDNIGHT + timedelta(hours=hour) for hour in ends]


def test_without_errors_in_the_profile_there_is_no_view(noise: Any) -> None:
    assert residual_views(profile(None), minutes(1440), noise, window(0, 12)) == ()


def test_errors_like_those_of_the_reference_are_no_drift_and_larger_ones_are(noise: Any) -> None:
    (usual,) = residual_views(profile(noise), minutes(1440), noise, window(4, 8))
    (larger,) = residual_views(profile(noise), minutes(1440), 3 * noise, window(4, 8))

    assert usual.p > 0.05
    assert larger.p < 1e-3
    assert larger.statistic > usual.reference_max


@given(
    st.sets(st.integers(-60, 15 * 60), min_size=1, max_size=30),
    st.sampled_from([50.0, 59.9, 60.0, 61.5]),
    st.integers(0, 59),
)
def test_the_grid_is_the_operator_s(seconds: set[int], sampling_seconds: float, offset: int) -> None:
    times = np.sort(np.array([time_of(MIDNIGHT) + np.timedelta64(s * 7 + offset, "s") for s in seconds]))
    values = np.arange(len(times), dtype=np.float64)
    rows = 12
    start = int(time_of(MIDNIGHT).astype(np.int64))
    theirs = Window(start, start + round(rows * sampling_seconds * 1e9))

    expected = on_grid(times.astype(np.int64), values[:, None], theirs, rows=rows, sampling_seconds=sampling_seconds)
    found = window_grid(times, values, time_of(MIDNIGHT), rows, sampling_seconds)

    assert np.array_equal(expected[:, 0], found, equal_nan=True)


@given(st.integers(0, 10**9), st.sampled_from([14_400.0, 3_600.0, 1000 / 3, 86_400.0]))
def test_windows_end_where_the_operator_s_do(seconds: int, length_seconds: float) -> None:
    newest_row = int(time_of(MIDNIGHT + timedelta(seconds=seconds)).astype(np.int64))
    newest = Window.newest_complete(newest_row, length_seconds, 60.0)
    evaluated = EvaluatedWindow(start=MIDNIGHT - timedelta(days=7), end=instant(newest.end))

    ends = aligned_ends(evaluated, np.timedelta64(round(length_seconds * 1e9), "ns"))

    assert [int(end.astype(np.int64)) for end in ends] == [newest.before().end, newest.end]

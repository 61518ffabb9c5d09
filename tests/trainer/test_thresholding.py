"""Nonparametric dynamic thresholds, on errors whose anomalies are known."""

import numpy as np
import pytest

from model_contract.hyperparameters import Thresholding
from model_trainer.models.thresholding import find_anomalies, runs_of, smooth_errors, window_rows

ROWS = 4200
DEFAULTS = Thresholding()
SIGNAL = np.sin(np.arange(ROWS) / 20)


def quiet(level: float = 0.1, noise: float = 0.005) -> np.ndarray:
    """Smoothed errors of a good forecaster."""
    return level + np.random.default_rng(5).normal(0, noise, ROWS)


def with_bump(height: float, at: range = range(3000, 3060)) -> np.ndarray:
    """The same with one stretch of higher errors."""
    errors = quiet()
    errors[at.start : at.stop] += height
    return errors


def test_one_stretch_of_high_errors_is_one_anomaly() -> None:
    detection = find_anomalies(with_bump(0.3), SIGNAL, DEFAULTS)

    (anomaly,) = detection.anomalies
    assert anomaly.rows.start in range(2890, 3001)
    assert anomaly.rows.stop in range(3060, 3171)
    assert anomaly.score > 0
    assert 0.1 < detection.upper[3030] < 0.4


def test_flags_and_anomalies_say_the_same() -> None:
    detection = find_anomalies(with_bump(0.3), SIGNAL, DEFAULTS)

    assert runs_of(detection.flagged) == [anomaly.rows for anomaly in detection.anomalies]


def test_a_higher_bump_scores_higher() -> None:
    low, high = (find_anomalies(with_bump(height), SIGNAL, DEFAULTS).anomalies[0].score for height in (0.3, 0.6))

    assert high > low


@pytest.mark.parametrize(
    "errors",
    [np.zeros(ROWS), np.full(ROWS, 0.2), quiet()],
    ids=["no errors", "constant errors", "errors that only rustle"],
)
def test_flat_errors_hold_no_anomaly(errors: np.ndarray) -> None:
    assert find_anomalies(errors, SIGNAL, DEFAULTS).anomalies == ()


def test_errors_below_a_twentieth_of_the_scale_are_no_anomaly() -> None:
    assert find_anomalies(with_bump(0.3) / 10, SIGNAL / 10, DEFAULTS).anomalies == ()


def test_unusually_low_errors_are_anomalies_too() -> None:
    errors = np.full(ROWS, 0.4) + np.random.default_rng(5).normal(0, 0.01, ROWS)
    errors[3000:3060] = 0.05

    detection = find_anomalies(errors, SIGNAL, DEFAULTS)

    (anomaly,) = detection.anomalies
    assert anomaly.rows.start in range(2890, 3001)
    assert 0.05 < detection.lower[3030] < 0.4
    assert detection.deviation[3030] > 5


def test_pruning_drops_a_peak_that_hardly_exceeds_the_rest() -> None:
    errors = quiet(noise=0.0001)
    errors[1000:1040] += 0.1
    errors[3000:3040] += 0.105

    with_pruning = find_anomalies(errors, SIGNAL, Thresholding(pruning=0.9))
    without = find_anomalies(errors, SIGNAL, Thresholding(pruning=0.0))

    assert with_pruning.anomalies == ()
    assert any(3000 in anomaly.rows for anomaly in without.anomalies)


def test_the_buffer_widens_an_anomaly() -> None:
    early = with_bump(0.3, range(1000, 1060))  # in the first window, which is judged as a whole
    narrow, wide = (
        len(find_anomalies(early, SIGNAL, Thresholding(error_buffer=buffer)).anomalies[0].rows) for buffer in (10, 60)
    )

    assert wide - narrow == 100


def test_rows_of_the_warm_up_are_not_judged() -> None:
    errors = quiet()
    errors[:200] = 3.0

    assert find_anomalies(errors, SIGNAL, DEFAULTS, warm_up=250).anomalies == ()


def test_every_row_up_to_the_end_is_judged() -> None:
    """Also those between the last full batch and the end."""
    at = range(ROWS - 30 - 69, ROWS - 69)

    detection = find_anomalies(with_bump(0.3, at)[: ROWS - 1], SIGNAL[: ROWS - 1], DEFAULTS)

    assert any(at.start in anomaly.rows for anomaly in detection.anomalies)
    assert not np.isnan(detection.upper).any()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(ROWS, 2100), (2100, 2100), (2099, 2030), (431, 420), (50, 50)],
    ids=["as asked for", "exactly", "one batch less", "six batches", "less than a batch"],
)
def test_the_window_shrinks_with_the_rows(rows: int, expected: int) -> None:
    assert window_rows(rows, DEFAULTS) == expected


def test_few_rows_are_judged_too() -> None:
    errors = np.full(120, 0.1)
    errors[60:70] = 0.9

    assert len(find_anomalies(errors, SIGNAL[:120], Thresholding(error_buffer=5)).anomalies) == 1


def test_smoothing_is_the_exponentially_weighted_mean_of_span_105() -> None:
    """Adjusted weights: the first value is itself, the second is (x1 d + x2) / (d + 1) with d = 1 - 2 / 106."""
    decay = 1 - 2 / 106

    smoothed = smooth_errors(np.array([1.0, -3.0]), DEFAULTS)

    assert smoothed == pytest.approx([1.0, (decay + 3.0) / (decay + 1.0)])


def test_rows_without_a_forecast_keep_the_value_before_them() -> None:
    smoothed = smooth_errors(np.array([np.nan, 1.0, np.nan, np.nan, 1.0]), DEFAULTS)

    assert smoothed == pytest.approx(np.ones(5))


def test_without_any_forecast_there_is_no_error() -> None:
    assert smooth_errors(np.full(3, np.nan), DEFAULTS).tolist() == [0, 0, 0]


def test_a_single_flagged_row_is_no_sequence() -> None:
    flags = np.array([True, False, True, True])

    assert runs_of(flags) == [range(2, 4)]
    assert runs_of(flags, at_least=1) == [range(1), range(2, 4)]

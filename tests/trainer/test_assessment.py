"""What counts as found: the anomalies of a forecaster's own errors and those of the naive forecast."""

import numpy as np
import pytest

from model_contract.hyperparameters import Thresholding
from model_contract.keys import Kpi
from model_trainer.assessment import HeldOut, assess
from model_trainer.data.cleaning import clean
from model_trainer.data.scaling import Scaling
from model_trainer.data.split import split_at
from model_trainer.data.telemetry import Floats, Readings
from model_trainer.models.thresholding import Anomaly, Detection, united
from tests.trainer.telemetry_files import minutes

ROWS, HISTORY = 4200, 2100
BURST = range(3000, 3060)  # the signal jumps to and fro
STUCK = range(3700, 4000)  # the signal stands still where it should swing


def held_out(thresholding: Thresholding) -> HeldOut:
    signal = expected()
    signal[BURST.start : BURST.stop : 2] += 4.0
    signal[STUCK.start : STUCK.stop] = 0.0
    telemetry = clean(Readings(("value",), (False,), minutes(ROWS), signal[:, None]), 60.0)
    split = split_at(HISTORY, HISTORY, ROWS)
    return HeldOut(telemetry, split, Scaling(np.zeros(1), np.ones(1)), None, thresholding)


def expected() -> Floats:
    """A swing with a little noise."""
    return np.sin(np.arange(ROWS) / 20) + np.random.default_rng(3).normal(0, 0.01, ROWS)


def hits(forecast: Floats, thresholding: Thresholding, known: range) -> bool:
    judged = held_out(thresholding)
    flagged = assess(forecast, judged).detection.flagged
    start = judged.judged.start
    return bool(flagged[known.start - start : known.stop - start].any())


def blind_to_bursts() -> Floats:
    """A forecaster that follows whatever it sees, except that it expects the swing while the signal is stuck."""
    forecast = held_out(Thresholding()).signal.copy()
    forecast[STUCK.start : STUCK.stop] = expected()[STUCK.start : STUCK.stop]
    return forecast


def test_the_naive_forecast_adds_what_a_forecaster_does_not_notice() -> None:
    assert hits(blind_to_bursts(), Thresholding(), BURST)


def test_a_naive_pruning_of_one_adds_nothing() -> None:
    alone = Thresholding(naive_pruning=1)

    assert held_out(alone).naive_detection is None
    assert not hits(blind_to_bursts(), alone, BURST)
    assert hits(blind_to_bursts(), alone, STUCK)


def test_several_forecasts_judge_by_the_mean_size_of_their_errors() -> None:
    """Errors of opposite signs do not cancel."""
    judged = held_out(Thresholding())
    right, above, below = judged.signal, judged.signal + 1, judged.signal - 1

    assert judged.smoothed_errors(above, below) == pytest.approx(1.0)
    assert judged.smoothed_errors(right, below) == pytest.approx(0.5)
    assert assess(right, judged, (right, below)).smoothed == pytest.approx(0.5)
    assert assess(right, judged, (right, below)).kpis[Kpi.RMSE] == 0


def detection(level: float, *anomalies: Anomaly) -> Detection:
    flagged = np.zeros(20, dtype=bool)
    for anomaly in anomalies:
        flagged[anomaly.rows.start : anomaly.rows.stop] = True
    curve = np.full(20, level)
    return Detection(flagged, anomalies, upper=curve, lower=-curve, deviation=curve)


def test_united_anomalies_merge_where_they_touch_and_keep_the_higher_score() -> None:
    one = detection(1.0, Anomaly(range(2, 5), 0.5), Anomaly(range(12, 14), 0.2))
    other = detection(9.0, Anomaly(range(4, 8), 2.0))

    both = united(one, other)

    assert both.anomalies == (Anomaly(range(2, 8), 2.0), Anomaly(range(12, 14), 0.2))
    assert np.flatnonzero(both.flagged).tolist() == [2, 3, 4, 5, 6, 7, 12, 13]
    assert both.upper is one.upper

"""Metrics, on numbers small enough to check by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model_contract.keys import Kpi
from model_trainer.kpis import (
    Confusion,
    confusion,
    detection_kpis,
    forecast_kpis,
    roc_auc,
)

NAN = float("nan")


def test_forecast_kpis_of_a_small_example() -> None:
    kpis = forecast_kpis(np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 2.0]))

    assert kpis == {
        Kpi.MAE: pytest.approx(1.0),
        Kpi.RMSE: pytest.approx((5 / 3) ** 0.5),
        Kpi.MAPE: pytest.approx(50.0),
        Kpi.R2: pytest.approx(1 - 5 / (42 / 9)),
    }


def test_rows_without_a_forecast_do_not_count() -> None:
    assert forecast_kpis(np.array([9.0, 1.0, 2.0]), np.array([NAN, 1.0, 2.0]))[Kpi.MAE] == 0.0


def test_mape_skips_values_near_zero() -> None:
    actual = np.array([0.0009, 2.0])

    assert forecast_kpis(actual, np.array([1.0, 3.0]))[Kpi.MAPE] == pytest.approx(50.0)


def test_a_constant_signal_has_no_r2() -> None:
    assert Kpi.R2 not in forecast_kpis(np.full(5, 0.1), np.linspace(0, 1, 5))


@pytest.mark.parametrize("forecast", [np.full(3, NAN), np.array([])], ids=["all missing", "no rows"])
def test_without_any_forecast_there_are_no_kpis(forecast: np.ndarray) -> None:
    assert forecast_kpis(np.zeros(len(forecast)), forecast) == {}


@given(arrays(np.float64, (2, 20), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_kpis_are_finite_whatever_the_numbers(numbers: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        kpis = forecast_kpis(*numbers)

    assert all(np.isfinite(value) for value in kpis.values())


CONFUSIONS = [
    pytest.param([range(10, 20)], [range(19, 30)], Confusion(1, 0, 0), id="one shared row makes a true positive"),
    pytest.param([range(10, 20)], [range(20, 30)], Confusion(0, 1, 1), id="touching is not overlapping"),
    pytest.param(
        [range(9), range(20, 30)], [range(5, 25)], Confusion(2, 0, 0), id="one long alarm finds two anomalies"
    ),
    pytest.param([range(90)], [range(5), range(20, 30)], Confusion(1, 0, 0), id="two alarms in one anomaly count once"),
    pytest.param([], [range(5)], Confusion(0, 1, 0), id="any alarm without anomalies is false"),
]


@pytest.mark.parametrize(("labelled", "found", "expected"), CONFUSIONS)
def test_confusion(labelled: list[range], found: list[range], expected: Confusion) -> None:
    assert confusion(labelled, found) == expected


def test_precision_recall_and_f1() -> None:
    assert detection_kpis(Confusion(3, 1, 2)) == {Kpi.PRECISION: 0.75, Kpi.RECALL: 0.6, Kpi.F1: pytest.approx(2 / 3)}


def test_what_a_division_by_zero_would_give_is_left_out() -> None:
    assert detection_kpis(Confusion(0, 0, 0)) == {}
    assert detection_kpis(Confusion(0, 2, 0)) == {Kpi.PRECISION: 0.0}
    assert detection_kpis(Confusion(0, 0, 2)) == {Kpi.RECALL: 0.0, Kpi.F1: 0.0}


def test_roc_auc_counts_ties_half() -> None:
    assert roc_auc(np.array([True, False, False]), np.array([1.0, 1.0, 0.0])) == {Kpi.ROC_AUC: 0.75}


def test_roc_auc_needs_both_kinds_of_rows() -> None:
    assert roc_auc(np.zeros(3, dtype=bool), np.arange(3.0)) == {}

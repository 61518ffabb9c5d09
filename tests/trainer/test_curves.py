"""Curves of detection, on numbers small enough to check by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.keys import Kpi
from model_trainer.curves import detection_curves
from model_trainer.kpis import roc_auc

SCORES = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30).filter(
    lambda rows: len({labelled for labelled, _ in rows}) == 2
)


def test_the_curves_of_four_rows() -> None:
    curves = detection_curves(np.array([True, False, True, False]), np.array([0.9, 0.7, 0.7, 0.1]))

    assert curves.false_alarms.tolist() == [0.0, 0.0, 0.5, 1.0]
    assert curves.recall.tolist() == [0.0, 0.5, 1.0, 1.0]
    assert curves.precision[1:].tolist() == [1.0, pytest.approx(2 / 3), 0.5]
    assert np.isnan(curves.precision[0])
    assert curves.average_precision == pytest.approx(0.5 * 1.0 + 0.5 * 2 / 3)


def test_a_score_that_says_nothing_has_the_share_of_anomalies_as_its_average_precision() -> None:
    curves = detection_curves(np.array([True, False, False, False]), np.zeros(4))

    assert curves.average_precision == pytest.approx(0.25)


@given(SCORES)
def test_the_area_under_the_roc_curve_is_its_kpi(rows: list[tuple[bool, int]]) -> None:
    labelled, score = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])

    curves = detection_curves(labelled, score)

    assert np.trapezoid(curves.recall, curves.false_alarms) == pytest.approx(roc_auc(labelled, score)[Kpi.ROC_AUC])


@given(SCORES)
def test_curves_rise_and_end_with_every_row_above_the_threshold(rows: list[tuple[bool, int]]) -> None:
    labelled, score = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])

    curves = detection_curves(labelled, score)

    assert (np.diff(curves.recall) >= 0).all()
    assert (np.diff(curves.false_alarms) >= 0).all()
    assert (curves.recall[-1], curves.false_alarms[-1], curves.precision[-1]) == (1.0, 1.0, labelled.mean())

"""Figures of telemetry at the edges: nothing varies, everything is anomalous, nothing is known about the reference."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from model_contract.hyperparameters import Thresholding
from model_contract.keys import ComparisonVerdict
from model_trainer.assessment import Assessment, HeldOut, assess
from model_trainer.comparison import Comparison
from model_trainer.data.cleaning import clean
from model_trainer.data.scaling import Scaling
from model_trainer.data.split import split_at
from model_trainer.data.telemetry import Readings
from model_trainer.figures.detection import draw_detection
from model_trainer.figures.forecast import draw_errors, draw_telemetry
from model_trainer.figures.residuals import draw_residuals
from model_trainer.figures.rivals import draw_rivals, rolling_rmse
from model_trainer.judged import Judged
from tests.trainer.telemetry_files import minutes, waves

ROWS = 1200


def judged(signal: Any, forecast: Any, labelled: Any = None) -> tuple[HeldOut, Assessment]:
    """Telemetry whose first 240 rows are history, and the assessment of a forecast."""
    telemetry = clean(Readings(("value",), (False,), minutes(ROWS), signal[:, None]), 60.0)
    held_out = HeldOut(telemetry, split_at(240, 240, ROWS), Scaling(np.zeros(1), np.ones(1)), labelled, Thresholding())
    return held_out, assess(forecast, held_out)


def rows(*known: range) -> Any:
    labelled = np.zeros(ROWS, dtype=bool)
    for run in known:
        labelled[run.start : run.stop] = True
    return labelled


CASES = [
    pytest.param(np.ones(ROWS), np.ones(ROWS), None, None, id="a constant, forecast exactly"),
    pytest.param(
        np.ones(ROWS), np.ones(ROWS), rows(range(500, 600)), np.zeros(9), id="a constant with a known anomaly"
    ),
    pytest.param(waves(ROWS), np.roll(waves(ROWS), 1), rows(range(ROWS)), None, id="everything is a known anomaly"),
    pytest.param(waves(ROWS), np.roll(waves(ROWS), 1), rows(range(700, 701)), np.ones(9), id="an anomaly of one row"),
]


@pytest.mark.parametrize(("signal", "forecast", "labelled", "reference"), CASES)
def test_figures_are_drawn_without_a_warning(
    tmp_path: Path, signal: Any, forecast: Any, labelled: Any, reference: Any
) -> None:
    held_out, assessment = judged(signal, forecast, labelled)
    window = held_out.split.test

    draw_telemetry(tmp_path / "telemetry.png", "P-1", held_out, assessment, window)
    draw_errors(tmp_path / "errors.png", "P-1", held_out, assessment, window)
    draw_residuals(tmp_path / "residuals.png", "P-1", held_out, assessment, reference)
    draw_rivals(tmp_path / "rivals.png", Judged("P-1", "new version", held_out, assessment, {"itself": assessment}))

    sizes = {path.stem: imread(path).shape[:2] for path in tmp_path.iterdir()}
    usual = (506, 1210)
    assert sizes == {"telemetry": (770, 1210), "errors": usual, "residuals": usual, "rivals": usual}


@pytest.mark.parametrize(
    "comparison",
    [
        Comparison(ComparisonVerdict.BETTER, 20.0, 12.0, 27.0),
        Comparison(ComparisonVerdict.CANNOT_TELL, 0.0, -5.0, 5.0),
        Comparison(ComparisonVerdict.NOT_BETTER),
    ],
    ids=["an interval above zero", "an interval around zero", "no interval"],
)
def test_a_comparison_is_drawn_without_a_warning(tmp_path: Path, comparison: Comparison) -> None:
    held_out, own = judged(waves(ROWS), np.roll(waves(ROWS), 1))
    rivals = {"ridge AR": assess(np.roll(waves(ROWS), 2), held_out), "version 3": assess(waves(ROWS) + 0.1, held_out)}

    draw_rivals(tmp_path / "rivals.png", Judged("P-1", "new version", held_out, own, rivals, comparison))

    assert (tmp_path / "rivals.png").stat().st_size > 10_000


def test_a_rolling_error_leaves_out_what_has_no_forecast() -> None:
    errors = np.array([3.0, 4.0, np.nan, 0.0, np.nan, np.nan])

    assert rolling_rmse(errors, 2) == pytest.approx([np.nan, np.sqrt(12.5), 4.0, 0.0, 0.0, np.nan], nan_ok=True)
    assert rolling_rmse(errors, 1) == pytest.approx([3.0, 4.0, np.nan, 0.0, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("labelled", "drawn"),
    [(None, False), (rows(), False), (rows(range(ROWS)), False), (rows(range(500, 600)), True)],
    ids=["no labels", "no known anomaly", "nothing but anomalies", "both kinds of rows"],
)
def test_detection_is_drawn_where_it_can_be_judged(tmp_path: Path, labelled: Any, drawn: bool) -> None:  # noqa: FBT001
    held_out, assessment = judged(waves(ROWS), np.roll(waves(ROWS), 1), labelled)

    draw_detection(tmp_path / "detection.png", "P-1", held_out, assessment)

    assert (tmp_path / "detection.png").exists() is drawn

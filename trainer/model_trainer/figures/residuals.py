"""Residuals of a served version: when they were large, and whether they are still those of its training window."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from model_trainer.assessment import Assessment, HeldOut
from model_trainer.data.telemetry import Floats
from model_trainer.figures.drawing import (
    BLACK,
    BLUE,
    VERMILLION,
    along_time,
    mark_anomalies,
    new_figure,
    plain,
    save_with_legend,
)
from model_trainer.figures.thinning import drawn_line

BINS: Final = 60


def draw_residuals(
    path: Path, subject: str, held_out: HeldOut, assessment: Assessment, reference: Floats | None
) -> None:
    """Residuals of the test rows over time, and their distribution.

    Args:
        path: of the picture.
        subject: whose residuals they are, for the title.
        held_out: what the forecast is judged by.
        assessment: the forecast.
        reference: a sample of the residuals on the version's training window, in raw units; None: unknown.
    """
    shown = held_out.split.test
    residuals = (held_out.signal - assessment.forecast)[shown.start :]
    figure = new_figure(f"{subject}: residuals (telemetry - forecast) over time, and their distribution")
    over_time, distributed = figure.subplots(ncols=2, sharey=True, width_ratios=[3.4, 1])
    plain(over_time).axhline(0.0, color=BLACK, linewidth=0.8)
    over_time.plot(
        *drawn_line(held_out.telemetry.times[shown.start :], residuals),
        color=BLUE,
        linewidth=0.8,
        label="in the evaluated window",
    )
    mark_anomalies(over_time, held_out, assessment, shown)
    over_time.set_ylabel("residual (unit of the telemetry)")
    along_time(over_time)
    _distributions(plain(distributed), residuals[np.isfinite(residuals)], reference)
    save_with_legend(figure, path)


def _distributions(axes: Any, residuals: Floats, reference: Floats | None) -> None:
    """Shares of rows per bin, logarithmic: the rare large residuals are what matters."""
    everything = residuals if reference is None else np.concatenate([residuals, reference])
    edges = np.linspace(everything.min(), everything.max(), BINS + 1) if np.ptp(everything) else BINS
    style = {"bins": edges, "orientation": "horizontal", "histtype": "step", "linewidth": 1.4}
    axes.hist(residuals, weights=np.full(len(residuals), 1 / len(residuals)), color=BLUE, **style)
    if reference is not None:
        weights = np.full(len(reference), 1 / len(reference))
        label = "in the version's drift reference"
        axes.hist(reference, weights=weights, color=VERMILLION, linestyle="--", label=label, **style)
    axes.set_xscale("log")
    axes.set_xlabel("share of rows (log)")

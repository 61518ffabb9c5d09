"""The figures of a run, for people: what was forecast, what was flagged and why, and how the fit went.

Colours are from Okabe and Ito's palette, which colour-blind readers can tell apart; anomalies and labels also differ in
where and how they are drawn.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from model_trainer.assessment import Assessment, HeldOut
from model_trainer.data.telemetry import Booleans, Floats, Times
from model_trainer.models.thresholding import runs_of

BLACK: Final = "#000000"
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
GREEN: Final = "#009E73"
_SIZE: Final = (11.0, 4.6)  # inches
_DPI: Final = 110


@dataclass(frozen=True)
class Epoch:
    """The losses of one epoch, mean squared errors of scaled values."""

    number: int
    train_loss: float
    validation_loss: float


def draw_figures(folder: Path, sensor: str, held_out: HeldOut, candidate: Assessment, epochs: list[Epoch]) -> None:
    """Write `telemetry.png`, `errors.png` and `losses.png` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _telemetry(sensor, held_out, candidate).savefig(folder / "telemetry.png")
    _errors(sensor, held_out, candidate).savefig(folder / "errors.png")
    _losses(sensor, epochs).savefig(folder / "losses.png")


def _telemetry(sensor: str, held_out: HeldOut, candidate: Assessment) -> Figure:
    figure, axes = _axes(f"{sensor}: telemetry and one-step forecast on rows that the fit has not seen")
    judged = held_out.judged
    times = held_out.telemetry.times[judged.start :]
    axes.plot(times, held_out.signal[judged.start :], color=BLACK, linewidth=0.9, label="telemetry")
    forecast = candidate.forecast[judged.start :]
    axes.plot(times, forecast, color=BLUE, linewidth=0.9, alpha=0.85, label="forecast")
    _mark(axes, times, held_out, candidate)
    axes.set_ylabel(f"{held_out.telemetry.columns[0]} (unit of the telemetry)")
    return _finished(figure, axes)


def _errors(sensor: str, held_out: HeldOut, candidate: Assessment) -> Figure:
    figure, axes = _axes(f"{sensor}: smoothed forecast error and its dynamic thresholds (too high, too low)")
    judged = held_out.judged
    times = held_out.telemetry.times[judged.start :]
    axes.plot(times, candidate.smoothed, color=BLUE, linewidth=1.0, label="smoothed error")
    style = {"where": "post", "color": VERMILLION, "linewidth": 1.2, "linestyle": "--"}
    upper, lower = _visible(candidate.detection.upper), _visible(candidate.detection.lower)
    drawn = bool(np.isfinite(upper).any() or np.isfinite(lower).any())
    axes.step(times, upper, **style, label="thresholds" if drawn else "no threshold: no error matters")
    axes.step(times, lower, **style)
    _mark(axes, times, held_out, candidate)
    axes.set_ylabel("absolute error (1 = half the training range)")
    axes.set_ylim(bottom=0)
    return _finished(figure, axes)


def _losses(sensor: str, epochs: list[Epoch]) -> Figure:
    figure, axes = _axes(f"{sensor}: loss per epoch")
    numbers = [epoch.number for epoch in epochs]
    axes.plot(numbers, [epoch.train_loss for epoch in epochs], color=BLUE, label="train")
    validation = [epoch.validation_loss for epoch in epochs]
    axes.plot(numbers, validation, color=VERMILLION, linestyle="--", label="validation")
    best = int(np.argmin(validation))
    axes.plot(
        numbers[best], validation[best], color=VERMILLION, marker="o", linestyle="none", label="lowest validation"
    )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean squared error (scaled, log)")
    axes.legend(loc="upper right", frameon=False)
    return figure


def _mark(axes: Any, times: Times, held_out: HeldOut, candidate: Assessment) -> None:
    """Shade anomalies over the whole height, known ones as a bar at the top, and mark where the test rows begin."""
    _shade(
        axes, times, candidate.detection.flagged, (0.0, 1.0), {"color": ORANGE, "alpha": 0.3, "label": "anomaly found"}
    )
    if held_out.labelled is not None:
        known = held_out.labelled[held_out.judged.start :]
        _shade(axes, times, known, (0.965, 1.0), {"color": GREEN, "label": "known anomaly"})
    start = held_out.telemetry.times[held_out.split.test.start]
    axes.axvline(start, color=BLACK, linewidth=0.8, linestyle=":", label="test rows begin")


def _shade(axes: Any, times: Times, flags: Booleans, height: tuple[float, float], style: dict[str, Any]) -> None:
    for run in runs_of(flags):
        axes.axvspan(times[run.start], times[run.stop - 1], *height, linewidth=0, **style)
        style = {**style, "label": None}  # one entry in the legend


def _visible(threshold: Floats) -> Floats:
    """Without the infinite thresholds of windows in which no error matters."""
    return np.where(np.isfinite(threshold), threshold, np.nan)


def _axes(title: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", alpha=0.25)
    axes.margins(x=0.01)
    return figure, axes


def _finished(figure: Figure, axes: Any) -> Figure:
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_xlabel("time (UTC)")
    figure.legend(loc="outside lower center", ncols=6, frameon=False)
    return figure

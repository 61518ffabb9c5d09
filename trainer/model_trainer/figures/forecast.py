"""Telemetry with its forecast, and forecast errors with their thresholds: what was flagged, and why."""

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

CLOSE_ROWS: Final = 400  # that can be told apart


def draw_telemetry(path: Path, subject: str, held_out: HeldOut, assessment: Assessment, shown: range) -> None:
    """Telemetry and one-step forecast and its interval; where many rows are shown, also a few around the largest error.

    Args:
        path: of the picture.
        subject: whose forecast it is, for the title.
        held_out: what the forecast is judged by.
        assessment: the forecast and what was found by it.
        shown: some of the judged rows, up to the last.
    """
    title = f"{subject}: telemetry and one-step forecast"
    if len(shown) < 2 * CLOSE_ROWS:
        figure = new_figure(title)
        _telemetry_panel(figure.subplots(), held_out, assessment, shown)
    else:
        close = _around_largest_error(held_out, assessment, shown)
        figure = new_figure(f"{title}; below: around the largest smoothed error", height=7.0)
        whole, part = figure.subplots(nrows=2)
        _telemetry_panel(whole, held_out, assessment, shown)
        whole.set_xlabel("")
        times = held_out.telemetry.times[[close.start, close.stop - 1]]
        whole.axvspan(*times, 0.0, 0.02, color=VERMILLION, linewidth=0, label="shown below")
        _telemetry_panel(part, held_out, assessment, close)
    save_with_legend(figure, path)


def _telemetry_panel(axes: Any, held_out: HeldOut, assessment: Assessment, shown: range) -> None:
    rows = slice(shown.start, shown.stop)
    times = held_out.telemetry.times[rows]
    plain(axes).plot(*drawn_line(times, held_out.signal[rows]), color=BLACK, linewidth=0.9, label="telemetry")
    axes.plot(*drawn_line(times, assessment.forecast[rows]), color=BLUE, linewidth=0.9, alpha=0.85, label="forecast")
    if assessment.interval is not None:
        interval = assessment.interval
        band = {"color": BLUE, "alpha": 0.2, "linewidth": 0, "label": f"{interval.share:.0%} interval"}
        across, lower = drawn_line(times, interval.lower[rows])
        axes.fill_between(across, lower, drawn_line(times, interval.upper[rows])[1], **band)
    mark_anomalies(axes, held_out, assessment, shown)
    axes.set_ylabel(f"{held_out.telemetry.columns[0]} (unit of the telemetry)")
    along_time(axes)


def _around_largest_error(held_out: HeldOut, assessment: Assessment, shown: range) -> range:
    largest = shown.start + int(np.argmax(assessment.smoothed[shown.start - held_out.judged.start :]))
    start = min(max(largest - CLOSE_ROWS // 2, shown.start), shown.stop - CLOSE_ROWS)
    return range(start, start + CLOSE_ROWS)


def draw_errors(path: Path, subject: str, held_out: HeldOut, assessment: Assessment, shown: range) -> None:
    """Smoothed errors and the thresholds that judged them; arguments as of `draw_telemetry`."""
    figure = new_figure(f"{subject}: smoothed forecast error and its dynamic thresholds (too high, too low)")
    axes = plain(figure.subplots())
    times = held_out.telemetry.times[shown.start :]
    judged = slice(shown.start - held_out.judged.start, None)
    axes.plot(*drawn_line(times, assessment.smoothed[judged]), color=BLUE, linewidth=1.0, label="smoothed error")
    style = {"where": "post", "color": VERMILLION, "linewidth": 1.2, "linestyle": "--"}
    upper, lower = _visible(assessment.detection.upper[judged]), _visible(assessment.detection.lower[judged])
    drawn = bool(np.isfinite(upper).any() or np.isfinite(lower).any())
    axes.step(*drawn_line(times, upper), **style, label="thresholds" if drawn else "no threshold: no error matters")
    axes.step(*drawn_line(times, lower), **style)
    mark_anomalies(axes, held_out, assessment, shown)
    axes.set_ylabel("absolute error (1 = half the training range)")
    axes.set_ylim(bottom=0)
    along_time(axes)
    save_with_legend(figure, path)


def _visible(threshold: Floats) -> Floats:
    """Without the infinite thresholds of windows in which no error matters."""
    return np.where(np.isfinite(threshold), threshold, np.nan)

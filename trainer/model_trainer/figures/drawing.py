"""What all figures have in common: colours, axes, time, and how anomalies are marked.

Colours are from Okabe and Ito's palette, which colour-blind readers can tell apart; whatever colour tells apart also
differs in where and how it is drawn.
"""

from pathlib import Path
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from model_trainer.assessment import Assessment, HeldOut
from model_trainer.data.telemetry import Booleans, Times
from model_trainer.figures.thinning import drawn_runs

BLACK: Final = "#000000"
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
GREEN: Final = "#009E73"
_WIDTH, _HEIGHT = 11.0, 4.6  # inches
_DPI: Final = 110


def new_figure(title: str, *, height: float = _HEIGHT) -> Figure:
    """An empty figure of the usual width, its title at the left."""
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def plain(axes: Any) -> Any:
    """The axes without what draws attention to itself."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", alpha=0.25)
    axes.margins(x=0.01)
    return axes


def along_time(axes: Any) -> None:
    """Label the horizontal axis as time."""
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_xlabel("time (UTC)")


def mark_anomalies(axes: Any, held_out: HeldOut, assessment: Assessment, shown: range) -> None:
    """Shade found anomalies over the whole height, known ones as a bar at the top, and mark where test rows begin."""
    times = held_out.telemetry.times[shown.start : shown.stop]
    flagged = assessment.detection.flagged[shown.start - held_out.judged.start :][: len(shown)]
    _shade(axes, times, flagged, (0.0, 1.0), {"color": ORANGE, "alpha": 0.3, "label": "anomaly found"})
    if held_out.labelled is not None:
        known = held_out.labelled[shown.start : shown.stop]
        _shade(axes, times, known, (0.965, 1.0), {"color": GREEN, "label": "known anomaly"})
    if shown.start < held_out.split.test.start < shown.stop:
        start = held_out.telemetry.times[held_out.split.test.start]
        axes.axvline(start, color=BLACK, linewidth=0.8, linestyle=":", label="test rows begin")


def save_with_legend(figure: Figure, path: Path) -> None:
    """Write the figure with one legend below it, in which every label stands once."""
    handles = [axes.get_legend_handles_labels() for axes in figure.axes]
    entries = {label: handle for panel in handles for handle, label in zip(*panel, strict=True)}
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=6, frameon=False)
    figure.savefig(path)


def _shade(axes: Any, times: Times, flags: Booleans, height: tuple[float, float], style: dict[str, Any]) -> None:
    for first, last in drawn_runs(flags):
        axes.axvspan(times[first], times[last], *height, linewidth=0, **style)
        style = {**style, "label": None}  # one entry in the legend

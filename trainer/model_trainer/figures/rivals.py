"""A model beside its rivals on the same rows: when the one or the other is better, and how good they are at all."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from model_contract.keys import Kpi
from model_trainer.comparison import Comparison
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
from model_trainer.judged import Judged

_LEAST_REACH: Final = 1.0  # per cent on both sides of no difference: less is no finding
_SHARES: Final = 40  # of the rows: what one mean square is taken over


def draw_rivals(path: Path, judged: Judged) -> None:
    """The error over time beside the last rival's, the RMSE of all, and the interval of the comparison if there is one.

    Args:
        path: of the picture.
        judged: with at least one rival.
    """
    held_out, test = judged.held_out, judged.held_out.split.test
    name, rival = list(judged.rivals.items())[-1]
    figure = new_figure(f"{judged.subject}: beside {name} on the same rows")
    interval = _interval(judged.comparison)
    panels: dict[str, Any] = figure.subplot_mosaic(
        [["over time", "overall"], ["over time", "interval" if interval else "overall"]],
        width_ratios=[2.4, 1],
        height_ratios=[3, 1],
    )
    over_time = plain(panels["over time"])
    rows = max(len(test) // _SHARES, 1)
    for label, assessment, color, line in ((judged.name, judged.own, BLUE, "-"), (name, rival, VERMILLION, "--")):
        errors = (assessment.forecast - held_out.signal)[test.start :]
        times = held_out.telemetry.times[test.start :]
        over_time.plot(
            *drawn_line(times, rolling_rmse(errors, rows)), color=color, linestyle=line, linewidth=1.2, label=label
        )
    mark_anomalies(over_time, held_out, judged.own, test)
    over_time.set_ylim(bottom=0)
    over_time.set_ylabel(f"RMSE of the last {rows} rows (unit of the telemetry)")
    along_time(over_time)
    _draw_all(plain(panels["overall"]), judged)
    if interval:
        _draw_interval(plain(panels["interval"]), *interval, name)
    save_with_legend(figure, path)


def rolling_rmse(errors: Floats, rows: int) -> Floats:
    """The root mean square of the last so many errors up to each, (rows,); NaN before there are so many."""
    known = np.isfinite(errors)
    squares, counts = (
        np.cumsum(part) - np.concatenate([np.zeros(min(rows, len(part))), np.cumsum(part)[:-rows]])
        for part in (np.where(known, errors, 0.0) ** 2, known)
    )
    means = np.where(counts > 0, np.maximum(squares, 0.0) / np.maximum(counts, 1.0), np.nan)
    means[: rows - 1] = np.nan
    return np.asarray(np.sqrt(means))


def _draw_all(axes: Any, judged: Judged) -> None:
    """A point for each: rivals from below, the model on top."""
    subjects = {name: rival.kpis.get(Kpi.RMSE) for name, rival in judged.rivals.items()}
    subjects[judged.name] = judged.own.kpis.get(Kpi.RMSE)
    found = {name: rmse for name, rmse in subjects.items() if rmse is not None}
    heights = range(len(found))
    colors = [BLUE if name == judged.name else BLACK for name in found]
    axes.grid(visible=False)
    axes.hlines(heights, 0, list(found.values()), color=colors, linewidth=1.0, alpha=0.4)
    axes.scatter(list(found.values()), heights, color=colors, zorder=3)
    for height, rmse in zip(heights, found.values(), strict=True):
        axes.annotate(f"{rmse:.3g}", (rmse, height), (8, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(heights, list(found))
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 1.4 * max(found.values(), default=0.0) or 1.0), ylim=(-0.6, len(found) - 0.4), xlabel="RMSE")
    axes.ticklabel_format(axis="x", scilimits=(-3, 4))


def _interval(comparison: Comparison | None) -> tuple[float, float, float] | None:
    """Improvement and the ends of its interval, in percent; None where they are not defined."""
    if comparison is None:
        return None
    lower, middle, upper = comparison.lower_percent, comparison.improvement_percent, comparison.upper_percent
    return None if lower is None or middle is None or upper is None else (lower, middle, upper)


def _draw_interval(axes: Any, lower: float, middle: float, upper: float, rival: str) -> None:
    axes.grid(visible=False)
    axes.axvline(0.0, color=BLACK, linewidth=0.8, linestyle=":")
    axes.errorbar(middle, 0, xerr=[[middle - lower], [upper - middle]], color=BLUE, marker="o", capsize=4)
    axes.annotate(f"{middle:+.1f} %", (middle, 0), (0, 8), textcoords="offset points", ha="center", fontsize=9)
    reach = 1.2 * max(abs(lower), abs(upper), _LEAST_REACH)
    axes.set(yticks=[], xlim=(-reach, reach), ylim=(-0.6, 1.0), xlabel=f"% lower than {rival}, 95 % interval")
    axes.locator_params(axis="x", nbins=5)

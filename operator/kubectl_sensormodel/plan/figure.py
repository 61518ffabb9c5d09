"""A plan as a figure: one lane per policy over time, a mark for each training, and the telemetry of one model below.

Colours are from Okabe and Ito's palette, which colour-blind readers can tell apart; triggers differ in marker as well.
"""

from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.plan.recording import Recording
from kubectl_sensormodel.plan.report import Plan, PolicyOutcome
from model_contract.task import TriggerKind

_STYLES: Final = {  # marker, colour
    TriggerKind.INITIAL: ("|", "#000000"),
    TriggerKind.DRIFT: ("o", "#D55E00"),
    TriggerKind.PERFORMANCE: ("^", "#0072B2"),
    TriggerKind.DATA_QUALITY: ("D", "#CC79A7"),
    TriggerKind.SCHEDULE: ("s", "#009E73"),
    TriggerKind.MANUAL: ("*", "#E69F00"),
}
_WORDS: Final = {TriggerKind.INITIAL: "first training", TriggerKind.DATA_QUALITY: "data quality"}
_GREY: Final = "#777777"
_WIDTH: Final = 11.0  # inches
_LANE: Final = 0.42  # the same
_DPI: Final = 110


def model_to_show(plan: Plan) -> str:
    """The model that the policy of the file trains most often; among equals the first."""
    counts = Counter(training.model for training in plan.outcomes[0].started)
    return max((model.model for model in plan.models), key=lambda model: counts[model])


def draw(plan: Plan, model: str, recording: Recording, path: Path) -> None:
    """Write the figure.

    Args:
        plan: to draw.
        model: whose telemetry is shown.
        recording: its telemetry.
        path: of the figure; its ending says the format.

    Raises:
        PluginError: the file cannot be written.
    """
    lanes = len(plan.outcomes)
    heights = [_LANE * lanes + 0.3, 2.0]
    figure = Figure(figsize=(_WIDTH, sum(heights) + 1.5), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    for number, outcome in enumerate(plan.outcomes):
        _lane(above, outcome, lanes - 1 - number)
    above.set_yticks(range(lanes), [_label(outcome) for outcome in reversed(plan.outcomes)])
    above.set_ylim(-0.6, lanes - 0.4)
    above.tick_params(axis="y", length=0)
    _legend(above, plan)
    _signal(below, plan, model, recording)
    figure.suptitle(_title(plan), x=0.01, ha="left", fontsize=11)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(path, format=path.suffix.removeprefix(".") or "png")
    except (OSError, ValueError) as error:
        raise PluginError(f"--figure {path}: {error}", code=ExitCode.USAGE) from error


def _lane(axes: Any, outcome: PolicyOutcome, height: int) -> None:
    axes.axhline(height, color=_GREY, linewidth=0.6, alpha=0.5, zorder=1)
    for kind, (marker, colour) in _STYLES.items():
        times = [training.start_time for training in outcome.started if training.trigger is kind]
        axes.scatter(times, [height] * len(times), marker=marker, s=46, color=colour, zorder=3, clip_on=False)
    failed = [training.start_time for training in outcome.started if training.failure is not None]
    axes.scatter(failed, [height] * len(failed), marker="x", s=80, color="#000000", linewidths=1.0, zorder=4)


def _label(outcome: PolicyOutcome) -> str:
    return f"{outcome.policy}  {outcome.trainings}"


def _legend(axes: Any, plan: Plan) -> None:
    kinds = {training.trigger for outcome in plan.outcomes for training in outcome.started}
    marks = [
        Line2D([], [], linestyle="", marker=marker, color=colour, label=_WORDS.get(kind, kind.lower()))
        for kind, (marker, colour) in _STYLES.items()
        if kind in kinds
    ]
    if any(training.failure is not None for outcome in plan.outcomes for training in outcome.started):
        marks.append(Line2D([], [], linestyle="", marker="x", color="#000000", label="failed"))
    if marks:
        axes.legend(handles=marks, ncols=len(marks), loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=9)


def _signal(axes: Any, plan: Plan, model: str, recording: Recording) -> None:
    times, values = recording.signal()
    start, end = (np.datetime64(time.replace(tzinfo=None), "ns") for time in (plan.start_time, plan.end_time))
    lead = (end - start) // 20  # something of what came before
    shown = np.flatnonzero((times >= start - lead) & (times <= end))
    axes.plot(times[shown], values[shown], color=_GREY, linewidth=0.5)
    axes.set_xlim(start - lead, end + lead)
    mine = [t for t in plan.outcomes[0].started if t.model == model]
    for training in mine:
        axes.axvline(training.start_time, color=_STYLES[training.trigger][1], linewidth=1.4)
    axes.set_ylabel(recording.columns[0], fontsize=9)
    axes.set_title(f"telemetry of {model}, trainings with {plan.outcomes[0].policy}", loc="left", fontsize=9)
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.tick_params(labelsize=9)


def _title(plan: Plan) -> str:
    models = plan.models[0].model if len(plan.models) == 1 else f"{len(plan.models)} models"
    return f"Trainings of {models} by policy, {plan.start_time:%Y-%m-%d} to {plan.end_time:%Y-%m-%d}"

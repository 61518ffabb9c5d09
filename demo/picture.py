"""Draws the demo: for each sensor its telemetry, its drift scores and its versions, each with what the operator did.

Colours are from Okabe and Ito's palette, which colour-blind readers can tell apart; versions also differ in marker and
position. Scores, trainings and stages are those that the operator and the Job controller wrote.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import DateFormatter, DayLocator, HourLocator
from matplotlib.figure import Figure

from demo.record import Record, SensorRecord
from demo.replayer import read_values
from demo.sensors import ROW_EVERY, WINDOW_ROWS, Sensor
from model_contract.keys import LABEL_TRIGGER, Tag

_BLACK, _GREY = "#000000", "#5F5F5F"
_VERMILLION: Final = "#D55E00"
_VERSION_COLOURS: Final = ("#0072B2", "#009E73", "#CC79A7", "#E69F00")
_VERSION_MARKERS: Final = ("o", "s", "^", "D")
_STAGE_COLOURS: Final = {"None": "#F2F2F2", "Staging": "#F0E442", "Production": "#009E73", "Archived": "#BFBFBF"}
_JOB_COLOUR: Final = "#56B4E9"
_BAR: Final = 0.62  # height
_ROOM_FOR_A_WORD: Final = 0.07  # of the time axis
_DPI: Final = 110


class Score(NamedTuple):
    """The drift score of one window against the profile of one version."""

    version: int
    start: datetime
    end: datetime
    score: float


class Span(NamedTuple):
    """A version in a stage, in our time."""

    version: int
    stage: str
    start: datetime
    end: datetime


def draw_picture(record: Record, sensors: Sequence[Sensor], telemetry: Path, picture: Path) -> None:
    """Write the picture of all sensors, whose telemetry lies in `telemetry`/<sensorID>, as a PNG."""
    figure = Figure(figsize=(8.2 * len(sensors), 10.4), dpi=_DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(3, len(sensors), squeeze=False, height_ratios=(3, 2, 1.6))
    for column, sensor in enumerate(sensors):
        seen = record.sensors[sensor.name]
        _draw_telemetry(panels[0][column], sensor, seen, telemetry / sensor.sensor_id)
        _draw_scores(panels[1][column], sensor, seen, record.drift_limit_percent / 100)
        panels[1][column].set_xlim(panels[0][column].get_xlim())
        _draw_versions(panels[2][column], seen, record)
    figure.savefig(picture)


def drift_scores(record: SensorRecord) -> list[Score]:
    """Every score that the operator wrote, once per window and version, by the end of the window."""
    found: dict[tuple[int, datetime], Score] = {}
    for drift in record.drift_assessments():
        start, end, version = drift.window_start_time, drift.window_end_time, drift.reference_version
        if drift.previous_score is not None:
            before = Score(version, start - (end - start), start, float(drift.previous_score))
            found.setdefault((version, start), before)
        found[version, end] = Score(version, start, end, float(drift.score))
    return sorted(found.values(), key=lambda score: (score.version, score.end))


def stage_spans(record: SensorRecord, until: datetime) -> list[Span]:
    """How long each version was in which stage, from the moves in status.stageHistory and the versions in MLflow."""
    spans: list[Span] = []
    for version in record.registry.versions:
        moves = sorted(
            (move for move in record.status.stage_history if move.version == version.version),
            key=lambda move: move.time,
        )
        stages = [("None", version.created), *((str(move.to_stage), move.time) for move in moves)]
        ends = [begin for _, begin in stages[1:]] + [until]
        spans += [Span(version.version, stage, begin, end) for (stage, begin), end in zip(stages, ends, strict=True)]
    return spans


def training_window(record: SensorRecord, version: int) -> tuple[datetime, datetime] | None:
    """The data time that a version was trained and judged on, as the trainer tagged it."""
    found = record.registry.version(version)
    if found is None or Tag.DATA_START not in found.tags or Tag.DATA_END not in found.tags:
        return None
    return datetime.fromisoformat(found.tags[Tag.DATA_START]), datetime.fromisoformat(found.tags[Tag.DATA_END])


def version_colour(version: int) -> str:
    """The colour of a version, the same everywhere."""
    return _VERSION_COLOURS[(version - 1) % len(_VERSION_COLOURS)]


def _draw_telemetry(axes: Any, sensor: Sensor, record: SensorRecord, folder: Path) -> None:
    times, values = read_values(folder)
    axes.plot(times, values, color=_BLACK, linewidth=0.6)
    low, high = float(values.min()), float(values.max())
    room = 0.12 * (high - low)
    for version in record.registry.versions:
        window = training_window(record, version.version)
        if window is None:
            continue
        colour, top = version_colour(version.version), high + room * (1 + 1.4 * ((version.version - 1) % 2))
        axes.axvspan(*window, color=colour, alpha=0.10, linewidth=0)
        axes.hlines(top, *window, color=colour, linewidth=4)
        words = f"version {version.version}: trained and judged on this"
        axes.text(window[0], top + 0.25 * room, words, fontsize=9)
    _mark_shift(axes, sensor)
    axes.text(sensor.shift_time, low - room, f" {sensor.shift.words}", color=_VERMILLION, va="center")
    axes.set_ylim(low - 1.8 * room, high + 3.6 * room)
    axes.set_title(f"{sensor.name}: telemetry of {sensor.sensor_id}", loc="left", fontweight="bold")
    axes.set_ylabel("value (no unit; scaled by the publishers)")
    _data_time(axes)


def _draw_scores(axes: Any, sensor: Sensor, record: SensorRecord, limit: float) -> None:
    scores = drift_scores(record)
    for version in sorted({score.version for score in scores}):
        own = [score for score in scores if score.version == version]
        colour, marker = version_colour(version), _VERSION_MARKERS[(version - 1) % len(_VERSION_MARKERS)]
        middles = [score.start + (score.end - score.start) / 2 for score in own]
        axes.hlines(
            [score.score for score in own], [score.start for score in own], [score.end for score in own],
            color=colour, linewidth=2.5,
        )  # fmt: skip
        label = f"window against the profile of version {version}"
        axes.plot(middles, [score.score for score in own], marker, color=colour, markersize=6, label=label)
    axes.axhline(limit, color=_VERMILLION, linestyle="--", linewidth=1.2, label=f"scorePercent: {100 * limit:.0f}")
    _mark_shift(axes, sensor)
    axes.set_ylim(-0.06, 1.08)
    axes.set_title("drift score of each window that the operator judged", loc="left")
    axes.set_ylabel("drift score, 0 to 1")
    axes.set_xlabel(f"time of the telemetry (a window is {WINDOW_ROWS * ROW_EVERY // timedelta(hours=1)} h)")
    axes.legend(loc="center left", fontsize=8.5, framealpha=0.9)
    _data_time(axes)


def _draw_versions(axes: Any, record: SensorRecord, all_of_it: Record) -> None:
    until = all_of_it.ended or all_of_it.started

    def seconds(time: datetime) -> float:
        return (time - all_of_it.started).total_seconds()

    for job in record.jobs.values():
        start, end = map(seconds, _job_times(job, until))
        axes.barh(0, end - start, left=start, height=_BAR, color=_JOB_COLOUR, edgecolor=_GREY)
        axes.text((start + end) / 2, 0, job["metadata"]["labels"][LABEL_TRIGGER], ha="center", va="center", fontsize=9)
    for span in stage_spans(record, until):
        start, end = seconds(span.start), seconds(span.end)
        colour = _STAGE_COLOURS[span.stage]
        axes.barh(span.version, end - start, left=start, height=_BAR, color=colour, edgecolor=_GREY)
        if span.end == until:
            axes.text(end, span.version, f" {span.stage}", va="center", fontsize=9)
        elif end - start > _ROOM_FOR_A_WORD * seconds(until):
            axes.text((start + end) / 2, span.version, span.stage, ha="center", va="center", fontsize=9)
    versions = [version.version for version in record.registry.versions]
    axes.set_yticks([0, *versions], ["Jobs", *(f"version {number}" for number in versions)])
    axes.set_ylim(max(versions, default=0) + 0.6, -0.6)
    axes.set_xlim(0, 1.12 * seconds(until))
    axes.set_title("trainings and stages", loc="left")
    axes.set_xlabel("seconds since the demo began (white: not staged yet; yellow: Staging, while the gate judges)")
    axes.spines[["top", "right"]].set_visible(False)


def _job_times(job: dict[str, Any], until: datetime) -> tuple[datetime, datetime]:
    created = job["metadata"]["creationTimestamp"]
    ended = job.get("status", {}).get("completionTime")
    return datetime.fromisoformat(created), datetime.fromisoformat(ended) if ended else until


def _mark_shift(axes: Any, sensor: Sensor) -> None:
    axes.axvline(sensor.shift_time, color=_VERMILLION, linewidth=1.4)


def _data_time(axes: Any) -> None:
    axes.xaxis.set_major_locator(DayLocator())
    axes.xaxis.set_minor_locator(HourLocator(byhour=range(0, 24, 4)))
    axes.xaxis.set_major_formatter(DateFormatter("%d %b"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E5E5E5", linewidth=0.7)
    axes.set_axisbelow(True)

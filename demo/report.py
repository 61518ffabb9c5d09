"""Writes the report: one HTML file that needs no other file, with the picture and every decision with its numbers."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from demo.record import Record, SensorRecord
from demo.sensors import Sensor

_PAGE: Final = Path(__file__).with_name("report.html")


def write_page(record: Record, sensors: Sequence[Sensor], picture: Path, page: Path) -> None:
    """Write the report with the picture, a PNG, in it."""
    template = Template(_PAGE.read_text(encoding="utf-8"))
    text = template.substitute(
        started=f"{record.started:%d %B %Y, %H:%M} UTC",
        duration=_duration(record),
        picture=base64.b64encode(picture.read_bytes()).decode(),
        sensors="\n".join(_section(sensor, record.sensors[sensor.name], record.started) for sensor in sensors),
    )
    page.write_text(text, encoding="utf-8")


def _duration(record: Record) -> str:
    seconds = round(((record.ended or record.started) - record.started).total_seconds())
    return f"{seconds // 60} min {seconds % 60} s"


def _section(sensor: Sensor, record: SensorRecord, started: datetime) -> str:
    def after(time: datetime) -> str:
        return f"{(time - started).total_seconds():.0f} s"

    status = record.status
    decisions = [(after(found.time), found.action, found.reason, found.message) for found in reversed(status.history)]
    moves = [
        (after(move.time), str(move.version), f"{move.from_stage} → {move.to_stage}", move.by, move.message)
        for move in reversed(status.stage_history)
    ]
    events = sorted(record.events, key=lambda event: str(event["eventTime"]))
    told = [
        (after(datetime.fromisoformat(event["eventTime"])), event["type"], event["reason"], event.get("note", ""))
        for event in events
    ]
    return "\n".join(
        (
            f"<h2>{escape(sensor.name)} <small>{escape(sensor.sensor_id)}: {escape(sensor.shift.words)}</small></h2>",
            "<h3>Decisions that changed something <small>status.history</small></h3>",
            _table(("after", "action", "reason", "why, with the numbers"), decisions),
            "<h3>Moves between stages <small>status.stageHistory, and tags in MLflow</small></h3>",
            _table(("after", "version", "move", "by", "why"), moves),
            "<h3>Events <small>events.k8s.io</small></h3>",
            _table(("after", "type", "reason", "note"), told),
        )
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>\n{body}\n</tbody></table>"

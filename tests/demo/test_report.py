"""The report shows what was seen, needs no other file, and computes nothing anew."""

import base64
import re
from datetime import datetime
from pathlib import Path

import pytest

from demo.picture import Span, draw_picture, drift_scores, stage_spans, training_window
from demo.record import Record
from demo.replayer import Replayer
from demo.report import write_page
from demo.sensors import SENSORS, Sensor

TELEMETRY = Path(__file__).parents[2] / "demo" / "telemetry"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def page(recorded: Record, tmp_path: Path) -> Path:
    """The report of the recorded run."""
    for sensor in SENSORS:
        source, folder = TELEMETRY / f"{sensor.sensor_id}.parquet", tmp_path / sensor.sensor_id
        Replayer(sensor, source, folder, rows_per_second=1.0).deliver(sensor.all_rows)
    draw_picture(recorded, SENSORS, tmp_path, tmp_path / "report.png")
    write_page(recorded, SENSORS, tmp_path / "report.png", tmp_path / "report.html")
    return tmp_path / "report.html"


def test_the_page_holds_the_picture(page: Path) -> None:
    embedded = re.search(r'src="data:image/png;base64,([^"]+)"', page.read_text(encoding="utf-8"))
    assert embedded is not None
    picture = base64.b64decode(embedded[1])
    assert picture.startswith(PNG)
    assert picture == page.with_suffix(".png").read_bytes()


def test_the_page_needs_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href)=\"(?!data:)|url\(|<script|<link", text) == []


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_every_decision_move_and_event_is_there_with_its_numbers(page: Path, recorded: Record, sensor: Sensor) -> None:
    text, record = page.read_text(encoding="utf-8"), recorded.sensors[sensor.name]
    told = [decision.message for decision in record.status.history]
    told += [move.message for move in record.status.stage_history]
    told += [event["note"] for event in record.events]
    escaped = (message.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;") for message in told)
    assert [message for message in escaped if message not in text] == []


def test_a_message_cannot_become_markup(recorded: Record, tmp_path: Path) -> None:
    recorded.sensors["p-1"].events[0]["note"] = "<img src=x>"
    (tmp_path / "empty.png").write_bytes(PNG)
    write_page(recorded, SENSORS, tmp_path / "empty.png", tmp_path / "page.html")
    assert "<img src=x>" not in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_each_window_has_one_score_per_version_and_they_are_the_operators(recorded: Record, sensor: Sensor) -> None:
    record = recorded.sensors[sensor.name]
    scores = drift_scores(record)
    assert len({(score.version, score.end) for score in scores}) == len(scores)
    written = {
        (found.reference_version, found.window_end_time, float(found.score)) for found in record.drift_assessments()
    }
    assert written <= {(score.version, score.end, score.score) for score in scores}


def test_a_window_that_was_only_seen_as_the_one_before_has_its_score(recorded: Record) -> None:
    record = recorded.sensors["p-1"]
    first = record.drift_assessments()[0]
    assert first.previous_score is not None
    before = next(score for score in drift_scores(record) if score.end == first.window_start_time)
    assert before.score == float(first.previous_score)


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_stages_follow_one_another_without_a_gap(recorded: Record, sensor: Sensor) -> None:
    until = recorded.ended or recorded.started
    spans = stage_spans(recorded.sensors[sensor.name], until)
    one = [span for span in spans if span.version == 1]
    two = [span for span in spans if span.version == 2]
    assert [span.stage for span in one] == ["None", "Staging", "Production", "Archived"]
    assert [span.stage for span in two] == ["None", "Staging", "Production"]
    assert _are_joined(one, until)
    assert _are_joined(two, until)


def test_the_second_training_has_seen_shifted_rows_only(recorded: Record) -> None:
    """Otherwise neither the scale nor the comparison would be about the new level alone."""
    for sensor in SENSORS:
        window = training_window(recorded.sensors[sensor.name], 2)
        assert window is not None
        assert window[0] >= sensor.shift_time


def _are_joined(spans: list[Span], until: datetime) -> bool:
    return [span.end for span in spans] == [*(span.start for span in spans[1:]), until]

"""Log lines."""

import json
import logging

from model_operator.logs import JsonFormatter


def line(record: logging.LogRecord) -> dict[str, str]:
    text = JsonFormatter().format(record)
    assert "\n" not in text
    read: dict[str, str] = json.loads(text)
    return read


def record(message: str = "a message", **attributes: object) -> logging.LogRecord:
    made = logging.LogRecord("model_operator.x", logging.INFO, "x.py", 1, message, (), None)
    made.__dict__.update(attributes)
    return made


def test_a_line_has_the_stable_keys() -> None:
    assert line(record(created=0.0)) == {
        "ts": "1970-01-01T00:00:00.000Z",
        "level": "info",
        "logger": "model_operator.x",
        "message": "a message",
    }


def test_a_line_about_an_object_names_it() -> None:
    about = {"kind": "SensorModel", "namespace": "plant", "name": "p-1", "uid": "u"}
    found = line(record(k8s_ref=about, reason="DriftDetected"))
    assert {key: found[key] for key in ("kind", "namespace", "name", "reason")} == {
        "kind": "SensorModel",
        "namespace": "plant",
        "name": "p-1",
        "reason": "DriftDetected",
    }


def test_text_from_outside_cannot_forge_a_line() -> None:
    assert line(record('x\n{"level": "critical"}\x1b[31m'))["level"] == "info"


def test_a_bug_is_told_with_its_traceback() -> None:
    failed = record(exc_info=(ZeroDivisionError, ZeroDivisionError("a bug"), None))
    assert line(failed)["error"] == "ZeroDivisionError: a bug"

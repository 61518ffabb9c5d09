"""How an announcement looks as an events.k8s.io/v1 Event, and how a repeat becomes a series.

Pure; `kube.py` sends what is built here. The name of an event follows from what it says, so the same sentence about the
same object finds its earlier event and only raises its count.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from model_operator.api.base import API_VERSION, GROUP
from model_operator.core.announcements import Announcement, Regarding
from model_operator.gateways.resources import Resource

EVENTS_API: Final = "events.k8s.io/v1"
REPORTING_CONTROLLER: Final = f"{GROUP}/sensor-model-operator"

_LONGEST_NOTE: Final = 1024  # bytes, a limit of the API
_LONGEST_INSTANCE: Final = 128  # a limit of the API
_LONGEST_OBJECT_NAME: Final = 200  # of 253 for the whole name


def event_path(namespace: str, name: str | None = None) -> str:
    """The URL path of one event, or of a namespace's events."""
    return f"/apis/{EVENTS_API}/namespaces/{namespace}/events" + (f"/{name}" if name else "")


def event_name(regarding: Regarding, announcement: Announcement) -> str:
    """The same for the same sentence about the same object."""
    said = f"{regarding.uid}\n{announcement.reason}\n{announcement.action}\n{announcement.note}"
    return f"{regarding.name[:_LONGEST_OBJECT_NAME]}.{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def new_event(
    regarding: Regarding, announcement: Announcement, now: datetime, reporting_instance: str
) -> dict[str, Any]:
    """The Event of an announcement that is made for the first time."""
    event: dict[str, Any] = {
        "apiVersion": EVENTS_API,
        "kind": "Event",
        "metadata": {"name": event_name(regarding, announcement), "namespace": regarding.namespace},
        "eventTime": _micro_time(now),
        "reportingController": REPORTING_CONTROLLER,
        "reportingInstance": reporting_instance[:_LONGEST_INSTANCE],
        "type": announcement.type,
        "reason": announcement.reason.value,
        "action": announcement.action,
        "note": _cut(announcement.note),
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": regarding.kind,
            "namespace": regarding.namespace,
            "name": regarding.name,
            "uid": regarding.uid,
        },
    }
    if announcement.related_job:
        event["related"] = {
            "apiVersion": Resource.JOB.value.api_version,
            "kind": Resource.JOB.value.kind,
            "namespace": regarding.namespace,
            "name": announcement.related_job,
        }
    return event


def repetition(earlier: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The merge patch that makes an event a series, or prolongs it."""
    count = (earlier.get("series") or {}).get("count", 1)
    return {"series": {"count": count + 1, "lastObservedTime": _micro_time(now)}}


def _cut(note: str) -> str:
    """The note within its limit, without half a character at its end."""
    encoded = note.encode()
    return note if len(encoded) <= _LONGEST_NOTE else encoded[: _LONGEST_NOTE - 3].decode(errors="ignore") + "…"


def _micro_time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""What a trainer says while it works: the newest line of its pod's log, as `kubectl logs` gives it."""

import json

from demo.kubectl import Kubectl, KubectlError

_LEFT_OUT = {"time", "level", "logger", "message", "digest"}


def last_words(kubectl: Kubectl, job: str) -> str | None:
    """The newest line of the log of a Job's pod, None while there is none."""
    try:
        said = kubectl("logs", f"job/{job}", "--tail=1")
    except KubectlError:  # its container has not started, or its pod is gone
        return None
    return readable(said)


def readable(line: str) -> str | None:
    """A line of the trainer's log as people read it; None for what is no line of its log."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    details = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in entry.items() if name not in _LEFT_OUT)
    return f"{entry['message']}: {details}" if details else str(entry["message"])

"""Which state the labels of known anomalies are in, by the digest of their files.

Used in worker processes only. Labels may come later than telemetry, and change; the digest tells one state from
another. What they hold is the trainer's business.
"""

from typing import Final, NamedTuple

from model_contract.labels import labels_digest
from model_operator.api.sensormodel import LabelsSpec
from model_operator.api.vocabulary import Reason
from model_operator.gateways.telemetry_files import TelemetryProblem, file_problems, telemetry_files

MOST_BYTES: Final = 2**28  # a second of reading


class Labels(NamedTuple):
    """Their state, and what people must know about it."""

    digest: str | None = None  # None: there are none, or none that can be read
    message: str = ""


def find_labels(labels: LabelsSpec | None, roots: tuple[str, ...]) -> Labels:
    """The labels that a sensor has now. Trouble with them is said, and holds up no verdict about the telemetry."""
    if labels is None:
        return Labels()
    try:
        files = telemetry_files(labels.uri, roots)
        if files.bytes > MOST_BYTES:
            return Labels(message=f"labels {labels.uri}: {files.bytes} bytes, at most {MOST_BYTES} are read")
        with file_problems(labels.uri):
            return Labels(digest=labels_digest(files.paths, files.store))
    except TelemetryProblem as problem:
        has_not_come = problem.reason is Reason.TELEMETRY_UNAVAILABLE
        return Labels() if has_not_come else Labels(message=f"labels {problem}")

"""Reads the known anomalies of a task. They may come later than telemetry, or never."""

import logging
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model_contract.labels import labels_digest
from model_contract.result import FailureReason
from model_trainer.data.files import files_behind, open_dataset, read_errors
from model_trainer.data.sources import field_of, times_of
from model_trainer.data.telemetry import Booleans, Times
from model_trainer.errors import CannotWork

logger = logging.getLogger(__name__)

_NONE: Final[Times] = np.array([], dtype="datetime64[ns]")


@dataclass(frozen=True)
class Labels:
    """Known anomalies, start <= time <= end each, and the identity of the files that name them."""

    starts: Times
    ends: Times
    digest: str

    def at(self, times: Times) -> Booleans:
        """Which of the times, in their order, lie in a known anomaly, (rows,)."""
        labelled = np.zeros(len(times), dtype=bool)
        firsts, lasts = np.searchsorted(times, self.starts), np.searchsorted(times, self.ends, side="right")
        for first, last in zip(firsts, lasts, strict=True):
            labelled[first:last] = True
        return labelled


def read_labels(uri: str) -> Labels | None:
    """The known anomalies in a label file or folder; None while it does not exist.

    The digest is taken first: labels that change meanwhile are seen as changed by whoever compares it later.

    Raises:
        CannotWork: the file is unreadable, or has no columns `start` and `end` of time stamps.
        TryAgain: the store does not answer.
    """
    try:
        files = files_behind(uri)
        with read_errors(uri):
            digest = labels_digest(files.paths, files.store)
        dataset = open_dataset(uri)
    except CannotWork as ended:
        if ended.reason is not FailureReason.TELEMETRY_NOT_FOUND:
            raise
        logger.warning("no labels yet", extra={"uri": uri})
        return None
    for name in ("start", "end"):
        found = field_of(dataset.schema, name, uri).type
        if not (pa.types.is_timestamp(found) or pa.types.is_null(found)):  # null: a CSV file without rows
            raise CannotWork(
                FailureReason.TELEMETRY_UNREADABLE, f"{uri}: column {name} holds {found}, expected time stamps"
            )
    complete = ~pc.field("start").is_null() & ~pc.field("end").is_null()
    with read_errors(uri):
        table = dataset.to_table(columns=["start", "end"], filter=complete)
    if not table.num_rows:
        return Labels(_NONE, _NONE, digest)
    return Labels(times_of(table.column("start")), times_of(table.column("end")), digest)

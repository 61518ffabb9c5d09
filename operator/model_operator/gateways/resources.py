"""The kinds that the operator reads, with where the API server serves them."""

from enum import Enum
from typing import NamedTuple

from model_contract.keys import LABEL_MANAGED_BY, MANAGED_BY

from model_operator.api.base import GROUP, VERSION


class _Place(NamedTuple):
    group: str
    version: str
    plural: str
    label_selector: str | None


class Resource(Enum):
    """A kind, its place in the API, and the label that narrows what is read."""

    SENSOR_MODEL = _Place(GROUP, VERSION, "sensormodels", None)
    RETRAINING_POLICY = _Place(GROUP, VERSION, "retrainingpolicies", None)
    JOB = _Place("batch", "v1", "jobs", f"{LABEL_MANAGED_BY}={MANAGED_BY}")
    POD = _Place("", "v1", "pods", f"{LABEL_MANAGED_BY}={MANAGED_BY}")

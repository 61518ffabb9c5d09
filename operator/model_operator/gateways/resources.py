"""The kinds that the operator reads, with where the API server serves them."""

from enum import Enum
from typing import NamedTuple
from urllib.parse import quote

from model_contract.keys import LABEL_MANAGED_BY, MANAGED_BY
from model_operator.api.base import GROUP, VERSION


class Place(NamedTuple):
    """Where the API server serves a kind."""

    group: str
    version: str
    kind: str
    plural: str
    label_selector: str | None

    @property
    def api_version(self) -> str:
        """group/version as manifests write it; the core group has no name."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The URL path of one object, of a namespace's objects, or of all.

        Args:
            namespace: None for all namespaces.
            name: None for a list.
        """
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Resource(Enum):
    """A kind, its place in the API, and the label that narrows what is read."""

    SENSOR_MODEL = Place(GROUP, VERSION, "SensorModel", "sensormodels", None)
    RETRAINING_POLICY = Place(GROUP, VERSION, "RetrainingPolicy", "retrainingpolicies", None)
    JOB = Place("batch", "v1", "Job", "jobs", f"{LABEL_MANAGED_BY}={MANAGED_BY}")
    POD = Place("", "v1", "Pod", "pods", f"{LABEL_MANAGED_BY}={MANAGED_BY}")

"""The fleet and the queue as gauges, computed from the cache at every scrape, so a deleted model leaves no series."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic_core import from_json

from model_operator.api.vocabulary import ConditionType
from model_operator.gateways.resources import Resource
from model_operator.shell.budget import Budget
from model_operator.shell.cache import Cache
from model_operator.shell.kept import Kept, Key
from model_operator.shell.parse import parse_policy
from model_operator.shell.queue import WorkQueue

_MODEL = ("namespace", "name")
_CONDITION_VALUES = {"True": 1.0, "False": 0.0}


class FleetCollector(Collector):
    """Gauges of all SensorModels; may be collected in another thread than the event loop's."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def describe(self) -> list[Metric]:
        """Names are not looked up at registration: that would collect everything."""
        return []

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        fleet = _Families()
        for kept in list(self._cache.all(Resource.SENSOR_MODEL)):
            fleet.add(kept)
        yield from vars(fleet).values()


class PolicyCollector(Collector):
    """Gauges of all RetrainingPolicies: what their budgets are and how they are used."""

    def __init__(self, cache: Cache, budget: Budget) -> None:
        self._cache = cache
        self._budget = budget

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        limit = _gauge("policy_max_concurrent", "Jobs that budget.maxConcurrent allows at the same time.")
        running = _gauge("policy_running", "Jobs that live or are being created.")
        waiting = _gauge("policy_waiting", "Models that wait for a place in a budget.")
        held = _gauge("policy_held", "Whether trainings for drift are held for a common cause.")
        for kept in list(self._cache.all(Resource.RETRAINING_POLICY)):
            policy, spec = (kept.key.namespace, kept.key.name), parse_policy(kept).spec
            if spec:
                limit.add_metric(policy, spec.budget.max_concurrent)
            running.add_metric(policy, self._budget.running(kept.key))
            waiting.add_metric(policy, self._budget.waiting(kept.key))
            held.add_metric(policy, float(ConditionType.COMMON_CAUSE in kept.true_conditions))
        yield from (limit, running, waiting, held)


class QueueCollector(Collector):
    """Gauges of the work queue."""

    def __init__(self, queue: WorkQueue[Key]) -> None:
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        """Depth and retries."""
        yield GaugeMetricFamily("sensormodel_queue_depth", "Objects that wait for a worker.", value=self._queue.depth)
        yield GaugeMetricFamily(
            "sensormodel_queue_retrying", "Objects whose last pass failed.", value=self._queue.retrying
        )


class _Families:
    """The gauges of one scrape, in the order in which they are served."""

    def __init__(self) -> None:
        self.info = InfoMetricFamily("sensormodel", "What a SensorModel is.", labels=_MODEL)
        self.ready = _gauge("ready", "Whether a Production version serves.")
        self.version = _gauge("production_version", "Version that holds Production.")
        self.drift = _gauge("drift_score", "Drift score of the newest judged window, from 0 to 1.")
        self.trained = _gauge("last_training_timestamp_seconds", "When the newest version came.")
        self.conditions = _gauge("condition", "Conditions: 1 True, 0 False, -1 Unknown.", "type")

    def add(self, kept: Kept) -> None:
        """Read one model; what it does not have makes no series."""
        model = (kept.key.namespace, kept.key.name)
        status = from_json(kept.status)
        self.info.add_metric(model, _info(kept, status))
        for condition in status.get("conditions") or ():
            value = _CONDITION_VALUES.get(condition["status"], -1.0)
            self.conditions.add_metric((*model, condition["type"]), value)
            if condition["type"] == "Ready":
                self.ready.add_metric(model, float(value == 1.0))
        if version := _at(status, "stages", "production", "version"):
            self.version.add_metric(model, version)
        if score := _at(status, "assessment", "drift", "score"):
            self.drift.add_metric(model, float(score))
        if last := _at(status, "schedule", "lastTrainingTime"):
            self.trained.add_metric(model, datetime.fromisoformat(last).timestamp())


def _gauge(name: str, help_text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sensormodel_{name}", help_text, labels=(*_MODEL, *labels))


def _info(kept: Kept, status: dict[str, Any]) -> dict[str, str]:
    spec = from_json(kept.body)
    return {
        "sensor_id": str(spec.get("sensorID", "")),
        "model_type": str(spec.get("modelType", "")),
        "policy": kept.policy.name if kept.policy else "",
        "registered_model": str(status.get("registeredModel", "")),
    }


def _at(status: dict[str, Any], *path: str) -> Any:
    """A value deep in a status; None where a step is missing."""
    value: Any = status
    for step in path:
        value = (value or {}).get(step)
    return value

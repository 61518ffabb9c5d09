"""The Python client: what people, notebooks and pipelines ask of Kubernetes and MLflow about sensor models.

    from sensormodel import Cluster, Experiments, Registry

`Cluster` applies SensorModels and policies, reads their status and asks for trainings, promotions and rollbacks;
`Experiments` searches, compares and sums up runs; `Registry` reads versions, stages and lineage, and loads models. The
kubectl plugin is thin over the same classes. Results are frozen types, failures are `ClientError`s. `docs/python.md` is
the manual.

Names are imported when they are first used: whoever asks only the one server needs not the client of the other.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from model_operator.api.retrainingpolicy import RetrainingPolicySpec
    from model_operator.api.sensormodel import SensorModelSpec
    from model_operator.api.sensormodelstatus import SensorModelStatus
    from model_operator.api.vocabulary import ConditionType, Reason, Stage
    from sensormodel.cluster import Cluster
    from sensormodel.conditions import Condition, Metric, Parameter, RunTag
    from sensormodel.connection import Connection
    from sensormodel.errors import ClientError, InvalidRequest, Missing, NoAnswer, Refused, TimedOut
    from sensormodel.experiments import Experiments
    from sensormodel.lineage import Lineage
    from sensormodel.objects import Model, Policy
    from sensormodel.registry import Registry
    from sensormodel.reproduction import Place, Reproductions
    from sensormodel.requests import StageRequest
    from sensormodel.runs import Comparison, Experiment, ExperimentSummary, Goal, Run, Statistics
    from sensormodel.versions import VersionRecord
    from sensormodel.waiting import has_answered, has_condition, has_decided, has_trained_for, is_ready, serves

_HOME: Final = {
    "model_operator.api.retrainingpolicy": ("RetrainingPolicySpec",),
    "model_operator.api.sensormodel": ("SensorModelSpec",),
    "model_operator.api.sensormodelstatus": ("SensorModelStatus",),
    "model_operator.api.vocabulary": ("ConditionType", "Reason", "Stage"),
    "sensormodel.cluster": ("Cluster",),
    "sensormodel.conditions": ("Condition", "Metric", "Parameter", "RunTag"),
    "sensormodel.connection": ("Connection",),
    "sensormodel.errors": ("ClientError", "InvalidRequest", "Missing", "NoAnswer", "Refused", "TimedOut"),
    "sensormodel.experiments": ("Experiments",),
    "sensormodel.lineage": ("Lineage",),
    "sensormodel.objects": ("Model", "Policy"),
    "sensormodel.registry": ("Registry",),
    "sensormodel.reproduction": ("Place", "Reproductions"),
    "sensormodel.requests": ("StageRequest",),
    "sensormodel.runs": ("Comparison", "Experiment", "ExperimentSummary", "Goal", "Run", "Statistics"),
    "sensormodel.versions": ("VersionRecord",),
    "sensormodel.waiting": ("has_answered", "has_condition", "has_decided", "has_trained_for", "is_ready", "serves"),
}
_MODULE: Final = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "ClientError",
    "Cluster",
    "Comparison",
    "Condition",
    "ConditionType",
    "Connection",
    "Experiment",
    "ExperimentSummary",
    "Experiments",
    "Goal",
    "InvalidRequest",
    "Lineage",
    "Metric",
    "Missing",
    "Model",
    "NoAnswer",
    "Parameter",
    "Place",
    "Policy",
    "Reason",
    "Refused",
    "Registry",
    "Reproductions",
    "RetrainingPolicySpec",
    "Run",
    "RunTag",
    "SensorModelSpec",
    "SensorModelStatus",
    "Stage",
    "StageRequest",
    "Statistics",
    "TimedOut",
    "VersionRecord",
    "has_answered",
    "has_condition",
    "has_decided",
    "has_trained_for",
    "is_ready",
    "serves",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE[name]), name)

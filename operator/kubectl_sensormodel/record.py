"""Which records in MLflow belong to a SensorModel: its registered model, its experiment, and the metric that counts."""

from typing import NamedTuple

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.verbs import Target, policy_for
from model_contract.keys import Kpi
from sensormodel.connection import SENSOR_MODELS
from sensormodel.objects import model_of


class Names(NamedTuple):
    """Of one SensorModel."""

    key: str
    registered_model: str
    experiment: str
    metric: Kpi  # that its policy promotes by


def names_of(target: Target, name: str) -> Names:
    """The names that a SensorModel's spec gives.

    Raises:
        PluginError: the spec does not parse.
    """
    cluster = target.connect()
    model = model_of(cluster.get(SENSOR_MODELS, name))
    if model.spec is None:
        raise PluginError(f"the spec of {model.key} cannot be read; see its status", code=ExitCode.NOT_FINE)
    policy = policy_for(cluster, model)
    metric = policy.spec.promotion.metric if policy else Kpi.RMSE
    return Names(model.key, model.spec.registered_model, model.spec.experiment, metric)


def experiment_of(target: Target, name: str | None, experiment: str | None) -> str:
    """The experiment that is named, or that of a SensorModel.

    Raises:
        PluginError: not exactly one of both is named.
    """
    if (name is None) == (experiment is None):
        raise PluginError("name either a SensorModel or, with --experiment, an experiment", code=ExitCode.USAGE)
    return experiment if experiment is not None else names_of(target, name or "").experiment

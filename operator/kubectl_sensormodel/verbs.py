"""What each verb does, from parsed options to an exit code. `app.py` declares the options and calls these lazily."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from kubectl_sensormodel import asking, history, why
from kubectl_sensormodel.cluster import POLICIES, SENSOR_MODELS, Cluster
from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.explanation import explain
from kubectl_sensormodel.objects import Model, Policy, model_of, policy_of
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.screen import console, write_json
from model_operator.api.base import KubeModel


class Target(NamedTuple):
    """Which cluster, as given on the command line."""

    kubeconfig: Path | None
    context: str | None
    namespace: str | None

    def connect(self) -> Cluster:
        """The cluster."""
        return Cluster.connect(self.kubeconfig, self.context, self.namespace)


def explain_decision(target: Target, name: str, output: Output) -> ExitCode:
    """`why`."""
    cluster, now = target.connect(), _now()
    model = model_of(cluster.get(SENSOR_MODELS, name))
    found = explain(model, policy_for(cluster, model), now)
    if output is Output.JSON:
        write_json(_plain(found))
    else:
        why.draw(found, now, console())
    return ExitCode.FINE


def show_history(target: Target, name: str, output: Output) -> ExitCode:
    """`history`."""
    model = model_of(target.connect().get(SENSOR_MODELS, name))
    entries = history.entries_of(model)
    if output is Output.JSON:
        write_json([_plain(entry) for entry in entries])
    else:
        history.draw(model, entries, _now(), console())
    return ExitCode.FINE


def retrain(target: Target, name: str, reason: str | None) -> ExitCode:
    """`retrain`."""
    return _tell(asking.request_training(target.connect(), name, reason, _now()))


def set_suspended(target: Target, name: str | None, policy: str | None, *, suspend: bool) -> ExitCode:
    """`suspend` and `resume`."""
    return _tell(asking.set_suspended(target.connect(), name, policy, suspend=suspend))


def policy_for(cluster: Cluster, model: Model) -> Policy | None:
    """The policy that a model names; None where it cannot be read."""
    return policy_of(cluster.find(POLICIES, model.spec.policy_ref.name)) if model.spec else None


def _tell(outcome: asking.Outcome) -> ExitCode:
    screen = console()
    screen.print(outcome.message[0].upper() + outcome.message[1:] + ".", soft_wrap=True)
    if outcome.follows:
        screen.print(outcome.follows, soft_wrap=True)
    return ExitCode.FINE


def _plain(value: KubeModel) -> dict[str, Any]:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)

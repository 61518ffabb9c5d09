"""What each verb does, from parsed options to an exit code. `app.py` declares the options and calls these lazily."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from kubectl_sensormodel import asking, history, status, why
from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.explanation import explain
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.screen import console, write_json
from kubectl_sensormodel.state import StateLine, line_of
from model_operator.api.base import KubeModel, parse_duration
from sensormodel.connection import POLICIES, SENSOR_MODELS, Connection
from sensormodel.objects import Model, Policy, model_of, policy_of
from sensormodel.waiting import SystemClock


class Target(NamedTuple):
    """Which cluster, as given on the command line."""

    kubeconfig: Path | None
    context: str | None
    namespace: str | None

    def connect(self) -> Connection:
        """The cluster."""
        return Connection.connect(self.kubeconfig, self.context, self.namespace)


def explain_decision(target: Target, name: str, output: Output) -> ExitCode:
    """`why`."""
    cluster, now = target.connect(), SystemClock().now()
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
        history.draw(model, entries, SystemClock().now(), console())
    return ExitCode.FINE


def retrain(target: Target, name: str, reason: str | None) -> ExitCode:
    """`retrain`."""
    return _tell(asking.request_training(target.connect(), name, reason, SystemClock().now()))


def set_suspended(target: Target, name: str | None, policy: str | None, *, suspend: bool) -> ExitCode:
    """`suspend` and `resume`."""
    return _tell(asking.set_suspended(target.connect(), name, policy, suspend=suspend))


class Watching(NamedTuple):
    """Whether and how long `status` follows."""

    watch: bool
    timeout: str | None

    @property
    def length(self) -> timedelta | None:
        """The time-out; None: none."""
        try:
            return parse_duration(self.timeout) if self.timeout is not None else None
        except ValueError as error:
            raise PluginError(f"--timeout: {error}", code=ExitCode.USAGE) from error


def show_status(
    target: Target, name: str | None, *, everyone: bool, all_namespaces: bool, watching: Watching, output: Output
) -> ExitCode:
    """`status`."""
    if (name is None) == (not (everyone or all_namespaces)):
        raise PluginError("name one SensorModel, or give --all or --all-namespaces", code=ExitCode.USAGE)
    timeout, cluster, screen = watching.length, target.connect(), console()

    def read() -> Sequence[StateLine]:
        bodies = (
            [cluster.get(SENSOR_MODELS, name)] if name else cluster.list(SENSOR_MODELS, all_namespaces=all_namespaces)
        )
        return [line_of(model_of(body)) for body in bodies]

    if watching.watch or timeout is not None:
        told = screen if output is Output.TABLE else console(stderr=True)
        lines, code = status.follow(read, told, SystemClock(), timeout)
        if code is ExitCode.TIMEOUT:
            console(stderr=True).print(f"error: not settled after {watching.timeout}", soft_wrap=True)
    else:
        lines = read()
        code = status.exit_code(lines)
    if output is Output.JSON:
        write_json([_plain(line) for line in lines])
    elif not (watching.watch or timeout is not None):
        screen.print(status.draw(lines, screen))
    return code


def policy_for(cluster: Connection, model: Model) -> Policy | None:
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

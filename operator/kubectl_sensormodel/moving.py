"""`promote` and `rollback`: ask for a move between stages, and say what comes of it."""

from datetime import timedelta
from typing import NamedTuple

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.screen import console
from kubectl_sensormodel.verbs import Target
from model_operator.api.base import parse_duration
from model_operator.api.requests import PROMOTE_REQUEST
from sensormodel.cluster import Cluster
from sensormodel.objects import Model
from sensormodel.requests import StageRequest, keeper_of
from sensormodel.waiting import serves


class Wishes(NamedTuple):
    """As given on the command line."""

    version: int | None
    pin: bool
    wait: bool
    timeout: str

    def patience(self) -> timedelta:
        """How long to wait; an unreadable --timeout is an error of usage."""
        try:
            return parse_duration(self.timeout)
        except ValueError as error:
            raise PluginError(f"--timeout: {error}", code=ExitCode.USAGE) from error


def promote(target: Target, name: str, wishes: Wishes) -> ExitCode:
    """`promote`."""
    wishes.patience()  # refused before anything is asked for
    cluster = Cluster(target.connect())
    model = cluster.model(name)
    if wishes.version is not None and serves(wishes.version)(model) and not wishes.pin:
        console().print(f"Version {wishes.version} of {model.key} is Production already.", soft_wrap=True)
        return ExitCode.FINE
    return _tell(cluster, model, cluster.promote(name, wishes.version, pin=wishes.pin), wishes)


def roll_back(target: Target, name: str, wishes: Wishes) -> ExitCode:
    """`rollback`."""
    wishes.patience()
    cluster = Cluster(target.connect())
    model = cluster.model(name)
    return _tell(cluster, model, cluster.roll_back(name, wishes.version, pin=wishes.pin), wishes)


def _tell(cluster: Cluster, before: Model, request: StageRequest, wishes: Wishes) -> ExitCode:
    screen = console()
    if request.pinned:
        screen.print(f"spec.productionVersion of {before.key} is {request.version}.", soft_wrap=True)
        console(stderr=True).print(f"warning: {_about_the_pin(before)}", soft_wrap=True)
    else:
        verb = "back to Production" if request.is_rollback else "to Production"
        how = f"{PROMOTE_REQUEST}={request.value!r}"
        screen.print(f"Version {request.version} of {before.key} is asked {verb} ({how}).", soft_wrap=True)
    if not wishes.wait:
        again = f"kubectl sensormodel history {before.name} -n {before.namespace}"
        screen.print(f"The operator moves it within seconds, or says why not: {again}", soft_wrap=True)
        return ExitCode.FINE
    model = cluster.wait_for(request, wishes.patience())
    move = next((each for each in model.status.stage_history if each.version == request.version), None)
    since = f" since {move.time:%Y-%m-%d %H:%M:%SZ}" if move else ""
    left = f"; version {request.before} is archived" if request.before not in {None, request.version} else ""
    screen.print(f"Version {request.version} is Production{since}{left}.", soft_wrap=True)
    return ExitCode.FINE


def _about_the_pin(model: Model) -> str:
    keeper = keeper_of(model)
    if keeper:
        return f"{keeper} keeps this object and will put the old spec back: change productionVersion in its source, too"
    return "automatic promotion rests while the pin stands; if the spec is kept in Git, change it there, too"

"""A fleet of models that serve, whose telemetry a test lets drift and whose Jobs it lets end."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from model_operator.api.vocabulary import Severity
from model_operator.gateways.resources import Resource
from tests.builders import drift, version, window
from tests.fakes import EPOCH
from tests.shell.objects import Object, retraining_policy, sensor_model
from tests.shell.rig import Operator, World, ended, settle

SCORES = {Severity.NONE: 0.1, Severity.MODERATE: 0.6, Severity.HIGH: 0.75, Severity.CRITICAL: 0.9}
NO_EVALUATIONS = {"performance": {"enabled": False}}
AN_HOUR = 3600.0  # the check interval: by then every model has been measured
WINDOW_END = EPOCH + timedelta(minutes=30)


def add_policy(world: World, name: str = "default", *, places: int = 10, **spec: object) -> None:
    """A policy without cooldown, under which drift alone leads to Jobs."""
    budget = {"budget": {"maxConcurrent": places}, "cooldown": "0s", "triggers": NO_EVALUATIONS}
    world.put(Resource.RETRAINING_POLICY, retraining_policy(name, spec=budget | spec))


def add_models(world: World, names: Iterable[str], *, policy: str = "default") -> None:
    """Models that serve version 1 and do not drift."""
    for name in names:
        world.put(Resource.SENSOR_MODEL, sensor_model(name, policy=policy))
        world.serve(name)
        let_drift(world, name, Severity.NONE)


def let_drift(world: World, name: str, severity: Severity, *, end: datetime = WINDOW_END) -> None:
    """What the next measurement of the model finds in its two newest windows."""
    found = window(severity, SCORES[severity], end=end)
    world.telemetry.measurements[registered(name)] = drift(found, found)


def registered(name: str) -> str:
    return f"telemanom_{name.upper()}"


def live(world: World) -> list[Object]:
    return [job for job in world.jobs() if not job.get("status", {}).get("conditions")]


def owner(job: Object) -> str:
    name: str = job["metadata"]["ownerReferences"][0]["name"]
    return name


def owners(jobs: Iterable[Object]) -> list[str]:
    return [owner(job) for job in jobs]


def finish(world: World, job: Object) -> Object:
    """The Job has trained a version on the newest window and ends; the API server knows, the watch has not told."""
    name, uid = owner(job), job["metadata"]["uid"]
    model = world.get(Resource.SENSOR_MODEL, name)["metadata"]["uid"]
    world.registry.register(registered(name), version(2, job_uid=uid, owner_uid=model, data_end=WINDOW_END))
    now = EPOCH + timedelta(seconds=asyncio.get_running_loop().time())
    end = ended(job)
    end["status"]["completionTime"] = now.isoformat()
    return world.put(Resource.JOB, end)


def tell_end(world: World, operator: Operator, job: Object) -> None:
    """The Job ends, and the watch tells it."""
    operator.tell(Resource.JOB, finish(world, job))


async def run_until_idle(world: World, operator: Operator, places: int) -> None:
    """Let the Jobs end one by one, and see that there are never more than places."""
    while running := live(world):
        assert len(running) <= places
        tell_end(world, operator, running[0])
        await settle()

"""Restraint does not live in memory: an operator that is started anew, or whose statuses were wiped, trains no more."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from model_contract.task import TriggerKind
from model_operator.api.vocabulary import Reason, Severity
from model_operator.core.observed import GateRecord, Measurement
from model_operator.gateways.errors import Transient
from model_operator.gateways.resources import Resource
from tests.builders import version, window
from tests.fakes import EPOCH
from tests.shell.objects import Object, retraining_policy, sensor_model
from tests.shell.rig import LoopClock, Operator, World, settle

ONLY_DRIFT = {"performance": {"enabled": False}, "dataQuality": {"enabled": False}, "schedule": {"enabled": False}}
NIGHTLY = {"performance": {"enabled": False}, "drift": {"enabled": False}, "schedule": {"cron": "30 2 * * *", "timeZone": "Europe/Berlin"}}  # fmt: skip
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


def world_of(models: int, triggers: Object, **policy: Any) -> World:
    """Models that serve version 1, which came at the beginning of time."""
    world = World()
    world.put(Resource.RETRAINING_POLICY, retraining_policy(spec={"triggers": triggers, **policy}))
    for number in range(models):
        world.put(Resource.SENSOR_MODEL, sensor_model(f"p-{number}"))
        world.serve(f"p-{number}", data_end=EPOCH - timedelta(hours=1))
        world.registry.profiles["run-2"] = b"profile"
    return world


def drifts(world: World, number: int = 0, score: float = 0.74, *, end: datetime = EPOCH) -> None:
    """The telemetry of a model differs from its reference in two consecutive windows."""
    current, previous = (window(Severity.HIGH, score, end=last) for last in (end, end - timedelta(hours=24)))
    world.telemetry.measurements[f"telemanom_P-{number}"] = Measurement(
        reference_version=1, profile_digest="profile-1", current=current, previous=previous
    )


def ends(world: World, job: Object, kind: str = "Complete") -> Object:
    """The Job controller ends a Job now; when it is complete, the trainer has registered a version that is no better."""
    now, owner = LoopClock().now(), job["metadata"]["ownerReferences"][0]
    if kind == "Complete":
        name = f"telemanom_{owner['name'].upper()}"
        made = version(
            len(world.registry.models[name].versions) + 1, create_time=now, data_end=now, job_uid=job["metadata"]["uid"],
            owner_uid=owner["uid"], trigger=TriggerKind(job["metadata"]["labels"]["sensormodel.io/trigger"]),
        )  # fmt: skip
        world.registry.register(name, made)
    condition = {"type": kind, "status": "True", "lastTransitionTime": now.isoformat()}
    return world.put(Resource.JOB, job | {"status": {"completionTime": now.isoformat(), "conditions": [condition]}})


def live(world: World) -> list[Object]:
    return [job for job in world.jobs() if not job.get("status")]


def owner_of(job: Object) -> str:
    return str(job["metadata"]["ownerReferences"][0]["name"])


def attempts(world: World) -> list[str]:
    return [job["metadata"]["annotations"]["sensormodel.io/attempt"] for job in world.jobs()]


def wipe_statuses(world: World) -> None:
    """What a restore from a backup leaves."""
    for (resource, _, _), stored in list(world.cluster.objects.items()):
        if resource in {Resource.SENSOR_MODEL, Resource.RETRAINING_POLICY}:
            world.put(resource, stored | {"status": {}})


async def test_a_back_off_goes_on_where_it_was() -> None:
    world = world_of(1, ONLY_DRIFT, cooldown="0s")
    drifts(world)
    async with Operator(world) as operator:
        for pause in (1 * MINUTE, 2 * MINUTE, 4 * MINUTE):
            operator.tell(Resource.JOB, ends(world, live(world)[0], "Failed"))
            await settle(pause + 5)
        operator.tell(Resource.JOB, ends(world, live(world)[0], "Failed"))
        await settle(1 * MINUTE)
    async with Operator(world):
        await settle(6.5 * MINUTE)
        assert attempts(world) == ["1", "2", "3", "4"]
        await settle(1 * MINUTE)
        assert attempts(world) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("wiped", [False, True], ids=["with its statuses", "with its statuses wiped"])
async def test_a_cooldown_goes_on_where_it_was(*, wiped: bool) -> None:
    world = world_of(1, ONLY_DRIFT, cooldown="24h", checkInterval="1h")
    async with Operator(world):
        await settle(20 * HOUR)
    drifts(world)
    if wiped:
        wipe_statuses(world)
    async with Operator(world):
        await settle(3.9 * HOUR)
        assert world.jobs() == []
        assert world.status("p-0").summary.reason == Reason.COOLING_DOWN
        await settle(0.2 * HOUR)
        assert len(world.jobs()) == 1


@pytest.mark.parametrize("wiped", [False, True], ids=["with its statuses", "with its statuses wiped"])
async def test_two_trainings_without_gain_stay_two(*, wiped: bool) -> None:
    world = world_of(1, ONLY_DRIFT, cooldown="0s")
    refused = GateRecord(reason=Reason.NOT_BETTER, message="no better")
    for number in (2, 3):
        made = version(number, create_time=EPOCH, owner_uid="uid-p-0", trigger=TriggerKind.DRIFT, gate=refused)
        world.registry.register("telemanom_P-0", made)
    drifts(world)
    async with Operator(world):
        await settle(HOUR)
    if wiped:
        wipe_statuses(world)
    async with Operator(world):
        await settle(DAY)
    assert world.jobs() == []
    assert world.condition("Stalled", "p-0") == ("True", "NeedsHuman")


async def test_a_hold_for_a_common_cause_goes_on_where_it_was_and_is_told_once() -> None:
    world = world_of(10, ONLY_DRIFT, cooldown="4h", commonCause={"sharePercent": 30, "holdFor": "12h"})
    async with Operator(world):
        await settle(HOUR)
    for number in range(8):
        drifts(world, number, end=EPOCH + timedelta(hours=1))
    for _ in range(3):  # drift is seen in the second hour, the cooldown ends after the fourth
        async with Operator(world):
            await settle(4 * HOUR)
    assert world.jobs() == []
    async with Operator(world):
        await settle(2 * HOUR)
    assert len(world.jobs()) == 8
    held = [told for _, told in world.cluster.events if told.reason is Reason.COMMON_CAUSE and told.type == "Warning"]
    assert len(held) == 1


async def test_a_hundred_set_times_that_passed_while_the_operator_was_down_give_one_training_a_model() -> None:
    world = world_of(20, NIGHTLY, cooldown="1h", budget={"maxConcurrent": 5})
    async with Operator(world):
        await settle(HOUR)
    assert world.jobs() == []
    await settle(100 * DAY)
    for _ in range(8):  # started again and again, while models wait for a place
        async with Operator(world) as operator:
            assert len(live(world)) <= 5
            for job in live(world)[:3]:
                operator.tell(Resource.JOB, ends(world, job))
            await settle(10)
    assert Counter(owner_of(job) for job in world.jobs()) == {f"p-{number}": 1 for number in range(20)}


async def end_jobs(world: World, operator: Operator, count: int) -> int:
    """End that many Jobs, if there are so many, one after the other; how many ran at the same time."""
    most = len(live(world))
    for _ in range(count):
        if not (running := live(world)):
            break
        operator.tell(Resource.JOB, ends(world, running[0]))
        await settle()
        most = max(most, len(live(world)))
    return most


async def test_a_storm_of_200_drifting_models_stays_within_its_budget_and_loses_none_however_often_the_operator_dies() -> (
    None
):
    world = world_of(200, ONLY_DRIFT, cooldown="0s", budget={"maxConcurrent": 10})
    for number in range(200):
        drifts(world, number, 0.70 + number / 1000)
    most = 0
    for life in range(6):
        if life % 2:  # this one dies before it has told of the Jobs that it creates
            world.cluster.failures["apply_status"].extend([Transient("the process dies here")] * 1_000)
        async with Operator(world) as operator:
            most = max(most, await end_jobs(world, operator, 15))
        world.cluster.failures.clear()
    async with Operator(world) as operator:
        most = max(most, await end_jobs(world, operator, 200))
    assert most == 10
    assert Counter(owner_of(job) for job in world.jobs()) == {f"p-{number}": 1 for number in range(200)}

"""Drift measurements: when they are made, how many at a time, and that no pass waits for one."""

import asyncio
from datetime import datetime, timedelta

import pytest

from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.gateways.errors import Transient
from model_operator.gateways.resources import Resource
from tests.fakes import EPOCH
from tests.shell.objects import retraining_policy, sensor_model
from tests.shell.rig import SETTINGS, Operator, World, settle


@pytest.fixture
def world() -> World:
    """A model that serves version 1."""
    world = World()
    world.put(Resource.RETRAINING_POLICY, retraining_policy(spec={"checkInterval": "1h"}))
    world.put(Resource.SENSOR_MODEL, sensor_model())
    world.serve("p-1")
    return world


async def test_a_measurement_is_made_at_the_start_and_then_every_check_interval(world: World) -> None:
    async with Operator(world):
        assert len(world.telemetry.plans) == 1
        await settle(3590)
        assert len(world.telemetry.plans) == 1
        await settle(20)
        assert len(world.telemetry.plans) == 2


async def test_a_measurement_that_says_the_same_writes_nothing(world: World) -> None:
    async with Operator(world):
        await settle(60)
        before = list(world.cluster.writes)
        await settle(5 * 3600)
        assert len(world.telemetry.plans) == 6
        assert world.cluster.writes == before


async def test_after_a_restart_the_time_in_the_status_counts(world: World) -> None:
    async with Operator(world):
        await settle(60)
    async with Operator(world):
        await settle(60)
    assert len(world.telemetry.plans) == 1


async def test_what_was_found_stands_in_the_status(world: World) -> None:
    async with Operator(world):
        assessment = world.status().assessment
    assert assessment is not None
    assert assessment.problem is Reason.TELEMETRY_NOT_ALLOWED
    assert assessment.time - EPOCH < timedelta(seconds=5)


async def test_a_worker_that_fails_is_told_as_telemetry_that_could_not_be_judged(world: World) -> None:
    world.telemetry.failures["measure"].append(Transient("the worker process died"))
    async with Operator(world):
        assert world.condition("DataHealthy") == ("False", "TelemetryUnavailable")


async def test_a_profile_that_cannot_be_read_is_told_and_tried_again_at_the_next_check(world: World) -> None:
    world.registry.profiles.clear()
    async with Operator(world):
        assessment = world.status().assessment
        assert assessment is not None
        assert assessment.problem is Reason.REGISTRY_UNAVAILABLE
        world.registry.profiles["run-of-p-1"] = b"profile"
        await settle(3660)
        assert len(world.telemetry.plans) == 1


async def test_measurements_are_made_a_few_at_a_time_and_hold_up_no_pass(world: World) -> None:
    for number in range(2, 8):
        world.put(Resource.SENSOR_MODEL, sensor_model(f"p-{number}"))
        world.serve(f"p-{number}")
    running = most = 0
    measure = world.telemetry.measure

    async def slowly(plan: MeasurementPlan, profile: bytes | None, now: datetime) -> Measurement:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(60)
        running -= 1
        return await measure(plan, profile, now)

    world.telemetry.measure = slowly  # type: ignore[method-assign]
    async with Operator(world) as operator:
        operator.apply(Resource.SENSOR_MODEL, sensor_model("new"))
        await settle()
        assert world.condition("Training", "new") == ("True", "TrainingStarted")
        await settle(600)
    assert (most, len(world.telemetry.plans)) == (SETTINGS.measurement_processes, 7)

"""A whole plant drifts at once: one hold, one event, no storm of trainings; then, one way or the other, it ends."""

from collections import Counter

from model_operator.api.vocabulary import Severity
from model_operator.gateways.resources import Resource
from tests.shell.fleet import add_models, add_policy, let_drift, live, owners, tell_end
from tests.shell.objects import Object
from tests.shell.rig import Operator, World, settle

HOUR = 3600.0
NAMES = [f"p-{number:02}" for number in range(40)]


def plant() -> World:
    """40 models of one policy that holds when more than half of them drift."""
    world = World()
    add_policy(world, places=4, commonCause={"sharePercent": 50, "holdFor": "6h"})
    add_models(world, NAMES)
    return world


async def disturb(world: World) -> None:
    """All models begin to drift, and are measured within the hour."""
    await settle(60)
    for name in NAMES:
        let_drift(world, name, Severity.HIGH)
    await settle(HOUR)


def policy(world: World) -> Object:
    return world.get(Resource.RETRAINING_POLICY, "default")


def held(world: World) -> bool:
    return any(condition["type"] == "CommonCause" for condition in policy(world)["status"]["conditions"])


def policy_events(world: World) -> list[str]:
    uid = policy(world)["metadata"]["uid"]
    return [
        event.reason for (about, event), count in world.cluster.events.items() for _ in range(count) if about == uid
    ]


def reasons(world: World) -> Counter[str]:
    """The last decisions of the models."""
    decisions = [world.status(name).last_decision for name in NAMES]
    return Counter(decision.reason.value for decision in decisions if decision)


async def run_until_idle(world: World, operator: Operator) -> None:
    while running := live(world):
        assert len(running) <= 4
        tell_end(world, operator, running[0])
        await settle()


async def release(world: World, operator: Operator, value: str = "now") -> None:
    asked = policy(world)
    asked["metadata"]["annotations"] = {"sensormodel.io/release-requested-at": value}
    operator.apply(Resource.RETRAINING_POLICY, asked)
    await settle(10)


async def test_one_hold_and_one_event_instead_of_a_storm() -> None:
    world = plant()
    async with Operator(world) as operator:
        await disturb(world)
        await settle(60)
        assert held(world)
        assert policy_events(world) == ["CommonCause"]
        started = len(world.jobs())
        assert started <= 4  # what had begun before the policy was looked at
        for job in live(world):
            tell_end(world, operator, job)
        await settle(60)
        assert len(world.jobs()) == started
        assert reasons(world) == {"CommonCause": 40 - started, "DriftAlreadyHandled": started}
        assert policy(world)["status"]["waiting"] == 0


async def test_a_release_lets_all_train_within_the_budget() -> None:
    world = plant()
    async with Operator(world) as operator:
        await disturb(world)
        await settle(60)
        await release(world, operator)
        assert not held(world)
        await run_until_idle(world, operator)
        await settle(2 * HOUR)
        assert policy_events(world) == ["CommonCause", "CommonCauseReleased"]
    assert sorted(owners(world.jobs())) == NAMES
    assert policy(world)["status"]["lastHandledReleaseRequest"] == "now"


async def test_the_end_of_its_time_lets_all_train_within_the_budget() -> None:
    world = plant()
    async with Operator(world) as operator:
        await disturb(world)
        for job in live(world):
            tell_end(world, operator, job)
        await settle(5 * HOUR)
        before = len(world.jobs())
        assert held(world)
        await settle(HOUR + 10)
        assert not held(world)
        assert len(world.jobs()) > before
        await run_until_idle(world, operator)
        assert policy_events(world) == ["CommonCause", "CommonCauseReleased"]
    assert sorted(owners(world.jobs())) == NAMES


async def test_a_hold_survives_a_restart_and_is_not_told_again() -> None:
    world = plant()
    async with Operator(world):
        await disturb(world)
        await settle(60)
    before = list(world.cluster.writes)
    async with Operator(world):
        await settle(60)
        assert world.cluster.writes == before
    async with Operator(world):
        await settle(6 * HOUR)
        assert not held(world)
        assert policy_events(world) == ["CommonCause", "CommonCauseReleased"]


async def test_a_hold_that_ran_out_while_the_operator_was_away_is_told_as_ended() -> None:
    world = plant()
    async with Operator(world):
        await disturb(world)
        await settle(60)
    await settle(7 * HOUR)
    async with Operator(world):
        await settle(60)
        assert not held(world)
        assert policy_events(world) == ["CommonCause", "CommonCauseReleased"]
        assert len(live(world)) == 4


async def test_a_request_trains_during_a_hold() -> None:
    world = plant()
    async with Operator(world) as operator:
        await disturb(world)
        for job in live(world):
            tell_end(world, operator, job)
        await settle(60)
        asked = world.get(Resource.SENSOR_MODEL, "p-39")
        asked["metadata"]["annotations"] = {"sensormodel.io/retrain-requested-at": "now"}
        operator.apply(Resource.SENSOR_MODEL, asked)
        await settle()
        assert owners(live(world)) == ["p-39"]


async def test_a_few_drifting_models_are_trained_as_ever() -> None:
    world = plant()
    async with Operator(world) as operator:
        await settle(60)
        for name in NAMES[:20]:
            let_drift(world, name, Severity.HIGH)
        await settle(HOUR + 60)
        await run_until_idle(world, operator)
        assert policy_events(world) == []
    assert sorted(owners(world.jobs())) == NAMES[:20]


async def test_budgets_and_holds_are_gauges() -> None:
    world = plant()
    async with Operator(world) as operator:
        await disturb(world)
        await settle(60)
        labels = '{name="default",namespace="plant"}'
        seen = [line.removeprefix("sensormodel_policy_") for line in operator.metrics().splitlines() if labels in line]
        held = [f"max_concurrent{labels} 4.0", f"running{labels} 4.0", f"waiting{labels} 0.0", f"held{labels} 1.0"]
        assert seen == held

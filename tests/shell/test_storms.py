"""Storms: many models want to train, few may. Whoever is in the worst state comes first, and nobody is lost."""

from model_operator.api.vocabulary import Severity
from model_operator.gateways.errors import Transient
from model_operator.gateways.resources import Resource
from tests.shell.fleet import (
    AN_HOUR,
    add_models,
    add_policy,
    finish,
    let_drift,
    live,
    owners,
    run_until_idle,
    tell_end,
)
from tests.shell.rig import SETTINGS, Operator, World, settle

LADDER = (Severity.MODERATE, Severity.HIGH, Severity.CRITICAL)


def storm(world: World, count: int) -> dict[str, Severity]:
    """From now on all models drift, mildly, strongly and critically in turn."""
    severities = {f"p-{number:03}": LADDER[number % 3] for number in range(count)}
    for name, severity in severities.items():
        let_drift(world, name, severity)
    return severities


def rank(severity: Severity) -> int:
    return -LADDER.index(severity)


async def test_a_storm_of_200_models_never_exceeds_its_10_places_and_loses_nobody() -> None:
    world = World()
    add_policy(world, places=10)
    add_models(world, [f"p-{number:03}" for number in range(200)])
    async with Operator(world) as operator:
        await settle(60)
        assert world.jobs() == []
        severities = storm(world, 200)
        await settle(AN_HOUR)
        assert len(live(world)) == 10
        await run_until_idle(world, operator, 10)
    started = owners(world.jobs())
    assert sorted(started) == sorted(severities)
    ranks = [rank(severities[name]) for name in started[10:]]
    assert ranks == sorted(ranks)


async def test_a_restart_in_the_middle_of_a_storm_changes_neither_order_nor_number() -> None:
    world = World()
    add_policy(world, places=10)
    add_models(world, [f"p-{number:03}" for number in range(60)])
    async with Operator(world):
        await settle(60)
        severities = storm(world, 60)
        await settle(AN_HOUR)
    for job in live(world)[:4]:
        finish(world, job)
    async with Operator(world) as operator:
        await settle()
        assert len(live(world)) == 10
        await run_until_idle(world, operator, 10)
    started = owners(world.jobs())
    assert sorted(started) == sorted(severities)
    ranks = [rank(severities[name]) for name in started[10:]]
    assert ranks == sorted(ranks)


async def test_a_restart_tells_those_who_wait_nothing_new() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, [f"p-{number:03}" for number in range(20)])
    async with Operator(world) as operator:
        await settle(60)
        storm(world, 20)
        await settle(AN_HOUR)
        tell_end(world, operator, live(world)[0])
        await settle(1200)
    before = list(world.cluster.writes)
    async with Operator(world):
        await settle(60)
    assert world.cluster.writes == before


async def test_two_policies_together_stay_within_the_limit_of_the_operator() -> None:
    world = World()
    for policy in ("north", "south"):
        add_policy(world, policy, places=10)
    add_models(world, [f"p-{number:03}" for number in range(0, 40, 2)], policy="north")
    add_models(world, [f"p-{number:03}" for number in range(1, 40, 2)], policy="south")
    async with Operator(world, SETTINGS.model_copy(update={"max_concurrent_trainings": 12})) as operator:
        await settle(60)
        severities = storm(world, 40)
        await settle(AN_HOUR)
        assert len(live(world)) == 12
        await run_until_idle(world, operator, 12)
    started = owners(world.jobs())
    assert sorted(started) == sorted(severities)


async def test_a_line_that_its_own_policy_blocks_does_not_block_another_policy() -> None:
    world = World()
    add_policy(world, "narrow", places=1)
    add_policy(world, "wide", places=10)
    add_models(world, ["n-1", "n-2", "n-3"], policy="narrow")
    add_models(world, ["w-1", "w-2"], policy="wide")
    for name in ("n-1", "n-2", "n-3"):
        let_drift(world, name, Severity.CRITICAL)
    async with Operator(world, SETTINGS.model_copy(update={"max_concurrent_trainings": 3})):
        await settle(60)
        for name in ("w-1", "w-2"):
            let_drift(world, name, Severity.MODERATE)
        await settle(AN_HOUR)
        assert len(live(world)) == 3
        assert {"w-1", "w-2"} < set(owners(live(world)))


async def test_whoever_waits_keeps_the_place_while_mlflow_is_away() -> None:
    world = World()
    add_policy(world, places=2)
    names = [f"p-{number:03}" for number in range(12)]
    add_models(world, names)
    async with Operator(world) as operator:
        await settle(60)
        severities = storm(world, 12)
        await settle(AN_HOUR)
        jobs = live(world)
        world.registry.failures["read_model"].append(Transient("MLflow is away"))
        world.registry.failures["sweep"].extend([Transient("MLflow is away")] * 6)
        for job in jobs:
            tell_end(world, operator, job)
        await settle(600)
        await run_until_idle(world, operator, 2)
    started = owners(world.jobs())
    assert sorted(started) == names
    ranks = [rank(severities[name]) for name in started[2:]]
    assert ranks == sorted(ranks)


async def test_a_raised_budget_is_used_at_once_by_those_who_come_first() -> None:
    world = World()
    add_policy(world, places=1)
    names = [f"p-{number:03}" for number in range(30)]
    add_models(world, names)
    async with Operator(world) as operator:
        await settle(60)
        storm(world, 30)
        await settle(AN_HOUR)
        policy = world.get(Resource.RETRAINING_POLICY, "default")
        policy["spec"]["budget"]["maxConcurrent"] = 4
        policy["metadata"]["generation"] = 2
        operator.apply(Resource.RETRAINING_POLICY, policy)
        await settle()
        assert owners(live(world)) == ["p-000", "p-002", "p-005", "p-008"]

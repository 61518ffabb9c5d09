"""One place, a few models: who gets it next, what happens when that one cannot, and what those who wait are told."""

from datetime import datetime, timedelta

from model_operator.api.vocabulary import Severity
from model_operator.gateways.errors import Transient
from model_operator.gateways.resources import Resource
from tests.fakes import EPOCH
from tests.shell.fleet import AN_HOUR, add_models, add_policy, let_drift, live, owner, owners, run_until_idle, tell_end
from tests.shell.objects import Object
from tests.shell.rig import Operator, World, ended, settle


async def test_a_persons_request_comes_before_the_most_critical_drift() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2", "p-3"])
    async with Operator(world) as operator:
        await settle(60)
        for name in ("p-1", "p-2"):
            let_drift(world, name, Severity.CRITICAL)
        await settle(AN_HOUR)
        asked = world.get(Resource.SENSOR_MODEL, "p-3")
        asked["metadata"]["annotations"] = {"sensormodel.io/retrain-requested-at": "today"}
        operator.apply(Resource.SENSOR_MODEL, asked)
        await settle()
        await run_until_idle(world, operator, 1)
    assert owners(world.jobs()) == ["p-1", "p-3", "p-2"]


async def test_a_model_that_became_worse_moves_forward_in_line() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2", "p-3"])
    async with Operator(world) as operator:
        await settle(60)
        for name in ("p-1", "p-2", "p-3"):
            let_drift(world, name, Severity.MODERATE)
        await settle(AN_HOUR)
        let_drift(world, "p-3", Severity.CRITICAL)
        await settle(AN_HOUR)
        await run_until_idle(world, operator, 1)
    assert owners(world.jobs()) == ["p-1", "p-3", "p-2"]


async def test_trainings_come_before_evaluations() -> None:
    world = World()
    add_policy(world, places=1, triggers={})
    names = ["p-1", "p-2", "p-3"]
    add_models(world, names)
    for name in names:
        let_drift(world, name, Severity.NONE, end=EPOCH + timedelta(hours=24))
    async with Operator(world) as operator:
        await settle(24 * AN_HOUR + 10)
        assert tasks(world) == [("evaluate", "p-1")]
        assert policy_status(world)["waiting"] == 2
        let_drift(world, "p-3", Severity.MODERATE, end=EPOCH + timedelta(hours=24))
        await settle(AN_HOUR)
        operator.tell(Resource.JOB, world.put(Resource.JOB, ended(live(world)[0])))
        await settle()
        assert tasks(world) == [("evaluate", "p-1"), ("train", "p-3")]
        tell_end(world, operator, live(world)[0])
        await settle()
        assert tasks(world)[2:] == [("evaluate", "p-2")]


async def test_a_model_that_is_deleted_or_changes_its_policy_leaves_the_line() -> None:
    world = World()
    add_policy(world, places=1)
    add_policy(world, "other", places=1)
    add_models(world, ["p-1", "p-2", "p-3", "p-4"])
    for name in ("p-1", "p-2", "p-3", "p-4"):
        let_drift(world, name, Severity.HIGH)
    async with Operator(world) as operator:
        await settle(10)
        assert policy_status(world)["waiting"] == 3
        operator.delete(Resource.SENSOR_MODEL, "p-2")
        moved = world.get(Resource.SENSOR_MODEL, "p-3")
        moved["spec"]["policyRef"]["name"] = "other"
        moved["metadata"]["generation"] = 2
        operator.apply(Resource.SENSOR_MODEL, moved)
        await settle(10)
        assert owners(live(world)) == ["p-1", "p-3"]
        assert policy_status(world)["waiting"] == 1
        tell_end(world, operator, live(world)[0])
        await settle()
        assert owners(live(world)) == ["p-3", "p-4"]


async def test_a_model_whose_job_cannot_be_created_does_not_hold_up_the_line() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2", "p-3"])
    for name in ("p-1", "p-2", "p-3"):
        let_drift(world, name, Severity.HIGH)
    async with Operator(world) as operator:
        world.cluster.failures["create_job"].extend([Transient("503")] * 3)
        tell_end(world, operator, live(world)[0])
        await settle(60)
        assert len(live(world)) == 1
        await run_until_idle(world, operator, 1)
    assert sorted(owners(world.jobs())) == ["p-1", "p-2", "p-3"]


async def test_a_job_whose_creation_was_not_answered_holds_its_place() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2"])
    for name in ("p-1", "p-2"):
        let_drift(world, name, Severity.HIGH)
    world.cluster.lost_answers = 1
    async with Operator(world):
        await settle(AN_HOUR)
        assert len(world.jobs()) == 1


async def test_a_place_that_was_held_for_a_job_that_is_not_there_is_passed_on() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2"])
    for name in ("p-1", "p-2"):
        let_drift(world, name, Severity.HIGH)
    world.cluster.failures["create_job"].extend([Transient("no answer")] * 2)
    async with Operator(world) as operator:
        operator.delete(Resource.SENSOR_MODEL, "p-1")
        assert world.jobs() == []
        await settle(5)
        assert owners(live(world)) == ["p-2"]


async def test_a_place_that_a_model_no_longer_wants_is_passed_on_at_once() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2", "p-3"])
    for name in ("p-1", "p-2", "p-3"):
        let_drift(world, name, Severity.HIGH)
    async with Operator(world) as operator:
        await settle(10)
        changed = world.get(Resource.SENSOR_MODEL, "p-2")
        changed["metadata"]["generation"] = 2
        changed["spec"]["suspend"] = True
        suspended = world.put(Resource.SENSOR_MODEL, changed)
        tell_end(world, operator, live(world)[0])
        operator.tell(Resource.SENSOR_MODEL, suspended)  # when the place has been offered already
        await settle()
        assert owners(live(world)) == ["p-3"]


async def test_a_job_holds_its_place_until_it_is_gone_even_when_its_model_is_deleted() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2"])
    for name in ("p-1", "p-2"):
        let_drift(world, name, Severity.HIGH)
    async with Operator(world) as operator:
        await settle(10)
        (job,) = live(world)
        operator.delete(Resource.SENSOR_MODEL, owner(job))
        await settle(1000)
        assert len(live(world)) == 1
        operator.delete(Resource.JOB, job["metadata"]["name"])
        await settle()
        assert owners(live(world)) == ["p-2"]


async def test_a_model_in_line_says_its_place_and_how_long_it_takes() -> None:
    world = World()
    add_policy(world, places=1)
    add_models(world, ["p-1", "p-2", "p-3"])
    for name in ("p-1", "p-2", "p-3"):
        let_drift(world, name, Severity.HIGH)
    async with Operator(world) as operator:
        await settle(1800)
        assert told(world, "p-3").endswith(
            "1 of 1 trainings of the policy are running (budget.maxConcurrent); place 2 of 2"
        )
        tell_end(world, operator, live(world)[0])
        await settle(100)
        since = since_when(world, "p-3")
        assert told(world, "p-3").endswith("place 2 of 2")  # the line has moved, but it was told less than 5 min ago
        await settle(600)
        assert told(world, "p-3").endswith("place 1 of 1, about 30m")
        assert since_when(world, "p-3") == since


def tasks(world: World) -> list[tuple[str, str]]:
    """Of all Jobs, what they do and for which model."""
    return [(job["metadata"]["labels"].get("sensormodel.io/task", "train"), owner(job)) for job in world.jobs()]


def told(world: World, name: str) -> str:
    decision = world.status(name).last_decision
    return decision.message if decision else ""


def since_when(world: World, name: str) -> datetime | None:
    decision = world.status(name).last_decision
    return decision.time if decision else None


def policy_status(world: World, name: str = "default") -> Object:
    status: Object = world.get(Resource.RETRAINING_POLICY, name)["status"]
    return status

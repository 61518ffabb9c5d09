"""MLflow as passes see it: how often it is called, and what happens when it does not answer."""

import pytest

from model_operator.api.vocabulary import Reason
from model_operator.gateways.errors import Permanent, Transient
from model_operator.gateways.resources import Resource
from tests.builders import version
from tests.shell.objects import retraining_policy, sensor_model
from tests.shell.rig import Operator, World, ended, settle

NAME = "telemanom_P-1"


class CountingSweeps:
    """The registry of a world, with its sweeps counted."""

    def __init__(self, world: World) -> None:
        self.count = 0
        self._sweep = world.registry.sweep
        world.registry.sweep = self.sweep  # type: ignore[method-assign]

    async def sweep(self) -> dict[str, str]:
        self.count += 1
        return await self._sweep()


@pytest.fixture
def world() -> World:
    """One model, and a policy that asks for a check every hour."""
    world = World()
    world.put(Resource.RETRAINING_POLICY, retraining_policy(spec={"checkInterval": "1h"}))
    world.put(Resource.SENSOR_MODEL, sensor_model())
    return world


def outage(world: World, calls: int = 1_000) -> None:
    for method in ("sweep", "read_model", "write"):
        world.registry.failures[method].extend([Transient("no answer within 10 s")] * calls)


async def test_at_rest_one_sweep_per_check_interval_is_all(world: World) -> None:
    sweeps = CountingSweeps(world)
    async with Operator(world):
        assert (sweeps.count, world.registry.reads) == (1, [])
        await settle(3 * 3600 + 60)
        assert (sweeps.count, world.registry.reads) == (4, [])


async def test_without_policies_nothing_is_swept_after_the_start() -> None:
    world = World()
    sweeps = CountingSweeps(world)
    async with Operator(world):
        await settle(24 * 3600)
        assert sweeps.count == 1


async def test_the_shortest_check_interval_counts_but_never_less_than_ten_seconds(world: World) -> None:
    world.put(Resource.RETRAINING_POLICY, retraining_policy("eager", spec={"checkInterval": "1s"}))
    world.put(Resource.SENSOR_MODEL, sensor_model("p-2", policy="eager"))
    sweeps = CountingSweeps(world)
    async with Operator(world):
        await settle(100)
        assert sweeps.count == 11


async def test_a_model_that_exists_is_read_once_at_the_start(world: World) -> None:
    world.serve("p-1", drift_profile_digest=None)
    world.registry.register("somebody-elses", version(1))
    async with Operator(world) as operator:
        assert world.registry.reads == [NAME]
        operator.tell_everything()
        await settle(7200)
        assert world.registry.reads == [NAME]


async def test_the_end_of_a_job_makes_the_model_be_read(world: World) -> None:
    async with Operator(world) as operator:
        assert world.registry.reads == []
        operator.apply(Resource.JOB, ended(world.jobs()[0], "Failed"))
        await settle()
        assert world.registry.reads == [NAME]


async def test_a_change_that_somebody_made_in_mlflow_is_seen_with_the_next_sweep(world: World) -> None:
    async with Operator(world):
        assert world.status().stages.production is None
        world.registry.register(NAME, version(1))
        world.registry.models[NAME] = world.registry.models[NAME].model_copy(update={"production": 1})
        await settle(3600 + 60)
        production = world.status().stages.production
        assert production is not None
        assert production.version == 1


async def test_a_model_that_was_deleted_in_mlflow_is_seen_with_the_next_sweep(world: World) -> None:
    world.serve("p-1", drift_profile_digest=None)
    async with Operator(world):
        assert world.status().stages.production is not None
        del world.registry.models[NAME]
        await settle(3600 + 60)
        assert world.status().stages.production is None


async def test_without_mlflow_a_new_model_waits_and_says_so_once(world: World) -> None:
    outage(world)
    async with Operator(world):
        await settle(600)
        assert world.condition("RegistryInSync") == ("False", "RegistryUnavailable")
        assert [method for method, _, _ in world.cluster.writes].count("apply_status") == 2  # model and policy


async def test_when_mlflow_answers_again_those_that_waited_go_on(world: World) -> None:
    outage(world)
    async with Operator(world):
        await settle(30)
        world.registry.failures.clear()
        await settle(61)
        assert len(world.jobs()) == 1


async def test_an_outage_between_sweeps_is_found_by_a_call_and_only_the_sweep_tries_again(world: World) -> None:
    async with Operator(world) as operator:
        outage(world)
        operator.apply(Resource.JOB, ended(world.jobs()[0]))
        await settle(600)
        assert world.registry.reads == [NAME]
        world.registry.failures.clear()
        await settle(61)
        assert world.registry.reads == [NAME, NAME]


async def test_a_model_that_is_known_stays_in_use_while_mlflow_is_gone(world: World) -> None:
    world.serve("p-1", drift_profile_digest=None)
    async with Operator(world) as operator:
        await settle(60)
        outage(world)
        before = list(world.cluster.writes)
        await settle(2 * 3600)
        operator.tell_everything()
        await settle(60)
        assert world.cluster.writes == before
        assert world.condition("Ready") == ("True", "UpToDate")


async def test_what_mlflow_refuses_for_one_model_concerns_no_other(world: World) -> None:
    world.put(Resource.SENSOR_MODEL, sensor_model("p-2"))
    world.registry.register(NAME, version(1))
    refusal = Permanent("403: no permission for telemanom_P-1", reason=Reason.REGISTRY_UNAVAILABLE)
    world.registry.failures["read_model"].extend([refusal] * 3)
    async with Operator(world):
        assert world.condition("RegistryInSync", "p-1") == ("False", "RegistryUnavailable")
        assert world.condition("Training", "p-2") == ("True", "TrainingStarted")
        await settle(10)
        assert world.condition("RegistryInSync", "p-1") == ("True", "InSync")

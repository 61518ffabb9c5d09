"""MLflow as passes see it: how often it is called, and what happens when it does not answer."""

import asyncio
from collections import Counter

import pytest

from model_operator.api.vocabulary import Reason
from model_operator.gateways.errors import Permanent, Transient
from model_operator.gateways.resources import Resource
from model_operator.metrics import Metrics
from model_operator.shell.registry_view import RegistryView
from tests.builders import version
from tests.fakes import FakeRegistry
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


async def test_a_model_that_was_registered_since_the_newest_sweep_is_not_trained_anew(world: World) -> None:
    async with Operator(world) as operator:
        await settle(60)
        world.registry.register("telemanom_P-2", version(1))
        operator.apply(Resource.SENSOR_MODEL, sensor_model("p-2"))
        await settle()
        assert set(world.registry.reads) == {"telemanom_P-2"}
        assert world.condition("Training", "p-2") == ("False", "TrainingIdle")


async def test_tags_of_old_versions_that_no_sweep_shows_are_read_once_a_day(world: World) -> None:
    for number in range(2, 49):
        world.put(Resource.SENSOR_MODEL, sensor_model(f"p-{number}"))
        world.serve(f"p-{number}", drift_profile_digest=None)
    world.serve("p-1", drift_profile_digest=None)
    async with Operator(world):
        first = Counter(world.registry.reads)
        await settle(24 * 3600 + 60)
        assert Counter(world.registry.reads) - first == first  # each once more
        per_hour = len(world.registry.reads) - len(first)
        await settle(3600)
        assert len(world.registry.reads) - len(first) - per_hour == 2


async def test_after_a_failed_sweep_pauses_double_and_jitter_takes_up_to_half_of_them() -> None:
    for jitter, expected in ((1.0, [0.0, 1.0, 3.0, 7.0, 15.0]), (0.0, [0.0, 0.5, 1.5, 3.5, 7.5])):
        registry, times = FakeRegistry(), list[float]()
        registry.failures["sweep"].extend([Transient("busy")] * 5)
        await sweep_until(registry, times, 5, jitter=jitter)
        assert times == expected


async def test_a_pause_that_the_server_asks_for_is_kept_up_to_a_quarter_of_an_hour() -> None:
    registry, times = FakeRegistry(), list[float]()
    registry.failures["sweep"].extend(Transient("busy", retry_after_seconds=asked) for asked in (30.0, 86_400.0, 0.0))
    await sweep_until(registry, times, 3, jitter=1.0)
    assert times == [0.0, 30.0, 930.0]


async def sweep_until(registry: FakeRegistry, times: list[float], count: int, *, jitter: float) -> None:
    """Sweep so many times, and note when."""
    loop, enough, sweep = asyncio.get_running_loop(), asyncio.Event(), registry.sweep
    started = loop.time()

    async def noted() -> dict[str, str]:
        times.append(loop.time() - started)
        if len(times) == count:
            enough.set()
        return await sweep()

    registry.sweep = noted  # type: ignore[method-assign]
    view = RegistryView(registry, wake=lambda _: None, interval=lambda: None, metrics=Metrics(), jitter=lambda: jitter)
    running = asyncio.create_task(view.run())
    await enough.wait()
    running.cancel()

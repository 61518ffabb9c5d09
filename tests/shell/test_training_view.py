"""How far trainings are: when MLflow is asked, what the status shows, and how often it is written."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from model_contract.progress import TrainingProgress, TrainingStep
from model_operator.api.sensormodelstatus import TrainingRecord
from model_operator.core.observed import RegisteredModel
from model_operator.gateways.errors import Transient
from model_operator.gateways.resources import Resource
from model_operator.shell.registry_view import PLACES
from tests.builders import version
from tests.fakes import EPOCH
from tests.shell.objects import Object, pod, retraining_policy, sensor_model
from tests.shell.rig import Operator, World, ended, settle

HALF_AN_HOUR = 1800.0


@pytest.fixture
def world() -> World:
    """One model without a version, so that its training begins at once."""
    world = World()
    world.put(Resource.RETRAINING_POLICY, retraining_policy())
    world.put(Resource.SENSOR_MODEL, sensor_model())
    return world


def begin(world: World, operator: Operator, job: Object | None = None, **status: object) -> str:
    """The pod of a Job runs, unless its status says otherwise; the uid of the Job."""
    uid: str = (job or world.jobs()[0])["metadata"]["uid"]
    operator.apply(Resource.POD, pod(f"pod-of-{uid}", owner=uid, status=status))
    return uid


def say(world: World, uid: str, percent: int, **overrides: object) -> None:
    """What the training says from now on."""
    fields = {"step": TrainingStep.FITTING, "percent": percent, "time": now(), "loss": 0.012345, "eta_seconds": 90.0}
    world.registry.progress[uid] = TrainingProgress.model_validate(fields | overrides)


def now() -> datetime:
    return EPOCH + timedelta(seconds=round(asyncio.get_running_loop().time()))


def training(world: World) -> TrainingRecord:
    record = world.status().training
    assert record is not None
    return record


def status_writes(world: World) -> int:
    return [method for method, _, name in world.cluster.writes if name == "p-1"].count("apply_status")


async def test_the_status_says_how_far_a_training_is(world: World) -> None:
    async with Operator(world) as operator:
        uid = begin(world, operator)
        say(world, uid, 43)
        await settle(16)
        found = training(world)
        assert (found.progress_percent, found.step, found.loss) == (43, "Fitting", "0.01235")
        assert found.estimated_end_time == world.registry.progress[uid].time + timedelta(seconds=90)
        assert world.status().summary.next == "training 43 %"
        assert world.registry.looks[-1] == {uid: "telemanom_P-1"}


async def test_without_a_pod_that_works_mlflow_is_not_asked(world: World) -> None:
    async with Operator(world) as operator:
        await settle(HALF_AN_HOUR)
        assert world.registry.looks == []
        waiting = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
        begin(world, operator, containerStatuses=[waiting])
        await settle(HALF_AN_HOUR)
        assert world.registry.looks == []


async def test_one_question_for_all_trainings_every_fifteen_seconds(world: World) -> None:
    names = [f"p-{number}" for number in range(2, 6)]
    for name in names:
        world.put(Resource.SENSOR_MODEL, sensor_model(name))
    async with Operator(world) as operator:
        uids = {begin(world, operator, job) for job in world.jobs()}
        await settle(60)
        assert len(uids) == 5
        assert [set(look) for look in world.registry.looks] == [uids] * 4


async def test_the_status_is_written_at_most_once_per_question_and_only_for_news(world: World) -> None:
    async with Operator(world) as operator:
        uid = begin(world, operator)
        await settle(16)
        before = status_writes(world)
        for percent in range(60):
            say(world, uid, percent)
            await settle(1)
        assert status_writes(world) - before == 4
        await settle(HALF_AN_HOUR)  # it says nothing new
        assert status_writes(world) - before == 5


async def test_after_the_end_nothing_is_asked_and_how_far_it_came_stays(world: World) -> None:
    async with Operator(world) as operator:
        uid = begin(world, operator)
        say(world, uid, 43)
        await settle(16)
        world.registry.register("telemanom_P-1", version(1, job_uid=uid, owner_uid="uid-p-1"))
        operator.apply(Resource.JOB, ended(world.jobs()[0]))
        await settle(16)
        looks = len(world.registry.looks)
        found = training(world)
        assert (found.outcome, found.progress_percent, found.loss) == ("TrainingSucceeded", 100, "0.01235")
        assert (found.step, found.estimated_end_time) == (None, None)
        writes = list(world.cluster.writes)
        await settle(HALF_AN_HOUR)
        assert len(world.registry.looks) == looks
        assert world.cluster.writes == writes


async def test_a_training_that_failed_shows_where(world: World) -> None:
    async with Operator(world) as operator:
        uid = begin(world, operator)
        say(world, uid, 88, step=TrainingStep.JUDGING)
        await settle(16)
        operator.apply(Resource.JOB, ended(world.jobs()[0], "Failed"))
        await settle(1)
        found = training(world)
        assert (found.outcome, found.progress_percent, found.step) == ("TrainingFailed", 88, "Judging")
        assert found.estimated_end_time is None


async def test_a_restart_writes_nothing_before_there_is_news(world: World) -> None:
    async with Operator(world) as operator:
        uid = begin(world, operator)
        say(world, uid, 43)
        await settle(16)
    before = list(world.cluster.writes)
    world.registry.failures["read_progress"].append(Transient("no answer"))
    async with Operator(world):
        await settle(25)
        assert world.cluster.writes == before
        assert training(world).progress_percent == 43
        say(world, uid, 50)
        await settle(60)
        assert training(world).progress_percent == 50


async def test_an_outage_of_mlflow_backs_off_and_touches_nothing_else(world: World) -> None:
    async with Operator(world) as operator:
        uid = begin(world, operator)
        say(world, uid, 43)
        await settle(16)
        world.registry.failures["read_progress"].extend([Transient("no answer")] * 1000)
        looks, writes = len(world.registry.looks), list(world.cluster.writes)
        await settle(HALF_AN_HOUR)
        assert len(world.registry.looks) - looks == 10  # after 15, 30, 60, 120 seconds, then every four minutes
        assert world.cluster.writes == writes
        assert world.condition("RegistryInSync") == ("True", "InSync")


async def test_while_mlflow_is_known_to_be_away_nobody_asks_how_far_trainings_are(world: World) -> None:
    world.put(Resource.RETRAINING_POLICY, retraining_policy(spec={"checkInterval": "1m"}))
    async with Operator(world) as operator:
        uid = begin(world, operator)
        say(world, uid, 43)
        await settle(16)
        world.registry.failures["sweep"].extend([Transient("no answer")] * 1000)
        await settle(60)
        looks = len(world.registry.looks)
        await settle(HALF_AN_HOUR)
        assert len(world.registry.looks) == looks
        world.registry.failures.clear()
        say(world, uid, 50)
        await settle(76)  # a sweep, and the next look
        assert training(world).progress_percent == 50


async def test_how_far_trainings_are_is_asked_when_passes_have_left_a_place(world: World) -> None:
    read, answering = world.registry.read_model, asyncio.Event()

    async def slowly(name: str) -> RegisteredModel:
        await answering.wait()
        return await read(name)

    async with Operator(world) as operator:
        await settle(60)  # the newest sweep says nothing of models that come now
        uid = begin(world, operator)
        world.registry.read_model = slowly  # type: ignore[method-assign]
        for number in range(2, 2 + PLACES):
            world.registry.register(f"telemanom_P-{number}", version(1))
            operator.apply(Resource.SENSOR_MODEL, sensor_model(f"p-{number}"))
        say(world, uid, 43)
        await settle(HALF_AN_HOUR)
        assert world.registry.looks == []
        answering.set()
        await settle(16)
        assert training(world).progress_percent == 43


async def test_a_question_that_mlflow_does_not_answer_keeps_no_model_from_its_own(world: World) -> None:
    asked = asyncio.Event()

    async def never(jobs: Mapping[str, str]) -> dict[str, TrainingProgress]:
        asked.set()
        return await asyncio.Future()

    world.registry.read_progress = never  # type: ignore[method-assign]
    async with Operator(world) as operator:
        begin(world, operator)
        await asked.wait()
        for number in range(2, 2 + PLACES):
            operator.apply(Resource.SENSOR_MODEL, sensor_model(f"p-{number}"))
        await settle(60)
        assert len(world.jobs()) == 1 + PLACES
        assert world.condition("RegistryInSync") == ("True", "InSync")

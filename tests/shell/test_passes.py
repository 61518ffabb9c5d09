"""Passes of the whole operator on fakes: what is written, how often, and what happens when something fails."""

import logging

import pytest

from model_operator.api.vocabulary import Reason
from model_operator.gateways.errors import Conflict, Permanent, Transient
from model_operator.gateways.resources import Resource
from tests.builders import version
from tests.shell.objects import retraining_policy, sensor_model
from tests.shell.rig import Operator, World, ended, settle

NEW_MODEL = ["create_job", "apply_status", "record_event"]


@pytest.fixture
def world() -> World:
    """One model and its policy."""
    world = World()
    world.put(Resource.RETRAINING_POLICY, retraining_policy())
    world.put(Resource.SENSOR_MODEL, sensor_model())
    return world


def writes(world: World, name: str = "p-1") -> list[str]:
    """The writes for one model, its Jobs included."""
    return [method for method, _, about in world.cluster.writes if about.startswith(name)]


def register(world: World, number: int = 1) -> None:
    """What the trainer leaves in the registry when the newest Job ends."""
    job = world.jobs()[-1]["metadata"]
    uid = world.get(Resource.SENSOR_MODEL, "p-1")["metadata"]["uid"]
    world.registry.register("telemanom_P-1", version(number, job_uid=job["uid"], owner_uid=uid))


async def test_a_new_model_costs_one_job_one_status_and_one_event(world: World) -> None:
    async with Operator(world):
        assert writes(world) == NEW_MODEL
        assert world.condition("Training") == ("True", "TrainingStarted")


async def test_the_echo_of_our_own_writes_causes_no_second_write(world: World) -> None:
    async with Operator(world) as operator:
        operator.tell_everything()
        await settle(3600)
        assert writes(world) == NEW_MODEL


async def test_a_restart_writes_nothing(world: World) -> None:
    async with Operator(world):
        await settle(60)
    before = list(world.cluster.writes)
    async with Operator(world):
        await settle(60)
    assert world.cluster.writes == before


async def test_a_restart_between_job_and_status_creates_no_second_job(world: World) -> None:
    world.cluster.failures["apply_status"].extend([Transient("the process dies here")] * 100)
    async with Operator(world):
        assert writes(world) == ["create_job"]
    world.cluster.failures.clear()
    async with Operator(world):
        assert writes(world) == NEW_MODEL
        assert world.condition("Training") == ("True", "TrainingStarted")
    assert len(world.jobs()) == 1


async def test_a_transient_failure_is_tried_again_after_a_back_off_and_nothing_is_written_meanwhile(
    world: World,
) -> None:
    world.cluster.failures["create_job"].extend([Transient("503")] * 3)
    async with Operator(world):
        assert writes(world) == []
        await settle(3)
        assert writes(world) == NEW_MODEL


async def test_a_server_that_says_when_to_come_back_is_not_asked_earlier(world: World) -> None:
    world.cluster.failures["create_job"].append(Transient("429", retry_after_seconds=30))
    async with Operator(world):
        await settle(28)
        assert writes(world) == []
        await settle(2)
        assert writes(world) == NEW_MODEL


async def test_a_conflict_is_observed_anew_at_once(world: World) -> None:
    world.cluster.failures["create_job"].append(Conflict("409"))
    async with Operator(world):
        assert writes(world) == NEW_MODEL


async def test_a_refused_job_is_told_once_and_tried_again(world: World) -> None:
    refusal = Permanent("exceeded quota: trainings", reason=Reason.JOB_REFUSED)
    world.cluster.failures["create_job"].extend([refusal] * 4)
    async with Operator(world):
        await settle(6)
        assert world.condition("Stalled") == ("True", "JobRefused")
        assert writes(world) == ["apply_status", "record_event"]
        await settle(10)
        assert writes(world).count("create_job") == 1
        assert world.condition("Training") == ("True", "TrainingStarted")


async def test_an_event_that_cannot_be_recorded_is_lost_and_nothing_else(world: World) -> None:
    world.cluster.failures["record_event"].append(Transient("503"))
    async with Operator(world):
        await settle(60)
        assert writes(world) == ["create_job", "apply_status"]


async def test_a_bug_in_one_pass_is_logged_with_its_object_and_stops_nobody_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.put(Resource.SENSOR_MODEL, sensor_model("p-2"))
    world.cluster.failures["create_job"].append(ZeroDivisionError("a bug"))  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        async with Operator(world):
            assert len(world.jobs()) == 2
    assert [getattr(record, "k8s_ref", None) for record in caplog.records] == [
        {"kind": "SensorModel", "namespace": "plant", "name": "p-1"}
    ]


async def test_a_model_without_its_policy_is_stalled_until_the_policy_comes(world: World) -> None:
    world.cluster.delete(Resource.RETRAINING_POLICY, "plant", "default")
    async with Operator(world) as operator:
        assert world.condition("Stalled") == ("True", "PolicyNotFound")
        assert world.jobs() == []
        operator.apply(Resource.RETRAINING_POLICY, retraining_policy())
        await settle()
        assert len(world.jobs()) == 1


async def test_a_spec_that_does_not_parse_is_told_with_its_field_path(world: World) -> None:
    world.put(Resource.SENSOR_MODEL, sensor_model(spec={"telemetry": {"uri": 7}}))
    async with Operator(world):
        decision = world.status().last_decision
    assert decision is not None
    assert decision.message.startswith("spec.telemetry.uri: Input should be a valid string, found 7")


async def test_a_version_that_a_job_registered_goes_to_production(world: World) -> None:
    async with Operator(world) as operator:
        register(world)
        operator.apply(Resource.JOB, ended(world.jobs()[0]))
        await settle()
        assert world.registry.models["telemanom_P-1"].production == 1
        assert world.condition("Ready") == ("True", "UpToDate")
        assert world.status().summary.stage == "Production"


async def test_a_deleted_model_is_forgotten_and_leaves_no_series(world: World) -> None:
    async with Operator(world) as operator:
        assert 'sensormodel_ready{name="p-1",namespace="plant"} 0.0' in operator.metrics()
        operator.delete(Resource.SENSOR_MODEL, "p-1")
        await settle()
        assert 'name="p-1"' not in operator.metrics()
        assert not operator.app._view._known


async def test_a_deletion_that_no_watch_told_is_found_by_the_next_re_list(world: World) -> None:
    async with Operator(world) as operator:
        world.cluster.delete(Resource.SENSOR_MODEL, "plant", "p-1")
        await settle(601)
        assert 'name="p-1"' not in operator.metrics()
        assert operator.app.what_is_dead() == []
        await settle(60)
        assert operator.app.what_is_dead() == ["the watch of sensormodels is deaf"]


async def test_the_status_of_a_policy_adds_up_its_models(world: World) -> None:
    world.put(Resource.SENSOR_MODEL, sensor_model("p-2"))
    async with Operator(world):
        await settle(10)
        status = world.get(Resource.RETRAINING_POLICY, "default")["status"]
        assert (status["models"], status["ready"], status["training"]) == (2, 0, 2)


async def test_a_budget_is_never_exceeded_and_its_places_are_passed_on() -> None:
    world = World()
    world.put(Resource.RETRAINING_POLICY, retraining_policy(spec={"budget": {"maxConcurrent": 2}}))
    for number in range(8):
        world.put(Resource.SENSOR_MODEL, sensor_model(f"p-{number}"))
    async with Operator(world) as operator:
        seen = []
        while live := [job for job in world.jobs() if not job.get("status")]:
            seen.append(len(live))
            operator.apply(Resource.JOB, ended(live[0], "Failed"))
            await settle()
        assert seen == [2] * 7 + [1]
        assert len(world.jobs()) == 8


async def test_a_place_that_its_model_no_longer_wants_goes_to_the_next_in_line() -> None:
    world = World()
    world.put(Resource.RETRAINING_POLICY, retraining_policy(spec={"budget": {"maxConcurrent": 1}}))
    for number in range(4):
        world.put(Resource.SENSOR_MODEL, sensor_model(f"p-{number}"))
    async with Operator(world) as operator:
        operator.delete(Resource.SENSOR_MODEL, "p-1")
        operator.apply(Resource.SENSOR_MODEL, sensor_model("p-2", metadata={"generation": 2}, spec={"suspend": True}))
        await settle()
        operator.apply(Resource.JOB, ended(world.jobs()[0], "Failed"))
        await settle()
        owners = [job["metadata"]["ownerReferences"][0]["name"] for job in world.jobs()]
        assert owners == ["p-0", "p-3"]

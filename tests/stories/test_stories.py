"""Whole lifecycles in virtual time. What a person would read is in `golden/`."""

from collections.abc import Callable

from model_contract.keys import ComparisonVerdict
from model_contract.result import FailureReason
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason, Stage
from tests.builders import hours
from tests.stories.world import World, window

Told = Callable[[list[str]], None]


def trained() -> World:
    """A world whose version 1 serves."""
    world = World()
    world.says("the SensorModel is created")
    world.waits(minutes=20)
    world.job_succeeds(0.05)
    world.says("the first Job registers version 1")
    return world


def test_first_training_then_drift_then_a_better_version(told: Told) -> None:
    world = trained()
    world.waits(hours=25)
    world.measures(window(world.now, "High", 0.74), window(world.now - hours(24)))
    world.says("one window drifts")
    world.waits(hours=24)
    world.measures(window(world.now, "High", 0.74), window(world.now - hours(24), "High", 0.74))
    world.says("the next window drifts too")
    world.waits(minutes=20)
    world.job_succeeds(0.04, champion=0.09, verdict=ComparisonVerdict.BETTER)
    world.says("the Job registers version 2, better on the same window")
    world.measures(window(world.now))
    world.says("the newest window is compared with version 2")
    told(world.transcript)
    assert world.registry.production == 2
    assert [v.stage_tag for v in world.registry.versions] == [Stage.PRODUCTION, Stage.ARCHIVED]


def test_a_worse_version_is_kept_out_of_production(told: Told) -> None:
    world = trained()
    world.waits(hours=720)
    world.says("version 1 is 30 days old")
    world.waits(minutes=20)
    world.job_succeeds(0.06, champion=0.05, verdict=ComparisonVerdict.NOT_BETTER)
    world.says("the Job registers version 2, which is worse")
    world.waits(hours=720)
    world.says("30 days later")
    world.waits(minutes=20)
    world.job_succeeds(0.03, champion=0.05, verdict=ComparisonVerdict.BETTER)
    world.says("version 3 is better")
    told(world.transcript)
    assert world.registry.production == 3
    assert [v.stage_tag for v in world.registry.versions] == [Stage.PRODUCTION, Stage.ARCHIVED, Stage.ARCHIVED]


def test_a_job_that_fails_three_times_needs_a_person(told: Told) -> None:
    world = World()
    world.says("the SensorModel is created")
    for minutes in (1, 2, 4):
        world.job_fails()
        world.says("the Job fails")
        world.waits(minutes=minutes, seconds=1)
        world.says("the pause is over")
    world.job_fails(FailureReason.COLUMN_NOT_FOUND, "no column 'valeu'; there are timestamp, value")
    world.says("the trainer says that it cannot work")
    world.edits(telemetry={"uri": "file:///telemetry/P-1.parquet", "valueColumn": "value"})
    world.says("the spec is mended")
    world.job_succeeds(0.05)
    world.says("the Job registers version 1")
    told(world.transcript)
    assert world.registry.production == 1


def test_a_request_is_acted_on_once(told: Told) -> None:
    world = trained()
    world.waits(hours=1)
    world.annotations = {"sensormodel.io/retrain-requested-at": "2026-11-24T13:00:00Z"}
    world.says("a person asks for a training during the cooldown")
    world.waits(minutes=20)
    world.job_succeeds(0.04, champion=0.05, verdict=ComparisonVerdict.CANNOT_TELL)
    world.says("version 2 may be better by chance")
    world.waits(hours=1)
    world.says("nothing more happens for the same value")
    told(world.transcript)
    assert len(world.jobs) == 2


def test_approval_pin_and_rollback(told: Told) -> None:
    world = World(policy={"promotion": {"mode": "Manual"}})
    world.says("the SensorModel is created, promotion.mode is Manual")
    world.job_succeeds(0.05)
    world.says("version 1 is complete")
    world.annotations = {"sensormodel.io/promote-version": "1"}
    world.says("a person approves version 1 by annotation")
    world.waits(hours=720)
    world.says("30 days later")
    world.job_succeeds(0.03, champion=0.05, verdict=ComparisonVerdict.BETTER)
    world.says("version 2 is better")
    world.edits(productionVersion=2)
    world.says("a commit pins version 2")
    world.waits(hours=1)
    world.edits(productionVersion=1)
    world.says("a commit pins version 1 again")
    told(world.transcript)
    assert world.registry.production == 1


def test_a_lost_status_is_rebuilt_without_a_training() -> None:
    world = trained()
    world.annotations = {"sensormodel.io/retrain-requested-at": "once"}
    world.says("asked once")
    world.job_succeeds(0.04, champion=0.05, verdict=ComparisonVerdict.BETTER)
    world.says("done")
    kept, jobs = world.status, len(world.jobs)
    world.status = SensorModelStatus()
    world.settle()
    assert len(world.jobs) == jobs
    assert kept.stages == world.status.stages
    assert kept.stage_history == world.status.stage_history
    assert kept.schedule == world.status.schedule
    assert kept.summary == world.status.summary


def test_a_restart_writes_nothing() -> None:
    world = trained()
    world.measures(window(world.now))
    world.settle()
    before = world.status
    world.restarts_the_operator()
    world.waits(minutes=10)
    world.settle()
    assert before == world.status


def test_a_job_that_somebody_deletes_is_tried_again_after_a_pause() -> None:
    world = World()
    world.says("created")
    world.job_is_deleted()
    world.says("somebody deletes the Job")
    assert world.status.training is not None
    assert world.status.training.outcome is Reason.JOB_DELETED
    world.waits(minutes=1, seconds=1)
    world.says("after the pause")
    assert [job.attempt for job in world.jobs] == [2]

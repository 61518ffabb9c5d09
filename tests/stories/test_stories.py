"""Whole lifecycles in virtual time. What a person would read is in `golden/`."""

import itertools
from collections.abc import Callable

from model_contract.keys import ComparisonVerdict
from model_contract.quality.report import QualityCheck
from model_contract.result import FailureReason
from model_contract.task import TriggerKind
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Reason, Stage
from tests.builders import hours, quality
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


def test_performance_that_falls_is_noticed_when_the_labels_come(told: Told) -> None:
    world = World(policy={"triggers": {"performance": {"metric": "F1"}}})
    world.says("the SensorModel is created")
    world.waits(minutes=20)
    world.job_succeeds(0.05, f1=0.9)
    world.says("version 1: F1 0.9 on its held-out window")
    world.waits(hours=25)
    world.measures(window(world.now), window(world.now - hours(24)))
    world.says("a day of new telemetry is there")
    world.evaluation_ends(RMSE=0.051)
    world.says("it is scored: there are no labels yet, so F1 has no value")
    world.waits(hours=2)
    world.measures(window(world.now - hours(2)), window(world.now - hours(26)), labels="a" * 64)
    world.says("the labels of that day come late")
    world.evaluation_ends(labels="a" * 64, RMSE=0.051, F1=0.6)
    world.says("it is scored again: F1 fell to 0.6")
    told(world.transcript)
    assert [job.trigger for job in world.jobs] == [TriggerKind.PERFORMANCE, TriggerKind.INITIAL]


def test_bad_telemetry_holds_everything_until_it_is_good_again(told: Told) -> None:
    world = trained()
    world.waits(hours=25)
    stuck = quality(
        40, (QualityCheck.STUCK, 60, "value: 0.71 for 1380 rows from 13:41Z on, never more than 12"), end=world.now
    )
    world.measures(window(world.now, "Critical", 0.95), quality=stuck)
    world.says("the sensor sends one value for 23 h, which looks like Critical drift")
    world.annotations = {"sensormodel.io/retrain-requested-at": "now"}
    world.says("a person asks for a training nevertheless")
    world.waits(hours=24)
    world.measures(window(world.now), window(world.now - hours(24)), quality=quality(end=world.now))
    world.says("the sensor is mended")
    told(world.transcript)
    assert len(world.jobs) == 2


def test_two_trainings_without_gain_end_with_a_person(told: Told) -> None:
    world = trained()
    for day in (1, 2):
        world.waits(hours=49)
        drifts = (window(world.now, "High", 0.74), window(world.now - hours(24), "High", 0.74))
        world.measures(*drifts)
        world.says(f"the telemetry drifts, time {day}")
        world.waits(minutes=20)
        world.job_succeeds(0.06, champion=0.05, verdict=ComparisonVerdict.NOT_BETTER)
        world.says("the new version is no better")
    world.waits(hours=49)
    world.measures(window(world.now, "High", 0.74), window(world.now - hours(24), "High", 0.74))
    world.says("it drifts on, and nothing more is trained")
    world.annotations = {"sensormodel.io/retrain-requested-at": "with a longer look-back"}
    world.says("a person has looked, and asks for a training")
    world.waits(minutes=20)
    world.job_succeeds(0.03, champion=0.05, verdict=ComparisonVerdict.BETTER)
    world.says("that version is better")
    told(world.transcript)
    assert world.registry.production == 4


def test_a_score_that_flaps_about_the_threshold_trains_at_most_once_per_cooldown() -> None:
    world = trained()
    for hour in range(1, 24 * 10):
        world.waits(hours=1)
        severe = hour % 3 > 0
        score = ("Moderate", 0.51) if severe else ("Low", 0.49)
        end = world.now.replace(minute=0)
        world.measures(window(end, *score), window(end - hours(24), "Moderate", 0.52))
        world.says(f"hour {hour}")
        if world.jobs[0].is_live:
            world.job_succeeds(0.04, champion=0.05, verdict=ComparisonVerdict.BETTER)
            world.says("trained")
    starts = sorted(job.create_time for job in world.jobs)
    assert all(later - earlier >= hours(24) for earlier, later in itertools.pairwise(starts))
    assert len(starts) <= 11


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

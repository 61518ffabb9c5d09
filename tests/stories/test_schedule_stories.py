"""A year of set times: missed ones, a suspension, clocks that are changed. What a person would read is in `golden/`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from model_contract.keys import ComparisonVerdict
from model_contract.task import TriggerKind
from tests.stories.world import World

Told = Callable[[list[str]], None]

MONDAYS = {"cron": "0 3 * * 1", "timeZone": "Europe/Berlin", "jitter": "10m"}


def trained(**schedule: str) -> World:
    """A world whose version 1 serves, on Tuesday, 24 November 2026, 12:20 UTC."""
    world = World({"triggers": {"schedule": MONDAYS | schedule, "performance": {"enabled": False}}, "cooldown": "1h"})
    world.settle()
    trains(world)
    return world


def trains(world: World) -> None:
    """The Job that runs registers a version that is no better."""
    world.waits(minutes=20)
    first = world.registry.production is None
    world.job_succeeds(0.05, **({} if first else compared(ComparisonVerdict.NOT_BETTER)))
    world.settle()


def compared(verdict: ComparisonVerdict) -> dict[str, Any]:
    return {"champion": 0.05, "verdict": verdict}


def scheduled(world: World) -> list[str]:
    """The times that trainings were started for, oldest first."""
    return [job.trigger_identity for job in reversed(world.jobs) if job.trigger is TriggerKind.SCHEDULE]


def test_a_set_time_comes_and_ten_are_missed(told: Told) -> None:
    world = trained()
    world.says("version 1 serves")
    world.waits(days=6)
    world.says("the next Monday has come")
    trains(world)
    world.edits(suspend=True)
    world.says("a person suspends the model")
    world.waits(days=7 * 10)
    world.says("ten Mondays later")
    world.edits(suspend=False)
    world.says("the person lets it go on")
    trains(world)
    world.says("the training is done")
    told(world.transcript)
    assert scheduled(world) == ["2026-11-30T02:00:00+00:00", "2027-02-08T02:00:00+00:00"]


def test_a_time_that_was_missed_by_more_than_the_deadline_is_left_out(told: Told) -> None:
    world = trained(startingDeadline="4h")
    world.edits(suspend=True)
    world.waits(days=6)
    world.edits(suspend=False)
    world.says("the model was suspended on Monday morning")
    world.waits(days=7, hours=-10)
    world.says("the next Monday has come")
    told(world.transcript)
    assert scheduled(world) == ["2026-12-07T02:00:00+00:00"]


def test_a_year_of_weeks_gives_one_training_a_week_at_three_by_the_clock_of_the_zone() -> None:
    world = trained(jitter="0s")
    until = world.now + timedelta(days=365)
    while world.now < until:
        world.settle()
        if world.jobs[0].is_live:
            trains(world)
        else:
            due = world.status.schedule.next_training_time
            assert due is not None
            world.now = due
    started = [datetime.fromisoformat(tick) for tick in scheduled(world)]
    assert len(started) == 52
    assert {f"{tick:%a %H:%M}" for tick in started if 4 <= tick.month <= 9} == {"Mon 01:00"}
    assert {f"{tick:%a %H:%M}" for tick in started if not 3 <= tick.month <= 10} == {"Mon 02:00"}

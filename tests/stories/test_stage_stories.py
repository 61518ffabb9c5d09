"""Versions on trial, and what people do in MLflow, in virtual time. What a person would read is in `golden/`."""

from collections.abc import Callable

from model_contract.evaluation import PredecessorScore
from model_contract.keys import ComparisonVerdict, Kpi
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from tests.builders import hours
from tests.stories.world import World, window

Told = Callable[[list[str]], None]

BY_RMSE = {"triggers": {"performance": {"metric": "RMSE", "maxDegradationPercent": 1000}}}


def scored(verdict: ComparisonVerdict, rmse: float) -> PredecessorScore:
    interval = (12.0, 31.0) if verdict is ComparisonVerdict.BETTER else (-4.0, 6.0)
    return PredecessorScore(version=1, verdict=verdict, kpis={Kpi.RMSE: rmse}, interval_percent=interval)


def on_probation() -> World:
    """A world whose version 2 was promoted for drift, and whose telemetry goes on for a day."""
    world = World(BY_RMSE)
    world.settle()
    world.waits(minutes=20)
    world.job_succeeds(0.05)
    world.settle()
    drifts(world, day=0)
    world.job_succeeds(0.04, champion=0.09, verdict=ComparisonVerdict.BETTER)
    world.says("version 2 is better on its held-out window, and is promoted")
    a_day_passes(world)
    return world


def drifts(world: World, *, day: int) -> None:
    """Drift is confirmed, a training starts, and the operator gives up nothing meanwhile."""
    world.waits(hours=49)
    world.measures(window(world.now, "High", 0.74), window(world.now - hours(24), "High", 0.74))
    world.says(f"the telemetry drifts, time {day + 1}")
    world.waits(minutes=20)


def a_day_passes(world: World) -> None:
    world.waits(hours=25)
    world.measures(window(world.now), window(world.now - hours(24)))


def test_a_promoted_version_that_does_worse_than_its_predecessor_gives_way(told: Told) -> None:
    world = on_probation()
    world.says("a day of new telemetry is there: both versions are scored on it")
    world.evaluation_ends(predecessor=scored(ComparisonVerdict.BETTER, 0.06), RMSE=0.08)
    world.says("the predecessor does better")
    world.waits(hours=25)
    world.says("a day later it stays so")
    told(world.transcript)
    assert world.registry.production == 1
    assert [v.stage_tag for v in world.registry.versions] == [Stage.ARCHIVED, Stage.PRODUCTION]


def test_a_promoted_version_that_stands_its_probation_is_left_alone(told: Told) -> None:
    world = on_probation()
    world.says("a day of new telemetry is there: both versions are scored on it")
    world.evaluation_ends(predecessor=scored(ComparisonVerdict.NOT_BETTER, 0.09), RMSE=0.08)
    world.says("the predecessor does no better")
    for day in range(3):
        a_day_passes(world)
        world.says(f"another day, {day + 2}")
        if world.evaluations[0].is_live:
            asked = "before it" if day < 2 else "alone"
            score = scored(ComparisonVerdict.CANNOT_TELL, 0.081) if day < 2 else None
            world.evaluation_ends(predecessor=score, RMSE=0.08)
            world.says(f"it was scored {asked}")
    told(world.transcript)
    assert world.registry.production == 2


def test_two_versions_that_fail_their_probation_end_with_a_person() -> None:
    world = World(BY_RMSE)
    world.settle()
    world.waits(minutes=20)
    world.job_succeeds(0.05)
    world.settle()
    for day in range(2):
        drifts(world, day=day)
        world.job_succeeds(0.04, champion=0.09, verdict=ComparisonVerdict.BETTER)
        a_day_passes(world)
        world.settle()
        world.evaluation_ends(predecessor=scored(ComparisonVerdict.BETTER, 0.06), RMSE=0.08)
        world.settle()
        assert world.registry.production == 1
    drifts(world, day=2)
    assert world.status.last_decision is not None
    assert world.status.last_decision.reason is Reason.NEEDS_HUMAN
    assert [job.is_live for job in world.jobs[:1]] == [False]


def test_what_somebody_does_in_mlflow_is_taken_over_and_told(told: Told) -> None:
    world = on_probation()
    world.settle()
    world.moves_alias("production", 1)
    world.says("somebody moves the alias production back to version 1")
    world.moves_alias("production", 2)
    world.says("and forth")
    world.moves_alias("production", None)
    world.says("and deletes it")
    world.annotations = {"sensormodel.io/promote-version": "2@anna/2026-11-28T12:00:00Z"}
    world.says("anna promotes version 2")
    world.deletes_version(2)
    world.says("somebody deletes version 2")
    world.annotations = {"sensormodel.io/promote-version": "1@anna/2026-11-28T13:00:00Z"}
    world.says("anna promotes version 1")
    told(world.transcript)
    assert world.registry.production == 1
    assert world.status.stage_history[0].by is MovedBy.REQUEST


def test_what_somebody_does_in_mlflow_is_taken_back_and_told(told: Told) -> None:
    world = World(BY_RMSE | {"promotion": {"onRegistryChange": "Revert"}})
    world.settle()
    world.waits(minutes=20)
    world.job_succeeds(0.05)
    world.settle()
    drifts(world, day=0)
    world.job_succeeds(0.04, champion=0.09, verdict=ComparisonVerdict.BETTER)
    world.says("version 2 serves")
    world.moves_alias("production", 1)
    world.says("somebody moves the alias production back to version 1")
    world.moves_alias("production", None)
    world.says("somebody deletes it")
    told(world.transcript)
    assert world.registry.production == 2

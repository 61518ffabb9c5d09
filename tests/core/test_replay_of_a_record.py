"""Replays of what is recorded: trainings give the versions that came of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from model_contract.evaluation import EvaluatedWindow, EvaluationRecord
from model_contract.keys import ComparisonVerdict, Kpi
from model_contract.result import FailureReason
from model_contract.task import TriggerKind
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.identity import decision_id
from model_operator.core.observed import Version
from model_operator.core.replay import (
    Assumptions,
    Mode,
    RecordedModel,
    Replayed,
)
from tests.builders import UID, hours, job, kpis, move, version
from tests.core.replays import DAY, NOTHING_BUT_DRIFT, T0, Changes, replayed, served, told

CHANGE = T0 + 10 * DAY + hours(5)
BETTER: Any = {"comparison": ComparisonVerdict.BETTER, "kpis": kpis(0.05, champion=0.1)}
IDENTITY = "2026-03-13T00:00:00+00:00/2026-02-28T2"
LAUNCHED = datetime(2026, 3, 13, 0, 30, tzinfo=UTC)


def recorded(*versions: Version, jobs: tuple[Any, ...] = ()) -> RecordedModel:
    model = served()
    registry = model.registry.model_copy(update={"versions": (*versions, *model.registry.versions)})
    return model.model_copy(update={"registry": registry, "jobs": jobs})


def trained_for_drift(*, registered_at: datetime, **overrides: Any) -> Version:
    """The version that the training for CHANGE gave."""
    return version(
        2,
        create_time=registered_at,
        decision_id=decision_id(UID, TriggerKind.DRIFT, IDENTITY),
        compared_with=1,
        data_end=LAUNCHED,
        drift_profile_digest=LAUNCHED.isoformat(),
        **BETTER | overrides,
    )


def follow(model: RecordedModel, **spec_: Any) -> Replayed:
    assume = Assumptions(mode=Mode.RECORDED, tolerance=hours(1))
    return replayed(model, on=Changes(CHANGE), assume=assume, triggers=NOTHING_BUT_DRIFT, **spec_)


def test_a_training_that_is_recorded_gives_its_version_when_it_was_registered() -> None:
    registered_at = LAUNCHED + timedelta(minutes=47)
    (training,) = follow(recorded(trained_for_drift(registered_at=registered_at))).trainings
    assert (True, 2, registered_at) == (training.recorded, training.version, training.end)


def test_a_recorded_version_that_came_a_little_earlier_still_stands_for_the_training() -> None:
    (training,) = follow(recorded(trained_for_drift(registered_at=LAUNCHED - timedelta(minutes=20)))).trainings
    assert (training.recorded, training.version) == (True, 2)


def test_the_gate_judges_recorded_versions_by_their_numbers() -> None:
    worse = {"comparison": ComparisonVerdict.NOT_BETTER, "kpis": kpis(0.2, champion=0.1)}
    outcome = follow(recorded(trained_for_drift(registered_at=LAUNCHED + hours(1), **worse)))
    assert Reason.NOT_BETTER in {decision.reason for decision in outcome.decisions}


def test_a_training_that_failed_by_the_record_fails_in_the_replay() -> None:
    failed = job(
        7,
        decision_id=decision_id(UID, TriggerKind.DRIFT, IDENTITY),
        create_time=LAUNCHED,
        end_time=LAUNCHED + hours(2),
        failed=True,
        said=FailureReason.INTERRUPTED,
        said_message="the node went away",
    )
    retried = trained_for_drift(registered_at=LAUNCHED + hours(4))
    outcome = follow(recorded(retried, jobs=(failed,)))
    assert [training.failure for training in outcome.trainings] == ["the node went away", None]
    assert [training.attempt for training in outcome.trainings] == [1, 2]


def test_a_version_that_the_replay_did_not_ask_for_comes_all_the_same() -> None:
    by_hand = version(2, create_time=T0 + 3 * DAY, data_end=T0 + 3 * DAY, compared_with=1, job_uid="by-hand")
    outcome = follow(recorded(by_hand), cooldown="1h")
    assert Reason.CANNOT_TELL not in {decision.reason for decision in outcome.decisions}
    assert Reason.STAGED in {decision.reason for decision in outcome.decisions}


def test_what_people_moved_in_mlflow_is_moved_in_the_replay() -> None:
    at = T0 + 5 * DAY
    back = move(1, Stage.ARCHIVED, Stage.PRODUCTION, time=at, by=MovedBy.PERSON, reason=Reason.ADOPTED)
    model = served()
    first = model.registry.versions[0]
    second = version(2, create_time=T0 + DAY, compared_with=1, drift_profile_digest=T0.isoformat(), **BETTER)
    versions = (second, first.model_copy(update={"moves": (*first.moves, back)}))
    model = model.model_copy(update={"registry": model.registry.model_copy(update={"versions": versions})})
    adopted = [decision for decision in follow(model).decisions if decision.reason is Reason.ADOPTED]
    assert [at] == [decision.time for decision in adopted]


def test_before_the_replay_the_registry_is_as_it_was_then() -> None:
    later = trained_for_drift(registered_at=T0 + 50 * DAY)
    outcome = replayed(recorded(later), on=Changes(CHANGE), triggers=NOTHING_BUT_DRIFT)
    assert [training.version for training in outcome.trainings] == [2]  # an assumed one, not the recorded one
    assert [training.recorded for training in outcome.trainings] == [False]


def scored(at: datetime, rmse: float) -> EvaluationRecord:
    """An evaluation of the Production version on the four days before."""
    return EvaluationRecord(
        time=at,
        run_id="evaluation",
        job_uid="evaluation",
        evaluation_id="evaluation",
        window=EvaluatedWindow(start=at - 4 * DAY, end=at),
        rows=5760,
        kpis={Kpi.RMSE: rmse},
    )


def test_a_recorded_evaluation_is_judged_from_its_time_on() -> None:
    at = T0 + 7 * DAY
    kept, worse = scored(T0 + 5 * DAY, 0.1), scored(at, 0.2)
    triggers = NOTHING_BUT_DRIFT | {"performance": {"metric": "RMSE", "checkInterval": "24h"}}
    outcome = replayed(served(evaluations=(kept, worse)), on=Changes(), days=20, triggers=triggers)
    assert told(outcome) == [("plant/p-1", TriggerKind.PERFORMANCE, f"{at:%m-%d %H:%M}")]
    assert outcome.models[0].scored_at == at


def test_without_a_recorded_evaluation_performance_starts_nothing() -> None:
    triggers = NOTHING_BUT_DRIFT | {"performance": {"metric": "RMSE", "checkInterval": "24h"}}
    outcome = replayed(served(), on=Changes(), days=20, triggers=triggers)
    assert outcome.trainings == ()
    assert outcome.models[0].scored_at is None

"""What the status says, and when it moves."""

from typing import Any

import pytest

from model_contract.task import TrainingTask
from model_operator.api.base import Condition
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import Action, ConditionType, Reason, Severity
from model_operator.core.announcements import announcements
from model_operator.core.decision import Failure
from model_operator.core.observed import Observed
from model_operator.core.reconcile import decide
from model_operator.core.status import HISTORY_LENGTH, status_of
from tests.builders import (
    T0,
    TRAINER,
    drift,
    hours,
    job,
    model,
    observed,
    policy,
    registry,
    serving,
    staged,
    told_of,
    version,
    window,
)


def status(snapshot: Observed, at: Any = T0, **overrides: Any) -> SensorModelStatus:
    return status_of(snapshot, decide(snapshot, at, TRAINER), at, **overrides)


def seen(snapshot: Observed, written: SensorModelStatus) -> Observed:
    """The same world, seen by a later pass."""
    return snapshot.model_copy(update={"model": snapshot.model.model_copy(update={"previous": written})})


def states(written: SensorModelStatus) -> dict[str, str]:
    return {condition.type: condition.status for condition in written.conditions}


def condition(written: SensorModelStatus, kind: ConditionType) -> Condition:
    return next(condition for condition in written.conditions if condition.type == kind)


@pytest.mark.parametrize(("snapshot", "expected"), [
    pytest.param(observed(), {"Ready": "True"}, id="a model that serves is ready and nothing else is going on"),
    pytest.param(observed(jobs=(job(9),)), {"Ready": "True", "Training": "True"}, id="a model that serves stays ready while it retrains"),
    pytest.param(observed(jobs=(job(9, failed=True, end_time=T0),)), {"Ready": "True", "Training": "False"},
                 id="a model that serves stays ready when a retraining fails"),
    pytest.param(observed(registry=registry(), jobs=(job(),)), {"Ready": "False", "Reconciling": "True", "Training": "True"},
                 id="a model in its first training is reconciling"),
    pytest.param(observed(policy=None), {"Ready": "True", "Stalled": "True"}, id="a missing policy stalls a model that still serves"),
    pytest.param(observed(registry=registry(), policy=None), {"Ready": "False", "Stalled": "True"}, id="a missing policy stalls"),
    pytest.param(observed(model=model(suspend=True), registry=registry()), {"Ready": "False"},
                 id="a suspended model without a version waits for a person and is not stalled"),
    pytest.param(observed(policy=policy(promotion={"mode": "Manual"}), registry=registry(staged(1), staging=1)), {"Ready": "False"},
                 id="a version that awaits approval does not make the model ready"),
    pytest.param(observed(registry=registry(), jobs=(job(failed=True, end_time=T0, said="TooLittleData"),)),
                 {"Ready": "False", "Stalled": "True", "Training": "False"}, id="a training that cannot work stalls"),
    pytest.param(observed(drift=drift(window(Severity.CRITICAL, 0.95))), {"DriftDetected": "True", "DataHealthy": "True"},
                 id="confirmed drift is a condition"),
    pytest.param(observed(drift=drift(None, problem=Reason.TELEMETRY_UNREADABLE, message="cut off")), {"DataHealthy": "False"},
                 id="unreadable telemetry is a condition"),
    pytest.param(observed(registry=None, registry_problem="refused"), {"RegistryInSync": "False", "Ready": "False"},
                 id="a registry that cannot be read is a condition"),
])  # fmt: skip
def test_conditions(snapshot: Observed, expected: dict[str, str]) -> None:
    found = states(status(snapshot))
    assert expected == {kind: found.get(kind, "absent") for kind in expected}
    assert not {"Reconciling", "Stalled"} <= found.keys()
    if "Stalled" not in expected:
        assert "Stalled" not in found


def test_a_second_pass_that_sees_the_same_writes_nothing() -> None:
    snapshot = observed(
        drift=drift(window(Severity.HIGH, 0.74), window()), jobs=(job(9),), model=model(status=told_of(job(9)))
    )
    first = status(snapshot)
    assert first == status(seen(snapshot, first), T0 + hours(1))


def test_the_pass_that_starts_a_job_writes_what_the_next_pass_would() -> None:
    snapshot = observed(registry=registry())
    decision = decide(snapshot, T0, TRAINER)
    assert decision.launch is not None
    assert isinstance(decision.launch.task, TrainingTask)
    created = job(start_time=None, decision_id=decision.launch.task.decision_id)
    first = status_of(snapshot, decision, T0, launched=created)
    later = seen(snapshot.model_copy(update={"jobs": (created,)}), first)
    assert first == status(later, T0 + hours(0.1))


def test_a_transition_time_moves_only_when_the_status_flips() -> None:
    first = status(observed())
    later = status(seen(observed(drift=drift(window())), first), T0 + hours(1))
    assert condition(first, ConditionType.READY) == condition(later, ConditionType.READY)
    assert condition(later, ConditionType.DATA_HEALTHY).last_transition_time == T0 + hours(1)


def test_a_status_keeps_its_last_truth_while_the_registry_is_away() -> None:
    good = status(observed())
    away = status(seen(observed(registry=None, registry_problem="connection refused"), good), T0 + hours(1))
    assert good.stages == away.stages
    assert states(away)["Ready"] == "True"
    assert good.summary.kpi == away.summary.kpi


def test_history_keeps_the_last_twenty_decisions_that_changed_something() -> None:
    written = SensorModelStatus()
    for attempt in range(HISTORY_LENGTH + 5):
        snapshot = observed(
            registry=registry(),
            model=model(status=written, annotations={"sensormodel.io/retrain-requested-at": str(attempt)}),
        )
        decision = decide(snapshot, T0 + hours(attempt), TRAINER)
        written = status_of(snapshot, decision, T0 + hours(attempt))
    assert len(written.history) == HISTORY_LENGTH
    assert written.history[0].time > written.history[1].time
    assert {record.action for record in written.history} == {Action.TRAIN}


def test_a_job_that_is_refused_is_told_and_the_request_stays_open() -> None:
    snapshot = observed(model=model(annotations={"sensormodel.io/retrain-requested-at": "now"}))
    refused = Failure(reason=Reason.JOB_REFUSED, message="exceeded quota: jobs.batch 5 of 5")
    written = status(snapshot, failure=refused)
    assert condition(written, ConditionType.STALLED).message == "exceeded quota: jobs.batch 5 of 5"
    assert written.last_decision is not None
    assert written.last_decision.action is Action.NONE
    assert written.last_handled_retrain_request is None


def test_events_tell_changes_and_not_states() -> None:
    snapshot = observed(registry=registry())
    decision = decide(snapshot, T0, TRAINER)
    first = status_of(snapshot, decision, T0, launched=job())
    told = announcements(SensorModelStatus(), first)
    assert [(each.type, each.reason) for each in told] == [("Normal", Reason.FIRST_TRAINING)]
    assert not announcements(first, first)


def test_trouble_and_recovery_are_both_told() -> None:
    bad = status(observed(drift=drift(None, problem=Reason.TELEMETRY_UNREADABLE, message="cut off")))
    good_snapshot = seen(observed(drift=drift(window())), bad)
    decision = decide(good_snapshot, T0, TRAINER)
    good = status_of(good_snapshot, decision, T0)
    assert [(each.type, each.reason) for each in announcements(bad, good)] == [("Normal", Reason.DATA_READ)]
    assert [each.reason for each in announcements(good, bad)] == [Reason.TELEMETRY_UNREADABLE]


def test_a_note_fits_into_an_event_even_with_long_words_in_other_scripts() -> None:
    snapshot = observed(drift=drift(None, problem=Reason.TELEMETRY_UNREADABLE, message="ä" * 1000))
    decision = decide(snapshot, T0, TRAINER)
    (told,) = announcements(SensorModelStatus(), status_of(snapshot, decision, T0))
    assert len(told.note.encode()) <= 1024


def test_kpi_and_stage_of_the_version_that_counts_are_in_the_row() -> None:
    row = status(observed(registry=registry(serving(1), version(2, is_complete=False), production=1))).summary
    assert (row.stage, row.version, row.kpi) == ("Production", "1", "RMSE 0.1")

"""Policies on history: which trainings a policy would have started, when and why."""

from datetime import datetime, timedelta

import pytest

from model_contract.keys import Kpi
from model_contract.task import TriggerKind
from model_operator.api.vocabulary import Action, Reason, Severity
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.core.replay import (
    Assumptions,
    expected_duration,
)
from tests.builders import hours
from tests.core.replays import DAY, NOTHING_BUT_DRIFT, T0, Changes, replayed, served, told, unknown


def test_telemetry_that_never_changes_is_never_trained_on() -> None:
    assert replayed(served(), triggers=NOTHING_BUT_DRIFT).trainings == ()


def test_a_change_is_trained_on_at_the_first_check_after_two_windows_show_it() -> None:
    change = T0 + 10 * DAY + hours(5)  # the windows that end on the 12th and the 13th show it
    outcome = replayed(served(), on=Changes(change), triggers=NOTHING_BUT_DRIFT)
    assert told(outcome) == [("plant/p-1", TriggerKind.DRIFT, "03-13 00:30")]
    assert outcome.trainings[0].identity == "2026-03-13T00:00:00+00:00/2026-02-28T2"


def test_a_critical_change_is_trained_on_after_one_window() -> None:
    history = Changes(T0 + 10 * DAY + hours(5), severity=Severity.CRITICAL)
    assert told(replayed(served(), on=history, triggers=NOTHING_BUT_DRIFT)) == [
        ("plant/p-1", TriggerKind.DRIFT, "03-12 00:30")
    ]


def test_each_change_is_trained_on_once_because_the_new_version_knows_it() -> None:
    history = Changes(*(T0 + days * DAY for days in (10, 30, 50)))
    outcome = replayed(served(), on=history, triggers=NOTHING_BUT_DRIFT)
    assert [training.version for training in outcome.trainings] == [2, 3, 4]


def test_a_stricter_threshold_gives_fewer_trainings() -> None:
    history = Changes(T0 + 10 * DAY, T0 + 30 * DAY)
    strict = NOTHING_BUT_DRIFT | {"drift": {"severityThreshold": "Critical"}}
    assert len(replayed(served(), on=history, triggers=NOTHING_BUT_DRIFT).retrainings) == 2
    assert len(replayed(served(), on=history, triggers=strict).retrainings) == 0


def test_with_all_triggers_off_nothing_is_trained_whatever_happens() -> None:
    never = NOTHING_BUT_DRIFT | {"drift": {"enabled": False}}
    assert replayed(served(), on=Changes(T0 + 10 * DAY), triggers=never).trainings == ()


def test_a_schedule_of_720_hours_gives_six_trainings_in_180_days_and_some_hours() -> None:
    monthly = NOTHING_BUT_DRIFT | {"drift": {"enabled": False}, "schedule": {"interval": "720h", "jitter": "0s"}}
    outcome = replayed(served(), on=Changes(), days=181, triggers=monthly)
    assert [training.reasons[0] for training in outcome.trainings] == [Reason.SCHEDULE_DUE] * 6
    gaps = [
        later.start - earlier.start for earlier, later in zip(outcome.trainings, outcome.trainings[1:], strict=False)
    ]
    assert {timedelta(hours=720, minutes=20)} == set(gaps)  # counted from the version, which comes after the training


def test_a_model_of_which_nothing_is_recorded_gets_its_first_version_at_the_start() -> None:
    outcome = replayed(unknown(), on=Changes(T0 + 10 * DAY), triggers=NOTHING_BUT_DRIFT)
    assert [training.trigger for training in outcome.trainings] == [TriggerKind.INITIAL, TriggerKind.DRIFT]
    assert [training.trigger for training in outcome.retrainings] == [TriggerKind.DRIFT]


def test_a_first_training_without_telemetry_fails_and_is_tried_again_after_its_back_off() -> None:
    outcome = replayed(unknown(), on=Changes(begins=T0), days=3, triggers=NOTHING_BUT_DRIFT)
    first, second, last = outcome.trainings[0], outcome.trainings[1], outcome.trainings[-1]
    assert first.failure == "the window holds 0 rows"
    assert (2, timedelta(minutes=2)) == (second.attempt, second.start - first.start)
    assert last.version == 1
    assert last.start - T0 >= DAY


def test_a_model_joins_when_it_is_told_to() -> None:
    late = unknown().model_copy(update={"joins_at": T0 + 7 * DAY})
    assert told(replayed(late, triggers=NOTHING_BUT_DRIFT)) == [("plant/p-1", TriggerKind.INITIAL, "03-08 00:30")]


def test_versions_that_the_gate_refuses_do_not_end_drift() -> None:
    assume = Assumptions(better=False)
    history = Changes(T0 + 10 * DAY)
    refused = replayed(served(), on=history, assume=assume, triggers=NOTHING_BUT_DRIFT)
    assert len(refused.retrainings) >= 2
    assert refused.models[0].drifting > 70 * DAY
    better = replayed(served(), on=history, triggers=NOTHING_BUT_DRIFT)
    assert timedelta(minutes=20) == better.models[0].drifting


def test_a_version_that_a_person_must_approve_is_approved_at_once() -> None:
    outcome = replayed(served(), on=Changes(T0 + 10 * DAY), triggers=NOTHING_BUT_DRIFT, promotion={"mode": "Manual"})
    assert len(outcome.retrainings) == 1
    assert timedelta(minutes=20) == outcome.models[0].drifting


def test_measurements_that_can_find_nothing_new_are_not_made_and_the_check_interval_keeps_its_grid() -> None:
    history = Changes()
    replayed(served(), on=history, days=30, checkInterval="7h", triggers=NOTHING_BUT_DRIFT)
    assert len(history.measured_at) <= 31
    assert {timedelta()} == {(at - T0) % hours(7) for at in history.measured_at}


def test_models_that_drift_together_never_exceed_the_budget_and_all_are_trained() -> None:
    fleet = [served(f"p-{number}", uid=f"uid-{number}") for number in range(20)]
    outcome = replayed(
        *fleet, on=Changes(T0 + 10 * DAY), days=20, triggers=NOTHING_BUT_DRIFT, budget={"maxConcurrent": 3}
    )
    assert {model.key for model in fleet} == {training.model for training in outcome.trainings}
    assert len(outcome.trainings) == 20
    for training in outcome.trainings:
        others = [o for o in outcome.trainings if o.start <= training.start and o.end and o.end > training.start]
        assert len(others) <= 3
    assert timedelta(minutes=120) == max(model.waiting for model in outcome.models)


def test_those_that_wait_come_in_the_order_of_their_drift() -> None:
    class Mixed(Changes):
        def measure(self, plan: MeasurementPlan, now: datetime) -> Measurement:
            self.severity = Severity.HIGH if plan.model.endswith(("7", "8")) else Severity.MODERATE
            return super().measure(plan, now)

    fleet = [served(f"p-{number}", uid=f"uid-{number}") for number in range(10)]
    outcome = replayed(
        *fleet, on=Mixed(T0 + 10 * DAY), days=20, triggers=NOTHING_BUT_DRIFT, budget={"maxConcurrent": 1}
    )
    assert [training.model for training in outcome.trainings[:3]] == ["plant/p-0", "plant/p-7", "plant/p-8"]


def test_many_models_that_drift_at_once_are_held_for_a_common_cause() -> None:
    fleet = [served(f"p-{number}", uid=f"uid-{number}") for number in range(20)]
    cause = {"sharePercent": 30, "minModels": 5, "holdFor": "48h"}
    outcome = replayed(*fleet, on=Changes(T0 + 10 * DAY), days=20, triggers=NOTHING_BUT_DRIFT, commonCause=cause)
    begun = sorted(training.start for training in outcome.trainings)
    assert Reason.COMMON_CAUSE in {decision.reason for decision in outcome.decisions}
    assert len([start for start in begun if start < begun[0] + hours(48)]) == 7  # more than 30 % of 20
    assert len(begun) == 20


def test_the_same_history_always_gives_the_same_outcome() -> None:
    fleet = [served(f"p-{number}", uid=f"uid-{number}") for number in range(4)]
    outcomes = [
        replayed(*fleet, on=Changes(T0 + 10 * DAY, T0 + 20 * DAY), budget={"maxConcurrent": 2}) for _ in range(2)
    ]
    assert outcomes[0] == outcomes[1]


def test_a_training_takes_as_long_as_the_median_of_those_that_are_known() -> None:
    assert expected_duration([hours(1), hours(9), hours(2)]) == hours(2)
    assert expected_duration([]) == timedelta(minutes=20)


@pytest.mark.parametrize("kpi", list(Kpi))
def test_an_assumed_version_passes_the_gate_whatever_it_measures(kpi: Kpi) -> None:
    promotion = {"metric": kpi.value, "minImprovementPercent": 100}
    outcome = replayed(unknown(), on=Changes(T0 + 10 * DAY), triggers=NOTHING_BUT_DRIFT, promotion=promotion)
    promoted = [decision for decision in outcome.decisions if decision.reason is Reason.PROMOTED]
    assert [decision.action for decision in promoted] == [Action.MOVE_STAGE] * 2

"""When a hold for a common cause begins, how it ends, and what it says."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_operator.api.retrainingpolicy import CommonCauseHold, RetrainingPolicySpec, RetrainingPolicyStatus
from model_operator.api.vocabulary import Reason
from model_operator.core.announcements import policy_announcements
from model_operator.core.common_cause import is_active, next_hold
from model_operator.core.policystatus import Member, policy_status_of
from tests.builders import T0, hours, policy

HALF = {"sharePercent": 50}
HELD = CommonCauseHold(since_time=T0, until_time=T0 + hours(24), drifting=37, models=60)
RELEASED = HELD.model_copy(update={"until_time": T0 + hours(2), "released": True})


def spec(common_cause: dict[str, Any] | None = None) -> RetrainingPolicySpec:
    return RetrainingPolicySpec.model_validate({"commonCause": HALF if common_cause is None else common_cause})


def fleet(count: int, since: datetime = T0) -> list[datetime]:
    return [since] * count


BEGINS = {
    "more than the share of the models drift": (spec(), 60, fleet(31), None, True),
    "just the share is not more than the share": (spec(), 60, fleet(30), None, False),
    "fewer models than minModels drift": (spec(), 4, fleet(4), None, False),
    "minModels is lower": (spec({"sharePercent": 50, "minModels": 2}), 4, fleet(4), None, True),
    "everything drifts, and the share is 100 %": (spec({"sharePercent": 100}), 60, fleet(60), None, False),
    "drift that began longer ago than one window is not of this cause": (
        spec(),
        60,
        fleet(31, T0 - hours(25)),
        None,
        False,
    ),
    "drift that began just one window ago counts": (spec(), 60, fleet(31, T0 - hours(24)), None, True),
    "the policy has no commonCause": (policy().spec, 60, fleet(60), None, False),
    "the policy has no models": (spec(), 0, [], None, False),
    "drift that began before the last hold ended has had its hold": (
        spec(),
        60,
        fleet(60, T0 + hours(2)),
        RELEASED,
        False,
    ),
    "drift that began after the last hold ended is another": (spec(), 60, fleet(60, T0 + hours(2.5)), RELEASED, True),
}


@pytest.mark.parametrize(("wanted", "models", "drifting", "before", "begins"), BEGINS.values(), ids=BEGINS.keys())
def test_when_a_hold_begins(
    wanted: RetrainingPolicySpec, models: int, drifting: list[datetime], before: CommonCauseHold | None, *, begins: bool
) -> None:
    now = T0 + hours(3) if before else T0
    hold = next_hold(wanted, models, drifting, before, now)
    expected = CommonCauseHold(since_time=now, until_time=now + hours(24), drifting=len(drifting), models=models)
    assert hold == (expected if begins else before)


def test_a_hold_goes_on_although_fewer_models_drift() -> None:
    assert next_hold(spec(), 60, fleet(1), HELD, T0 + hours(5)) == HELD


def test_a_person_ends_a_hold_at_once() -> None:
    assert next_hold(spec(), 60, fleet(60), HELD, T0 + hours(2), released=True) == RELEASED


def test_a_hold_ends_with_the_field_that_asked_for_it() -> None:
    ended = next_hold(RetrainingPolicySpec(), 60, fleet(60), HELD, T0 + hours(2))
    assert ended == RELEASED


def test_a_shorter_hold_counts_for_the_one_that_is_active() -> None:
    shortened = next_hold(spec({"sharePercent": 50, "holdFor": "1h"}), 60, fleet(60), HELD, T0 + hours(2))
    assert shortened is not None
    assert shortened.until_time == T0 + hours(1)
    assert not is_active(shortened, T0 + hours(2))


@given(
    share=st.integers(1, 100),
    least=st.integers(2, 20),
    since=st.lists(st.integers(-72, 0).map(lambda ago: T0 + hours(ago)), max_size=40),
    steady=st.integers(0, 40),
)
def test_a_hold_never_begins_twice_for_the_same_drift(
    share: int, least: int, since: list[datetime], steady: int
) -> None:
    wanted = spec({"sharePercent": share, "minModels": least})
    begun = next_hold(wanted, len(since) + steady, since, None, T0)
    ended = next_hold(wanted, len(since) + steady, since, begun, T0 + hours(1), released=True)
    for later in (2, 12, 24, 30):
        assert next_hold(wanted, len(since) + steady, since, ended, T0 + hours(later)) == (ended if begun else None)


def status(
    previous: RetrainingPolicyStatus, now: datetime, drifting: int = 0, **overrides: Any
) -> RetrainingPolicyStatus:
    members = [Member(("Ready",), T0 if number < drifting else None) for number in range(60)]
    return policy_status_of(policy(commonCause=HALF), members, previous, now, **overrides)


def test_a_hold_is_told_once_and_its_end_once() -> None:
    calm = status(RetrainingPolicyStatus(), T0)
    begun = status(calm, T0, drifting=37)
    going_on = status(begun, T0 + hours(1), drifting=50)
    ended = status(going_on, T0 + hours(24), drifting=50)
    after = status(ended, T0 + hours(25), drifting=50)
    told = [
        [(event.type, event.reason) for event in policy_announcements(before, now)]
        for before, now in ((calm, begun), (begun, going_on), (going_on, ended), (ended, after))
    ]
    assert told == [[("Warning", Reason.COMMON_CAUSE)], [], [("Normal", Reason.COMMON_CAUSE_RELEASED)], []]


def test_the_event_says_how_many_and_what_to_do() -> None:
    (event,) = policy_announcements(RetrainingPolicyStatus(), status(RetrainingPolicyStatus(), T0, drifting=37))
    assert event.note == (
        "37 of 60 models (62 %) of the policy began to drift within one window before 2026-11-24T12:00Z; trainings for"
        " drift are held until 2026-11-25T12:00Z; more than commonCause.sharePercent 50: one cause outside the sensors is"
        " likelier than many within. Look at the plant, firmware, season and ingest; to train nevertheless, give the"
        " policy's annotation sensormodel.io/release-requested-at a new value"
    )


def test_the_condition_is_there_only_while_the_hold_is() -> None:
    begun = status(RetrainingPolicyStatus(), T0, drifting=37)
    ended = status(begun, T0 + hours(2), drifting=37, release_request="now")
    types = [[condition.type for condition in each.conditions] for each in (begun, ended)]
    assert types == [["Ready", "CommonCause"], ["Ready"]]
    assert (begun.message, ended.message) == (begun.conditions[1].message, None)


def test_a_release_counts_once() -> None:
    begun = status(RetrainingPolicyStatus(), T0, drifting=37)
    ended = status(begun, T0 + hours(1), drifting=37, release_request="monday")
    assert ended.last_handled_release_request == "monday"
    members = [Member((), T0 + hours(2))] * 60
    again = policy_status_of(policy(commonCause=HALF), members, ended, T0 + hours(3), release_request="monday")
    still = policy_status_of(policy(commonCause=HALF), members, again, T0 + hours(4), release_request="monday")
    assert again.hold is not None
    assert is_active(again.hold, T0 + hours(4))
    assert still.hold == again.hold


def test_a_release_that_comes_without_a_hold_does_not_spoil_the_next_hold() -> None:
    calm = status(RetrainingPolicyStatus(), T0, release_request="by mistake")
    begun = status(calm, T0 + hours(1), drifting=37, release_request="by mistake")
    going_on = status(begun, T0 + hours(2), drifting=37, release_request="by mistake")
    assert going_on.hold is not None
    assert is_active(going_on.hold, T0 + hours(2))


def test_a_policy_that_cannot_be_read_keeps_its_hold() -> None:
    begun = status(RetrainingPolicyStatus(), T0, drifting=37)
    broken = policy().model_copy(update={"spec": None, "spec_error": "spec.cooldown: no duration"})
    kept = policy_status_of(broken, [], begun, T0 + hours(1), release_request="now")
    assert (kept.hold, kept.last_handled_release_request) == (begun.hold, None)

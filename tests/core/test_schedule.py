"""When the schedule asks for a training, in words that a person reads, and never twice for one time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_contract.task import TriggerKind
from model_operator.api.base import parse_duration
from model_operator.api.schedule import ScheduleTrigger
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.identity import decision_id
from model_operator.core.observed import JobObservation, Observed
from model_operator.core.triggers.schedule import next_training_time, part_of_jitter, schedule_due
from tests.builders import UID, job, observed, registry, serving, version

MONDAYS = {"cron": "0 3 * * 1", "timeZone": "Europe/Berlin", "jitter": "0s"}
NIGHTLY = {"cron": "30 2 * * *", "timeZone": "Europe/Berlin", "jitter": "0s"}
MONTHLY = {"jitter": "0s"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def schedule(**fields: Any) -> ScheduleTrigger:
    return ScheduleTrigger.model_validate(fields)


def trained_at(time: str, jobs: tuple[JobObservation, ...] = (), **newest: Any) -> Observed:
    """A model whose only version came at this time; keywords are about the version."""
    return observed(registry=registry(serving(1, create_time=at(time), **newest), production=1), jobs=jobs)


def decision_for(text: str) -> str:
    """What a Job or version carries that was started for this time."""
    return decision_id(UID, TriggerKind.SCHEDULE, at(text).isoformat())


def case(sentence: str, snapshot: Observed, fields: dict[str, Any], now: str, reason: Reason, message: str) -> Any:
    return pytest.param(snapshot, schedule(**fields), at(now), reason, message, id=sentence)


@pytest.mark.parametrize(("snapshot", "asked", "now", "reason", "message"), [
    # Off, or nothing to count from.
    case("a schedule that is off asks for nothing", trained_at("2026-01-01T12:00Z"), {"enabled": False}, "2026-11-24T12:00Z", Reason.TRIGGER_DISABLED,
         "triggers.schedule.enabled is false"),
    case("without a version there is nothing to count from", observed(registry=registry()), MONDAYS, "2026-11-24T12:00Z", Reason.NO_VERSION,
         "there is no version whose age could count"),
    case("a schedule that cannot be used says why", trained_at("2026-01-01T12:00Z"), {"cron": "0 3 31 2 *"}, "2026-11-24T12:00Z", Reason.INVALID_SPEC,
         "spec.triggers.schedule.cron: '0 3 31 2 *': Bad day-of-month: a range runs backwards, or no such month has that day"),
    # By age.
    case("by default a version is old after 30 days", trained_at("2026-11-01T12:00Z"), MONTHLY, "2026-11-24T12:00Z", Reason.NOT_DUE,
         "interval 720h after the newest version, 2026-11-01T12:00Z: next 2026-12-01T12:00Z"),
    case("an old version is due", trained_at("2026-11-01T12:00Z"), MONTHLY, "2026-12-01T12:00Z", Reason.SCHEDULE_DUE,
         "interval 720h after the newest version, 2026-11-01T12:00Z: due 2026-12-01T12:00Z"),
    case("an interval waits for its part of the jitter", trained_at("2026-11-01T12:00Z"), {"interval": "24h"}, "2026-11-02T12:02Z", Reason.NOT_DUE,
         "interval 24h after the newest version, 2026-11-01T12:00Z: next 2026-11-02T12:09Z (with 9m6s of jitter)"),
    case("a version that the schedule asked for has waited already", trained_at("2026-11-01T12:00Z", trigger=TriggerKind.SCHEDULE), {"interval": "24h"}, "2026-11-02T12:00Z", Reason.SCHEDULE_DUE,
         "interval 24h after the newest version, 2026-11-01T12:00Z: due 2026-11-02T12:00Z"),
    # At set times.
    case("a time to come is named with the day and clock of its zone", trained_at("2026-11-24T12:00Z"), MONDAYS, "2026-11-24T12:00Z", Reason.NOT_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): next 2026-11-30T02:00Z (Monday 03:00 CET)"),
    case("a time that has come is due", trained_at("2026-11-24T12:00Z"), MONDAYS, "2026-11-30T02:00Z", Reason.SCHEDULE_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): due 2026-11-30T02:00Z (Monday 03:00 CET)"),
    case("a model waits for its part of the jitter", trained_at("2026-11-24T12:00Z"), {"cron": "0 3 * * 1"}, "2026-11-30T03:09:05Z", Reason.NOT_DUE,
         "cron `0 3 * * 1` (UTC): next 2026-11-30T03:09Z (Monday 03:09 UTC, with 9m6s of jitter)"),
    case("after its part of the jitter it is due", trained_at("2026-11-24T12:00Z"), {"cron": "0 3 * * 1"}, "2026-11-30T03:09:06Z", Reason.SCHEDULE_DUE,
         "cron `0 3 * * 1` (UTC): due 2026-11-30T03:09Z (Monday 03:09 UTC, with 9m6s of jitter)"),
    case("a version that came after a time serves it, whatever it was trained for", trained_at("2026-11-30T02:00:01Z"), MONDAYS, "2026-11-30T02:10Z", Reason.NOT_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): next 2026-12-07T02:00Z (Monday 03:00 CET)"),
    case("of many missed times only the newest is made up", trained_at("2026-01-01T12:00Z"), MONDAYS, "2026-11-24T12:00Z", Reason.SCHEDULE_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): due 2026-11-23T02:00Z (Monday 03:00 CET)"),
    case("a time in the skipped hour of spring is due when that hour ends", trained_at("2026-03-28T12:00Z"), NIGHTLY, "2026-03-29T01:00Z", Reason.SCHEDULE_DUE,
         "cron `30 2 * * *` (Europe/Berlin): due 2026-03-29T01:00Z (Sunday 03:00 CEST)"),
    case("a time in the doubled hour of autumn is due in the first of the two", trained_at("2026-10-24T12:00Z"), NIGHTLY, "2026-10-25T00:30Z", Reason.SCHEDULE_DUE,
         "cron `30 2 * * *` (Europe/Berlin): due 2026-10-25T00:30Z (Sunday 02:30 CEST)"),
    case("a time in the doubled hour of autumn is not due again in the second", trained_at("2026-10-25T00:50Z"), NIGHTLY, "2026-10-25T01:30Z", Reason.NOT_DUE,
         "cron `30 2 * * *` (Europe/Berlin): next 2026-10-26T01:30Z (Monday 02:30 CET)"),
    # Clocks.
    case("a clock that is set back asks for nothing twice", trained_at("2026-11-30T02:20Z"), MONDAYS, "2026-11-30T01:30Z", Reason.NOT_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): next 2026-12-07T02:00Z (Monday 03:00 CET)"),
    case("a registry whose clock is behind does not make a time due twice", trained_at("2026-11-30T01:20Z", decision_id=decision_for("2026-11-30T02:00Z")), MONDAYS, "2026-11-30T02:30Z", Reason.NOT_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): next 2026-12-07T02:00Z (Monday 03:00 CET)"),
    # A starting deadline.
    case("within the starting deadline a missed time is made up", trained_at("2026-11-24T12:00Z"), MONDAYS | {"startingDeadline": "1h"}, "2026-11-30T03:00Z", Reason.SCHEDULE_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): due 2026-11-30T02:00Z (Monday 03:00 CET)"),
    case("after the starting deadline it is left out", trained_at("2026-01-01T12:00Z"), MONDAYS | {"startingDeadline": "1h"}, "2026-11-30T03:00:01Z", Reason.SCHEDULE_MISSED,
         "cron `0 3 * * 1` (Europe/Berlin): 2026-11-30T02:00Z (Monday 03:00 CET) was missed by more than startingDeadline 1h; next 2026-12-07T02:00Z (Monday 03:00 CET)"),
    case("the starting deadline counts from the end of the jitter", trained_at("2026-11-24T12:00Z"), {"cron": "0 3 * * 1", "startingDeadline": "5m"}, "2026-11-30T03:14:06Z", Reason.SCHEDULE_DUE,
         "cron `0 3 * * 1` (UTC): due 2026-11-30T03:09Z (Monday 03:09 UTC, with 9m6s of jitter)"),
    case("an attempt that failed in time is repeated after the starting deadline", trained_at("2026-11-24T12:00Z", jobs=(job(failed=True, decision_id=decision_for("2026-11-30T02:00Z")),)), MONDAYS | {"startingDeadline": "1h"}, "2026-11-30T08:00Z", Reason.SCHEDULE_DUE,
         "cron `0 3 * * 1` (Europe/Berlin): due 2026-11-30T02:00Z (Monday 03:00 CET)"),
])  # fmt: skip
def test_what_the_schedule_says(
    snapshot: Observed, asked: ScheduleTrigger, now: datetime, reason: Reason, message: str
) -> None:
    verdict = schedule_due(snapshot, asked, now)
    assert (reason, message) == (verdict.reason, verdict.message)
    assert verdict.fires == (reason is Reason.SCHEDULE_DUE)


@pytest.mark.parametrize(("fields", "now", "expected"), [
    pytest.param(MONDAYS, "2026-11-26T12:00Z", "2026-11-30T02:00Z", id="the time to come"),
    pytest.param(MONDAYS, "2026-12-09T12:00Z", "2026-12-07T02:00Z", id="while one is due, its time"),
    pytest.param(MONDAYS | {"startingDeadline": "1h"}, "2026-12-09T12:00Z", "2026-12-14T02:00Z", id="after the deadline, the time to come"),
    pytest.param(MONTHLY, "2027-12-09T12:00Z", "2026-12-24T12:00Z", id="by age, always the same"),
    pytest.param({"cron": "0 3 * * 1"}, "2026-11-26T12:00Z", "2026-11-30T03:09:06Z", id="with the model's part of the jitter"),
    pytest.param({"enabled": False}, "2026-11-26T12:00Z", None, id="none when the schedule is off"),
    pytest.param({"cron": "0 3 31 2 *"}, "2026-11-26T12:00Z", None, id="none when the schedule cannot be used"),
])  # fmt: skip
def test_the_next_training_time(fields: dict[str, Any], now: str, expected: str | None) -> None:
    assert next_training_time(trained_at("2026-11-24T12:00Z"), schedule(**fields), at(now)) == (
        at(expected) if expected else None
    )


# Jitter.


def test_the_model_of_these_tests_waits_nine_minutes_of_the_default_jitter_of_ten() -> None:
    assert part_of_jitter(UID, parse_duration(ScheduleTrigger().jitter)) == timedelta(minutes=9, seconds=6)


@given(st.uuids(), st.integers(0, 10_000_000))
def test_a_part_of_the_jitter_is_less_than_all_of_it_and_always_the_same(uid: Any, seconds: int) -> None:
    part = part_of_jitter(str(uid), timedelta(seconds=seconds))
    assert timedelta(0) <= part < max(timedelta(seconds=seconds), timedelta(microseconds=1))
    assert part == part_of_jitter(str(uid), timedelta(seconds=seconds))


def test_a_thousand_models_start_in_hundreds_of_different_seconds() -> None:
    parts = [part_of_jitter(f"6f1c2d3e-0000-4000-8000-{number:012}", timedelta(minutes=10)) for number in range(1000)]
    assert len(set(parts)) > 400
    assert max(parts.count(part) for part in set(parts)) < 10


def test_an_interval_does_not_grow_by_the_jitter_from_training_to_training() -> None:
    asked, now, trigger = schedule(interval="24h", jitter="1h"), at("2026-11-01T00:00Z"), TriggerKind.INITIAL
    begun = []
    for _ in range(10):
        due = next_training_time(trained_at(now.isoformat(), trigger=trigger), asked, now)
        assert due is not None
        begun.append(due)
        now, trigger = due, TriggerKind.SCHEDULE
    assert begun[0] - at("2026-11-01T00:00Z") == timedelta(hours=24) + part_of_jitter(UID, timedelta(hours=1))
    assert begun[-1] - begun[0] == 9 * timedelta(hours=24)


def test_the_jitter_does_not_change_the_identity_of_a_time() -> None:
    late = at("2026-12-03T12:00Z")
    asked = [
        schedule_due(trained_at("2026-11-24T12:00Z"), schedule(cron="0 3 * * 1", jitter=jitter), late)
        for jitter in ("0s", "10m", "6h")
    ]
    assert {verdict.identity for verdict in asked} == {"2026-11-30T03:00:00+00:00"}


# Over time.

SCHEDULES = st.sampled_from([MONDAYS, NIGHTLY, MONTHLY, {"interval": "24h"}, {"cron": "*/20 * * * *"}, {"cron": "15 * * * *", "jitter": "3h"}, {"cron": "0 0 1 * *", "timeZone": "Australia/Lord_Howe"}])  # fmt: skip
STEPS = st.lists(st.tuples(st.integers(-90, 60 * 24 * 40), st.integers(1, 300)), min_size=1, max_size=25)


def after_training(snapshot: Observed, verdict: Verdict, end: datetime) -> Observed:
    """The same model, a while later: the Job registered a version."""
    assert snapshot.registry is not None
    made = version(
        len(snapshot.registry.versions) + 1, create_time=end, trigger=TriggerKind.SCHEDULE, decision_id=decision_id(UID, TriggerKind.SCHEDULE, verdict.identity)
    )  # fmt: skip
    return snapshot.model_copy(
        update={"registry": snapshot.registry.model_copy(update={"versions": (made, *snapshot.registry.versions)})}
    )


@given(SCHEDULES, STEPS)
def test_no_time_is_run_twice_though_clocks_are_set_back_and_weeks_are_slept_through(
    fields: dict[str, str], steps: list[tuple[int, int]]
) -> None:
    snapshot, asked, now = trained_at("2026-02-01T12:00Z"), schedule(**fields), at("2026-02-01T12:00Z")
    ran: list[str] = []
    for minutes_later, minutes_of_training in steps:
        now += timedelta(minutes=minutes_later)
        verdict = schedule_due(snapshot, asked, now)
        if verdict.fires:
            ran.append(verdict.identity)
            snapshot = after_training(snapshot, verdict, now + timedelta(minutes=minutes_of_training))
    assert ran == sorted(set(ran))


@given(SCHEDULES, st.integers(0, 60 * 24 * 400), st.integers(-20, 300))
def test_after_one_training_nothing_is_left_to_make_up_even_by_another_clock(
    fields: dict[str, str], minutes_later: int, minutes_ahead: int
) -> None:
    snapshot, asked, now = (
        trained_at("2026-02-01T12:00Z"),
        schedule(**fields),
        at("2026-02-01T12:00Z") + timedelta(minutes=minutes_later),
    )
    verdict = schedule_due(snapshot, asked, now)
    if verdict.fires:
        following = schedule_due(
            after_training(snapshot, verdict, now + timedelta(minutes=max(0, minutes_ahead))), asked, now
        )
        behind = schedule_due(after_training(snapshot, verdict, now + timedelta(minutes=minutes_ahead)), asked, now)
        assert (following.reason, behind.reason) == (Reason.NOT_DUE, Reason.NOT_DUE)


@given(SCHEDULES, st.integers(0, 60 * 24 * 400))
def test_the_next_training_time_is_when_the_verdict_changes_and_stays_until_then(
    fields: dict[str, str], minutes_later: int
) -> None:
    snapshot, asked, start = trained_at("2026-02-01T12:00Z"), schedule(**fields), datetime(2026, 2, 1, 12, tzinfo=UTC)
    now = start + timedelta(minutes=minutes_later)
    verdict, told = schedule_due(snapshot, asked, now), next_training_time(snapshot, asked, now)
    assert told is not None
    assert verdict.fires == (told <= now)
    if not verdict.fires:
        assert verdict.until == told
        assert next_training_time(snapshot, asked, start) == told
        assert not schedule_due(snapshot, asked, told - timedelta(seconds=1)).fires
        assert schedule_due(snapshot, asked, told).fires

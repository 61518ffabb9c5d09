"""Times of cron lines on the days on which clocks are changed, and lines and zones that cannot be used."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_operator.api.cron import CRON_LINE, NO_SUCH_DAY, NOT_A_CRON_LINE, NOT_A_TIME_ZONE, ONE_OF_TWO
from model_operator.api.schedule import ScheduleTrigger
from model_operator.core.cron import newest_tick, next_tick, schedule_problem

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Africa/Cairo", "Antarctica/Troll")  # fmt: skip
LINES = ("* * * * *", "*/7 * * * *", "30 2 * * *", "15 1,2 * * *", "0 3 * * 1", "30 1-3/2 L * *", "0 0 1 */3 *", "5 2 * * 0L", "0 * 4 4,10 *")  # fmt: skip
CHANGES = ("2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-03-08T07:00Z", "2026-11-01T06:00Z", "2026-10-03T15:30Z", "2026-04-04T15:00Z", "2026-09-06T04:00Z", "2026-04-05T03:00Z")  # fmt: skip
AROUND_A_CHANGE = st.builds(
    lambda change, seconds: datetime.fromisoformat(change) + timedelta(seconds=seconds),
    st.sampled_from(CHANGES), st.integers(-4 * 3600, 4 * 3600),
)  # fmt: skip
ANY_TIME = st.integers(0, 3 * 365 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
INSTANTS = AROUND_A_CHANGE | ANY_TIME


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("zone", "line", "after", "ticks"), [
    pytest.param("Europe/Berlin", "0 3 * * 1", "2026-11-24T12:00Z", ["2026-11-30T02:00Z", "2026-12-07T02:00Z"], id="a line is read in its zone"),
    pytest.param("Asia/Kathmandu", "0 3 * * *", "2026-11-24T12:00Z", ["2026-11-24T21:15Z", "2026-11-25T21:15Z"], id="a zone may be off by three quarters of an hour and never change"),
    pytest.param("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"], id="Berlin in spring: a skipped time runs once, when the skipped hour ends"),
    pytest.param("Europe/Berlin", "0,30 2,3 29 3 *", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-29T01:30Z"], id="Berlin in spring: skipped times and the next one fall together"),
    pytest.param("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"], id="Berlin in autumn: a doubled time runs once, in the first of the two hours"),
    pytest.param("Europe/Berlin", "30 2 * * *", "2026-10-25T01:15Z", ["2026-10-26T01:30Z"], id="Berlin in autumn: seen from the second of the two hours it has run"),
    pytest.param("Europe/Berlin", "0 * * * *", "2026-10-24T23:30Z", ["2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"], id="Berlin in autumn: an hourly line runs in both hours"),
    pytest.param("Europe/Berlin", "*/30 2 * * *", "2026-03-28T12:00Z", ["2026-03-30T00:00Z"], id="Berlin in spring: a line whose minute begins with * follows the clock and has no time in the skipped hour"),
    pytest.param("America/New_York", "30 2 * * *", "2026-03-07T12:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"], id="New York in spring"),
    pytest.param("America/New_York", "30 1 * * *", "2026-10-31T12:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"], id="New York in autumn"),
    pytest.param("Australia/Sydney", "30 2 * * *", "2026-10-03T12:00Z", ["2026-10-03T16:00Z", "2026-10-04T15:30Z"], id="Sydney in spring, which is October"),
    pytest.param("Australia/Sydney", "30 2 * * *", "2026-04-04T12:00Z", ["2026-04-04T15:30Z", "2026-04-05T16:30Z"], id="Sydney in autumn, which is April"),
    pytest.param("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00Z", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"], id="Lord Howe in spring: half an hour is skipped"),
    pytest.param("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T12:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"], id="Lord Howe in autumn: half an hour is doubled"),
    pytest.param("America/Santiago", "0 0 * * *", "2026-09-05T12:00Z", ["2026-09-06T04:00Z", "2026-09-07T03:00Z"], id="Santiago in spring: a day without midnight"),
    pytest.param("UTC", "0 0 29 2 *", "2026-11-24T12:00Z", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"], id="a leap day is waited for"),
    pytest.param("UTC", "0 3 31 * *", "2026-01-31T03:00Z", ["2026-03-31T03:00Z"], id="months without a 31st are passed over"),
    pytest.param("UTC", "0 3 L * *", "2028-02-01T00:00Z", ["2028-02-29T03:00Z"], id="L is the last day of the month"),
    pytest.param("UTC", "0 3 1 * MON", "2026-11-24T12:00Z", ["2026-11-30T03:00Z", "2026-12-01T03:00Z"], id="a day of month or a day of week is enough when neither begins with *"),
])  # fmt: skip
def test_the_times_of_a_line(zone: str, line: str, after: str, ticks: list[str]) -> None:
    found, last = [], at(after)
    for _ in ticks:
        tick = next_tick(line, zone, last)
        assert tick is not None
        found.append(tick)
        last = tick
    assert found == [at(tick) for tick in ticks]


@given(st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59), st.sampled_from([2026, 2027]))
def test_a_fixed_time_comes_once_on_every_day_of_the_year_in_every_zone(
    zone: str, hour: int, minute: int, year: int
) -> None:
    tick, dates = datetime(year - 1, 12, 31, 23, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC), []
    while (tick := next_tick(f"{minute} {hour} * * *", zone, tick) or at("9999-12-31T00:00Z")) and tick.astimezone(
        ZoneInfo(zone)
    ).year == year:
        dates.append(tick.astimezone(ZoneInfo(zone)).date())
    assert len(dates) == 365
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(dates))


@given(st.sampled_from(LINES), st.sampled_from(ZONES), INSTANTS)
def test_the_next_time_is_always_later(line: str, zone: str, after: datetime) -> None:
    tick = next_tick(line, zone, after)
    assert tick is not None
    assert tick > after


@given(st.sampled_from(LINES), st.sampled_from(ZONES), INSTANTS, st.integers(0, 600) | st.integers(0, 60 * 24 * 40))
def test_the_newest_time_is_the_last_of_all_times_in_the_span(
    line: str, zone: str, after: datetime, minutes: int
) -> None:
    until = after + timedelta(minutes=minutes)
    newest = newest_tick(line, zone, after, until)
    assert newest is None or after < newest <= until
    following = next_tick(line, zone, newest or after)
    assert following is not None
    assert following > until


def test_the_newest_of_fifty_million_missed_times_is_found() -> None:
    assert newest_tick("* * * * *", "Europe/Berlin", at("1930-01-01T00:00Z"), at("2026-11-24T12:00:30Z")) == at(
        "2026-11-24T12:00Z"
    )


@pytest.mark.parametrize(("schedule", "problem"), [
    pytest.param({}, None, id="a schedule without times is one of 720h"),
    pytest.param({"cron": "0 3 * * 1", "timeZone": "Europe/Berlin", "startingDeadline": "1h"}, None, id="times in a zone, with a deadline"),
    pytest.param({"cron": "0 3 31 2 1"}, None, id="the 31st of February or a Monday in February"),
    pytest.param({"cron": "0 3 * * 1", "interval": "720h"}, f"cron: {ONE_OF_TWO}", id="two schedules"),
    pytest.param({"timeZone": "Europe/Berlin"}, "timeZone: `timeZone` has a meaning only with `cron`", id="a zone without times"),
    pytest.param({"startingDeadline": "1h"}, "startingDeadline: `startingDeadline` has a meaning only with `cron`", id="a deadline without times"),
    pytest.param({"cron": "@daily   "}, f"cron: '@daily   ': {NOT_A_CRON_LINE}", id="a word instead of five fields"),
    pytest.param({"cron": "0 0 3 * * 1"}, NOT_A_CRON_LINE, id="seconds"),
    pytest.param({"cron": "0 3 * * 1\n"}, NOT_A_CRON_LINE, id="a line break"),
    pytest.param({"cron": "0 5-3 * * *"}, "Bad hour: a range runs backwards", id="a range that runs backwards"),
    pytest.param({"cron": "0 3 31 2 *"}, "Bad day-of-month: a range runs backwards, or no such month has that day", id="the 31st of February"),
    pytest.param({"cron": "0 3 */31 2 1#5"}, NO_SUCH_DAY, id="the first of February as the fifth Monday"),
    pytest.param({"cron": "* * */30 * 0#2"}, NO_SUCH_DAY, id="a second Sunday on the 1st or 31st"),
    pytest.param({"cron": "0 3 * * 1", "timeZone": "Mars/Base"}, f"timeZone: 'Mars/Base' is not known: {NOT_A_TIME_ZONE}", id="an unknown zone"),
    pytest.param({"cron": "0 3 * * 1", "timeZone": "Europe"}, "'Europe' is not known", id="a folder of zones"),
    pytest.param({"cron": "0 3 * * 1", "timeZone": "../../etc/passwd"}, "'../../etc/passwd' is not known", id="a path"),
    pytest.param({"cron": "0 3 * * 1", "timeZone": "Local"}, "'Local' is not known", id="the zone of whoever reads it"),
])  # fmt: skip
def test_what_is_wrong_with_a_schedule_is_said_with_the_path_of_the_field(
    schedule: dict[str, str], problem: str | None
) -> None:
    said = schedule_problem(ScheduleTrigger.model_validate(schedule))
    if problem is None:
        assert said is None
    else:
        assert said is not None
        assert said.startswith("spec.triggers.schedule.")
        assert problem in said


@given(st.from_regex(CRON_LINE, fullmatch=True).filter(lambda line: 9 <= len(line) <= 128))
def test_every_line_that_the_api_server_admits_has_a_next_time_or_a_problem(line: str) -> None:
    if schedule_problem(ScheduleTrigger(cron=line)) is None:
        assert next_tick(line, "Europe/Berlin", at("2026-11-24T12:00Z")) is not None

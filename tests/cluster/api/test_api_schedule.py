"""Set times of a policy: the API server stores what can be used and refuses, in words, lines and zones that cannot."""

import pytest

from tests.cluster.api.objects import Object, retraining_policy
from tests.cluster.api.server import Api

NOT_A_CRON_LINE = "`cron` must be five fields with one space between them: minute 0-59, hour 0-23"
NO_SUCH_DAY = "`cron` asks for a day that no such month has: it would never be due"
NOT_A_TIME_ZONE = "`timeZone` must be a name of the IANA time zone database"
PATH = "spec.triggers.schedule"
MONDAYS = "0 3 * * 1"


def schedule(**fields: str) -> Object:
    return retraining_policy(triggers__schedule=fields)


@pytest.mark.parametrize(("line", "zone"), [
    ("0 3 * * 1", "Europe/Berlin"),
    ("*/15 0-6,22-23/2 1,15 */3 MON-FRI", "Australia/Lord_Howe"),
    ("0 3 L * *", "UTC"),
    ("30 2 lw jan,JUL *", "Etc/GMT+5"),
    ("0 3 * * 0L", "America/Argentina/Buenos_Aires"),
    ("0 3 * * 6#2", "Asia/Kathmandu"),
    ("0 3 31 2 1", "EST5EDT"),
])  # fmt: skip
def test_set_times_are_stored_without_an_interval(try_api: Api, line: str, zone: str) -> None:
    stored = try_api.try_out(schedule(cron=line, timeZone=zone, startingDeadline="4h"))["spec"]["triggers"]["schedule"]
    assert stored == {"enabled": True, "jitter": "10m", "cron": line, "timeZone": zone, "startingDeadline": "4h"}


@pytest.mark.parametrize("line", [
    "@weekly  ", "0 0 3 * * 1", "0 3 * *  1", "0  3 * * 1", "0 3 * *\t1", " 0 3 * * 1", "0 3 * * 1 ", "0 3 * * 1\n", "60 3 * * 1", "0 24 * * 1",
    "0 3 0 * 1", "0 3 32 * 1", "0 3 * 13 1", "0 3 * * 8", "0 3 * * MO", "0 3 ? * 1", "*/0 3 * * *", "-5 3 * * *", "1,,2 3 * * *", "0 3 * * 1#6",
], ids=repr)  # fmt: skip
def test_what_is_no_cron_line_is_refused_with_an_example(try_api: Api, line: str) -> None:
    assert f"{PATH}.cron: Invalid value: {NOT_A_CRON_LINE}" in try_api.refusal(schedule(cron=line))


@pytest.mark.parametrize(("wanted", "message"), [
    pytest.param(schedule(cron=MONDAYS, interval="720h"), f"{PATH}.cron: Invalid value: set `interval` or `cron`, not both", id="two schedules"),
    pytest.param(schedule(timeZone="Europe/Berlin"), f"{PATH}.timeZone: Invalid value: `timeZone` has a meaning only with `cron`", id="a zone without times"),
    pytest.param(schedule(startingDeadline="1h"), f"{PATH}.startingDeadline: Invalid value: `startingDeadline` has a meaning only with `cron`", id="a starting deadline without times"),
    pytest.param(schedule(cron=MONDAYS, startingDeadline="59s"), "`startingDeadline` must be at least 1m", id="a starting deadline that no pass meets"),
    pytest.param(schedule(jitter="-1m"), f"{PATH}.jitter: Invalid value", id="a negative jitter"),
    pytest.param(schedule(cron="0 3 31 2 *"), f"{PATH}.cron: Invalid value: {NO_SUCH_DAY}", id="the 31st of February"),
    pytest.param(schedule(cron="0 3 30 feb *"), NO_SUCH_DAY, id="the 30th of February, in letters"),
    pytest.param(schedule(cron="0 3 31 4,6,9,11 */2"), NO_SUCH_DAY, id="the 31st of months of 30 days"),
    pytest.param(schedule(cron=MONDAYS, timeZone="Mars/Base"), f"unknown time zone Mars/Base evaluating rule: {NOT_A_TIME_ZONE}", id="an unknown zone"),
    pytest.param(schedule(cron=MONDAYS, timeZone="Local"), f"{PATH}.timeZone: Invalid value: {NOT_A_TIME_ZONE}", id="the zone of the API server"),
    pytest.param(schedule(cron=MONDAYS, timeZone="+01:00"), NOT_A_TIME_ZONE, id="an offset as a zone"),
    pytest.param(schedule(cron=MONDAYS, timeZone="../../etc/passwd"), NOT_A_TIME_ZONE, id="a path as a zone"),
    pytest.param(schedule(cron="*," * 64 + "* * * * *"), "may not be more than 128", id="an endless line"),
])  # fmt: skip
def test_a_schedule_that_cannot_be_meant_is_refused(try_api: Api, wanted: Object, message: str) -> None:
    assert message in try_api.refusal(wanted)

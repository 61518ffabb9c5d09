"""The times that a cron line names, as instants, and what makes a schedule unusable.

Used by `core.triggers.schedule` and by everything that judges a policy before it is used. Times follow Debian's cron
(man 8 cron, "local time changes"), which `cronsim` implements: a line with a fixed minute and hour runs once on the day
on which a clock is changed, at the end of the skipped hour in spring and in the first of the doubled hours in autumn; a
line whose minute or hour begins with `*` follows the clock as it shows. Nothing here knows what time it is.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from model_operator.api.cron import (
    CRON_LINE,
    NO_SUCH_DAY,
    NOT_A_CRON_LINE,
    NOT_A_TIME_ZONE,
    ONE_OF_TWO,
    TIME_ZONE,
    needs_cron,
)
from model_operator.api.schedule import ScheduleTrigger

DEFAULT_ZONE = "UTC"
_RESOLUTION = timedelta(minutes=1)
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # the 50 years from here hold every calendar that there is
_FIELD = "spec.triggers.schedule"


def next_tick(line: str, zone: str, after: datetime) -> datetime | None:
    """The first time later than `after`, in UTC; None: `cronsim` finds none within 50 years.

    Args:
        line: five fields that `schedule_problem` accepts.
        zone: name of the time zone in which the line is read.
        after: an aware instant.
    """
    for local in CronSim(line, after.astimezone(ZoneInfo(zone))):
        tick = local.astimezone(UTC)
        if tick > after:  # in the second of two doubled hours, cronsim names the times of the first once more
            return tick
    return None


def newest_tick(line: str, zone: str, after: datetime, until: datetime) -> datetime | None:
    """The last time in (`after`, `until`], in UTC; None: there is none.

    Halves the span, so that its work grows with the logarithm of what was missed. Arguments as for `next_tick`.
    """
    newest = next_tick(line, zone, after)
    if newest is None or newest > until:
        return None
    none_later_than = until
    while none_later_than - newest >= _RESOLUTION:
        middle = newest + (none_later_than - newest) / 2
        later = next_tick(line, zone, middle)
        if later is not None and later <= none_later_than:
            newest = later
        else:
            none_later_than = middle
    return newest


@lru_cache(maxsize=1024)
def schedule_problem(schedule: ScheduleTrigger) -> str | None:
    """Why a schedule cannot be used, with the path of the field; None: it can.

    Says again what the API server says at apply, for files and for objects that an older CRD has let through, and what
    the API server cannot see: lines that are well formed and never true.
    """
    if schedule.cron is None:
        alone = {"timeZone": schedule.time_zone, "startingDeadline": schedule.starting_deadline}
        field = next((name for name, value in alone.items() if value is not None), None)
        return f"{_FIELD}.{field}: {needs_cron(field)}" if field else None
    if schedule.interval is not None:
        return f"{_FIELD}.cron: {ONE_OF_TWO}"
    zone = schedule.time_zone or DEFAULT_ZONE
    if not _is_known(zone):
        return f"{_FIELD}.timeZone: {zone!r} is not known: {NOT_A_TIME_ZONE}"
    problem = _line_problem(schedule.cron)
    return f"{_FIELD}.cron: {schedule.cron!r}: {problem}" if problem else None


def _is_known(zone: str) -> bool:
    if not re.fullmatch(TIME_ZONE, zone):
        return False
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # no such zone, not the name of one, a folder of zones
        return False
    return True


def _line_problem(line: str) -> str | None:
    if not re.fullmatch(CRON_LINE, line):
        return NOT_A_CRON_LINE
    try:
        never = next(CronSim(line, _SOME_DAY), None) is None
    except CronSimError as error:
        return f"{error}: a range runs backwards, or no such month has that day"
    return NO_SUCH_DAY if never else None

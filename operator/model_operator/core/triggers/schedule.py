"""The schedule asks: the newest version has reached an age, or a time of the cron line has passed since it came.

However many times were missed, only the newest counts, and a version that came after a time serves it. The time itself
is the identity of the training, so a clock that is set back, a restart or a lost status asks for nothing twice.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from model_contract.task import TriggerKind
from model_operator.api.base import format_duration, parse_duration
from model_operator.api.schedule import ScheduleTrigger
from model_operator.api.vocabulary import Reason
from model_operator.core.cron import DEFAULT_ZONE, newest_tick, next_tick, schedule_problem
from model_operator.core.decision import Verdict
from model_operator.core.identity import decision_id
from model_operator.core.observed import Observed, Version

DEFAULT_INTERVAL = "720h"


class _Appointment(NamedTuple):
    """A time at which the schedule asks for a training."""

    tick: datetime  # what interval or cron says; identifies the training
    delay: timedelta  # this model's part of the jitter

    @property
    def time(self) -> datetime:
        return self.tick + self.delay


def next_training_time(observed: Observed, schedule: ScheduleTrigger, now: datetime) -> datetime | None:
    """When the schedule asks for a training, in the past while one is due; None: never, or nothing to count from."""
    newest = _newest_version(observed)
    if not schedule.enabled or schedule_problem(schedule) or newest is None:
        return None
    due, following = _appointments(observed, schedule, newest, now)
    asked = due if due and not _is_too_late(observed, schedule, due, now) else following
    return asked.time if asked else None


def schedule_due(observed: Observed, schedule: ScheduleTrigger, now: datetime) -> Verdict:
    """Fires when the newest version has reached `interval`, or when a time of `cron` has passed since it came."""
    newest = _newest_version(observed)
    if not schedule.enabled:
        return _verdict(Reason.TRIGGER_DISABLED, "triggers.schedule.enabled is false")
    if problem := schedule_problem(schedule):
        return _verdict(Reason.INVALID_SPEC, problem)
    if newest is None:
        return _verdict(Reason.NO_VERSION, "there is no version whose age could count")
    rule = _describe_rule(schedule, newest)
    due, following = _appointments(observed, schedule, newest, now)
    until = following.time if following else None
    then = f"next {_describe(following, schedule)}" if following else "there is no next time"
    if due is None:
        return _verdict(Reason.NOT_DUE, f"{rule}: {then}", until=until)
    if _is_too_late(observed, schedule, due, now):
        missed = f"{_describe(due, schedule)} was missed by more than startingDeadline {schedule.starting_deadline}"
        return _verdict(Reason.SCHEDULE_MISSED, f"{rule}: {missed}; {then}", until=until)
    message = f"{rule}: due {_describe(due, schedule)}"
    return _verdict(Reason.SCHEDULE_DUE, message, identity=due.tick.isoformat())


def part_of_jitter(uid: str, jitter: timedelta) -> timedelta:
    """How long the model with this uid waits: whole seconds, at least none and less than `jitter`, always the same."""
    share = int.from_bytes(sha256(uid.encode()).digest()[:8])
    return timedelta(seconds=share * int(jitter.total_seconds()) >> 64)


def _newest_version(observed: Observed) -> Version | None:
    versions = observed.registry.versions if observed.registry else ()
    complete = [version for version in versions if version.is_complete]
    return max(complete, key=lambda version: version.create_time, default=None)


def _appointments(
    observed: Observed, schedule: ScheduleTrigger, newest: Version, now: datetime
) -> tuple[_Appointment | None, _Appointment | None]:
    """The appointment that is due and the first one that is not."""
    delay = part_of_jitter(observed.model.uid, parse_duration(schedule.jitter))
    if schedule.cron is None:
        tick = newest.create_time + parse_duration(schedule.interval or DEFAULT_INTERVAL)
        # A version that the schedule asked for came with the delay already: added again, it would add up.
        appointment = _Appointment(tick, timedelta() if newest.trigger is TriggerKind.SCHEDULE else delay)
        return (appointment, None) if appointment.time <= now else (None, appointment)
    zone = schedule.time_zone or DEFAULT_ZONE
    passed = newest_tick(schedule.cron, zone, newest.create_time, now - delay)
    following = next_tick(schedule.cron, zone, passed or newest.create_time)
    is_due = passed is not None and not _was_served(observed, passed)
    return (
        _Appointment(passed, delay) if passed and is_due else None,
        _Appointment(following, delay) if following else None,
    )


def _was_served(observed: Observed, tick: datetime) -> bool:
    """Whether a version exists that this time asked for, though by the clock of the registry it came before it."""
    wanted = decision_id(observed.model.uid, TriggerKind.SCHEDULE, tick.isoformat())
    return observed.registry is not None and any(v.decision_id == wanted for v in observed.registry.versions)


def _is_too_late(observed: Observed, schedule: ScheduleTrigger, due: _Appointment, now: datetime) -> bool:
    """Whether the starting deadline has passed and no attempt began before it."""
    if schedule.starting_deadline is None or now - due.time <= parse_duration(schedule.starting_deadline):
        return False
    wanted = decision_id(observed.model.uid, TriggerKind.SCHEDULE, due.tick.isoformat())
    return all(job.decision_id != wanted for job in observed.jobs)


def _describe_rule(schedule: ScheduleTrigger, newest: Version) -> str:
    if schedule.cron is not None:
        return f"cron `{schedule.cron}` ({schedule.time_zone or DEFAULT_ZONE})"
    interval = schedule.interval or DEFAULT_INTERVAL
    return f"interval {interval} after the newest version, {newest.create_time:%Y-%m-%dT%H:%MZ}"


def _describe(appointment: _Appointment, schedule: ScheduleTrigger) -> str:
    """The time in UTC, as the clock of the line's zone shows it, and how much of it is jitter."""
    remarks = []
    if schedule.cron is not None:
        local = appointment.time.astimezone(ZoneInfo(schedule.time_zone or DEFAULT_ZONE))
        remarks.append(f"{local:%A %H:%M %Z}")
    if appointment.delay:
        remarks.append(f"with {format_duration(appointment.delay)} of jitter")
    return f"{appointment.time:%Y-%m-%dT%H:%MZ}" + (f" ({', '.join(remarks)})" if remarks else "")


def _verdict(reason: Reason, message: str, *, identity: str = "", until: datetime | None = None) -> Verdict:
    return Verdict(
        check="schedule",
        fires=bool(identity),
        reason=reason,
        message=message,
        trigger=TriggerKind.SCHEDULE,
        identity=identity,
        until=until,
    )

"""The newest version is older than the policy allows."""

from datetime import datetime

from model_contract.task import TriggerKind
from model_operator.api.base import format_duration, parse_duration
from model_operator.api.retrainingpolicy import ScheduleTrigger
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.gates import last_training_time
from model_operator.core.observed import Observed

DEFAULT_INTERVAL = "720h"


def next_training_time(observed: Observed, schedule: ScheduleTrigger) -> datetime | None:
    """When the schedule asks for a training; None when it is off or there is no version to count from."""
    last = last_training_time(observed)
    return last + parse_duration(schedule.interval or DEFAULT_INTERVAL) if schedule.enabled and last else None


def schedule_due(observed: Observed, schedule: ScheduleTrigger, now: datetime) -> Verdict:
    """Fires when `interval` has passed since the newest version; however long ago, it is one training."""
    if not schedule.enabled:
        return _verdict(Reason.TRIGGER_DISABLED, "triggers.schedule.enabled is false")
    last, due = last_training_time(observed), next_training_time(observed, schedule)
    if last is None or due is None:
        return _verdict(Reason.NO_VERSION, "there is no version whose age could count")
    age = f"the newest version is {format_duration(now - last)} old"
    if due > now:
        return _verdict(
            Reason.NOT_DUE, f"the newest version is from {last:%Y-%m-%dT%H:%MZ}, due {due:%Y-%m-%dT%H:%MZ}", until=due
        )
    return _verdict(
        Reason.SCHEDULE_DUE, f"{age}, interval {schedule.interval or DEFAULT_INTERVAL}", identity=due.isoformat()
    )


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

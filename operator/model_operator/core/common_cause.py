"""Many models of a policy drift at the same time: then one cause outside their sensors is likelier than many within.

`core.policystatus` asks; the gate in `core.gates` then keeps its models from training for drift. They would learn a
stopped plant, a new firmware or a broken ingest, many times over; one hold and one event tell a person to look instead.
A hold ends by itself or by a person, and does not begin again for the drift that it was about.
"""

from collections.abc import Collection
from datetime import datetime

from model_operator.api.base import format_duration, parse_duration
from model_operator.api.requests import RELEASE_REQUEST
from model_operator.api.retrainingpolicy import CommonCauseHold, RetrainingPolicySpec


def is_active(hold: CommonCauseHold, now: datetime) -> bool:
    """Whether trainings for drift are held."""
    return not hold.released and now < hold.until_time


def next_hold(
    policy: RetrainingPolicySpec,
    models: int,
    drifting_since: Collection[datetime],
    previous: CommonCauseHold | None,
    now: datetime,
    *,
    released: bool = False,
) -> CommonCauseHold | None:
    """The newest hold after this pass: the one before, as it was or ended, or one that begins now.

    Args:
        policy: with `commonCause`; without it there is no hold, and one that is active ends.
        models: that name it.
        drifting_since: of each of them that drifts, since when.
        previous: the newest hold so far.
        now: time of the pass.
        released: a person asks for the end of the hold.
    """
    spec = policy.common_cause
    if previous is not None and is_active(previous, now):
        if released or spec is None:
            return previous.model_copy(update={"until_time": now, "released": True})
        return previous.model_copy(update={"until_time": previous.since_time + parse_duration(spec.hold_for)})
    if spec is None:
        return previous
    window = now - parse_duration(policy.triggers.drift.current_window)
    told = previous.until_time if previous else None  # drift that began before has had its hold
    drifting = sum(since >= window and (told is None or since > told) for since in drifting_since)
    if drifting < spec.min_models or drifting * 100 <= spec.share_percent * models:
        return previous
    until = now + parse_duration(spec.hold_for)
    return CommonCauseHold(since_time=now, until_time=until, drifting=drifting, models=models)


def describe_hold(hold: CommonCauseHold) -> str:
    """What is held until when, in one clause."""
    share = round(100 * hold.drifting / hold.models) if hold.models else 100
    return (
        f"{hold.drifting} of {hold.models} models ({share} %) of the policy began to drift within one window before"
        f" {hold.since_time:%Y-%m-%dT%H:%MZ}; trainings for drift are held until {hold.until_time:%Y-%m-%dT%H:%MZ}"
    )


def explain_hold(hold: CommonCauseHold, policy: RetrainingPolicySpec | None) -> str:
    """What happened, why nothing is trained for it, and what a person should do."""
    spec = policy.common_cause if policy else None
    limit = f"more than commonCause.sharePercent {spec.share_percent}: " if spec else ""
    return (
        f"{describe_hold(hold)}; {limit}one cause outside the sensors is likelier than many within. Look at the plant,"
        " firmware, season and ingest; to train nevertheless, give the policy's annotation"
        f" {RELEASE_REQUEST} a new value"
    )


def explain_end(hold: CommonCauseHold) -> str:
    """Why a hold is over."""
    lasted = format_duration(hold.until_time - hold.since_time)
    how = "was released" if hold.released else "ended by itself"
    return f"the hold of trainings for drift {how} after {lasted}; models that still drift train within the budget"

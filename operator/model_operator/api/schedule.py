"""The schedule of a RetrainingPolicy: by the age of the newest version, or at set times.

`core.triggers.schedule` asks it, `core.cron` reads its lines.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from model_operator.api.base import Duration, KubeModel
from model_operator.api.cron import CRON_RULES
from model_operator.api.rules import Rule, at_least_one_second


class ScheduleTrigger(KubeModel):
    """Train when the newest version is old, or at set times."""

    enabled: Annotated[bool, Field(description="enabled: default true.")] = True
    interval: Annotated[
        Duration | None,
        Field(
            description="interval: age of the newest version that makes a training due; default 720h when there is no "
            "cron."
        ),
    ] = None
    cron: Annotated[
        str | None,
        Field(
            min_length=9,
            max_length=128,
            description="cron: five fields (minute, hour, day of month, month, day of week) at which a training is "
            "due; instead of interval.",
        ),
    ] = None
    time_zone: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=64,
            description="timeZone of cron, a name of the IANA database such as Europe/Berlin; default UTC.",
        ),
    ] = None
    starting_deadline: Annotated[
        Duration | None,
        Field(
            description="startingDeadline: a time of cron that was missed by more than this, at least 1m, is not made "
            "up; default: the newest missed one is made up, however late."
        ),
    ] = None
    jitter: Annotated[
        Duration,
        Field(
            description="jitter: each model waits a part of this that its uid decides, so that not all start at once; "
            "0s for none; default 10m."
        ),
    ] = "10m"

    CEL_RULES: ClassVar = (
        at_least_one_second("interval"),
        Rule(
            "!has(self.startingDeadline) || duration(self.startingDeadline) >= duration('1m')",
            "`startingDeadline` must be at least 1m: a pass may be that late",
            ".startingDeadline",
        ),
        *CRON_RULES,
    )

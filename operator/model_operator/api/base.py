"""The base of all API types and the scalars that both kinds use.

Used by the kinds in this folder and by `schema.py`, which turns descriptions, bounds and defaults into the schema that
users see in `kubectl explain`. Parsing here is lenient towards unknown fields, because the API server has refused or
pruned them already and an older operator must survive a newer CRD.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from model_operator.api.rules import Rule

GROUP = "sensormodel.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

_DURATION = r"([0-9]{1,7}(ms|s|m|h))+"
_DURATION_PART = re.compile(r"([0-9]{1,7})(ms|s|m|h)")
_UNIT_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}

# Seven digits a part and 32 characters in all keep durations below 5,000 years: now + duration is always a date.
Duration = Annotated[str, Field(pattern=f"^{_DURATION}$", min_length=2, max_length=32)]
Percent = Annotated[int, Field(ge=0, le=100)]
Instant = AwareDatetime
Decimal = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?$", max_length=32)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
Message = Annotated[str, Field(max_length=1024)]


class KubeModel(BaseModel):
    """A frozen API type with the camelCase names of the Kubernetes API."""

    CEL_RULES: ClassVar[tuple[Rule, ...]] = ()

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Condition(KubeModel):
    """metav1.Condition: one observed state of an object."""

    type: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z][A-Za-z0-9]*$", max_length=316, description="type of the condition, for example Ready."
        ),
    ]
    status: Annotated[
        str, Field(pattern="^(True|False|Unknown)$", max_length=7, description="status: True, False or Unknown.")
    ]
    reason: Annotated[
        str,
        Field(pattern=r"^[A-Za-z][A-Za-z0-9]*$", max_length=128, description="reason: one of the documented reasons."),
    ]
    message: Annotated[str, Field(max_length=32768, description="message: a sentence with the numbers that decided.")]
    last_transition_time: Annotated[Instant, Field(description="lastTransitionTime: when status last changed.")]
    observed_generation: Annotated[
        int | None, Field(ge=0, description="observedGeneration: the generation of the object that was judged.")
    ] = None


def parse_duration(text: str) -> timedelta:
    """A Go duration string such as `24h` or `1h30m` as a timedelta.

    Raises:
        ValueError: the text is not a duration.
    """
    if not re.fullmatch(_DURATION, text):
        raise ValueError(f"{text!r} is not a duration: write for example 24h, 90s or 1h30m")
    parts = _DURATION_PART.findall(text)
    return timedelta(milliseconds=sum(int(number) * _UNIT_MILLISECONDS[unit] for number, unit in parts))


def format_duration(length: timedelta) -> str:
    """A timedelta as people write it: the two largest units, for example `2d3h`, `1h5m` or `12s`."""
    rest = max(0, round(length.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"


def format_decimal(number: float, digits: int = 4) -> str:
    """A finite number as the status holds fractions: so many significant digits."""
    return f"{number:.{digits}g}".replace("e+", "e")


def format_window(start: datetime, end: datetime) -> str:
    """A window of telemetry, in UTC, as messages name it: `2026-11-23T12:00 to 2026-11-24T12:00Z`."""
    return f"{start:%Y-%m-%dT%H:%M} to {end:%Y-%m-%dT%H:%MZ}"

"""Conditions of a search for runs, typed, and written so that no value can change what is asked.

MLflow's filter language has quotes and no escapes: the few values that it cannot express are refused here.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, Literal, get_args

from sensormodel.errors import InvalidRequest

Order = Literal["<", "<=", "=", "!=", ">=", ">"]
Likeness = Literal["=", "!=", "like", "ilike"]  # like: % stands for anything; ilike: in upper or lower case
_WRITTEN: Final = re.compile(r"(?P<name>.+?)\s*(?P<comparison><=|>=|!=|=|<|>|~)\s*(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True)
class Metric:
    """Runs whose newest value of a metric compares so, for example `Metric("candidate_rmse", "<", 0.1)`."""

    name: str
    comparison: Order
    value: float

    def __post_init__(self) -> None:
        _check(self.name, self.comparison, get_args(Order))
        if not math.isfinite(self.value):
            raise InvalidRequest(f"metric {self.name}: {self.value} cannot be compared with")

    @property
    def clause(self) -> str:
        """As MLflow reads it."""
        return f"metrics.`{self.name}` {self.comparison} {Decimal(repr(float(self.value))):f}"  # knows no 1e+16


@dataclass(frozen=True)
class _Text:
    """Runs with a text under a name; `field` is what MLflow's filters call such texts."""

    field: ClassVar[str]
    name: str
    comparison: Likeness
    value: str

    def __post_init__(self) -> None:
        _check(self.name, self.comparison, get_args(Likeness))
        _quoted(self.value)

    @property
    def clause(self) -> str:
        """As MLflow reads it."""
        return f"{self.field}.`{self.name}` {self.comparison.upper()} {_quoted(self.value)}"


class Parameter(_Text):
    """Runs with a parameter, for example `Parameter("seed", "=", "7")`. MLflow keeps parameters as text."""

    field = "params"


class RunTag(_Text):
    """Runs with a tag, for example `RunTag(Tag.TRIGGER, "=", "Drift")` with `Tag` of `model_contract.keys`."""

    field = "tags"


Condition = Metric | Parameter | RunTag


def filter_of(conditions: Iterable[Condition]) -> str:
    """MLflow's filter for runs that meet all conditions; empty without one."""
    return " and ".join(condition.clause for condition in conditions)


def read_metric(text: str) -> Metric:
    """A condition as people write it: `candidate_rmse<0.1`.

    Raises:
        InvalidRequest: it is none.
    """
    name, comparison, value = _parts(text)
    try:
        number = float(value)
    except ValueError as error:
        raise InvalidRequest(f"{text!r}: {value!r} is no number") from error
    return Metric(name, comparison, number)  # type: ignore[arg-type]  # the type checks itself


def read_parameter(text: str) -> Parameter:
    """A condition as people write it: `seed=7`, or `layers~2%` for a pattern."""
    return Parameter(*_parts(text))  # type: ignore[arg-type]  # the type checks itself


def read_tag(text: str) -> RunTag:
    """A condition as people write it: `sensormodel.io/trigger=Drift`, or `…~Dr%` for a pattern."""
    return RunTag(*_parts(text))  # type: ignore[arg-type]  # the type checks itself


def _parts(text: str) -> tuple[str, str, str]:
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise InvalidRequest(f"{text!r} is no condition: write for example candidate_rmse<0.1, seed=7 or name~pump%")
    comparison = found["comparison"]
    return found["name"].strip(), "like" if comparison == "~" else comparison, found["value"]


def _check(name: str, comparison: str, allowed: tuple[str, ...]) -> None:
    if comparison not in allowed:
        raise InvalidRequest(f"{name}: {comparison!r} is none of {', '.join(allowed)}")
    if not name or "`" in name:
        raise InvalidRequest(f"{name!r} is no name that MLflow can search for")


def _quoted(value: str) -> str:
    """A string literal that holds exactly the value."""
    quote = '"' if "'" in value else "'"
    if quote in value or value.endswith("\\"):
        raise InvalidRequest(f"{value!r}: MLflow can search for no text with both kinds of quotes or a \\ at its end")
    return f"{quote}{value}{quote}"

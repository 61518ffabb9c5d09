"""Validation that a schema cannot say, as CEL rules that the API server evaluates.

The kinds declare their rules beside their fields as `CEL_RULES`; `schema.py` renders them.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """One CEL rule; the message names the field in back-quotes and says how to mend it."""

    rule: str
    message: str
    field_path: str | None = None  # relative to the type that declares the rule, for example `.uri`


def immutable(field: str, remedy: str) -> Rule:
    """A required field that keeps the value it was created with."""
    return Rule(f"self.{field} == oldSelf.{field}", f"`{field}` may not be changed: {remedy}", f".{field}")


def at_least_one_second(field: str) -> Rule:
    """A duration, set or not, by which something is divided or after which something happens again."""
    return Rule(
        f"!has(self.{field}) || duration(self.{field}) >= duration('1s')",
        f"`{field}` must be at least 1s",
        f".{field}",
    )

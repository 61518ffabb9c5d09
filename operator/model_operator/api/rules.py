"""Validation that a schema cannot say, as CEL rules that the API server evaluates.

The kinds declare their rules beside their fields as `CEL_RULES`; `crd.py` renders them.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """One CEL rule; the message names the field in back-quotes and says how to mend it."""

    rule: str
    message: str
    field_path: str | None = None  # relative to the type that declares the rule, for example `.uri`


def immutable(field: str, remedy: str) -> Rule:
    """A field that keeps the value it was created with."""
    return Rule(f"self.{field} == oldSelf.{field}", f"`{field}` may not be changed: {remedy}", f".{field}")

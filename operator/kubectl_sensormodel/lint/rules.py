"""The CEL rules of a schema, evaluated by cel-python as the API server evaluates them when an object is created.

Rules that compare with the object before (`oldSelf`) have nothing to say about a file. What Kubernetes adds to CEL and
the rules use, quantities, is added here; durations have Go's range. A rule that cannot be evaluated refuses, as in the
API server.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Final

import celpy
from celpy import celtypes
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError

from kubectl_sensormodel.lint.problems import Fault, Path
from model_operator.api.schema import Schema

_ENVIRONMENT: Final = celpy.Environment()
_QUANTITY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
_SUFFIX: Final = {
    None: Decimal(1), "m": Decimal("0.001"), "k": Decimal(10) ** 3, "M": Decimal(10) ** 6, "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12, "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
}  # fmt: skip
_LONGEST_GO_DURATION_SECONDS: Final = 2**63 // 10**9


def broken_rules(schema: Schema, value: Any, path: Path) -> Iterator[Fault]:
    """Every rule that a value with its defaults breaks, at the field that the rule names."""
    for rule in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" not in rule["rule"] and not _holds(rule["rule"], value):
            place = tuple(rule["fieldPath"].strip(".").split(".")) if "fieldPath" in rule else ()
            yield Fault((*path, *place), rule["message"])
    match value:
        case dict():
            properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
            for key, inner in value.items():
                yield from broken_rules(properties.get(key, others), inner, (*path, key))
        case list():
            for index, item in enumerate(value):
                yield from broken_rules(schema.get("items", {}), item, (*path, index))


def understands(rule: str) -> bool:
    """Whether cel-python can parse a rule."""
    try:
        _program(rule)
    except CELParseError:
        return False
    return True


def _holds(rule: str, value: Any) -> bool:
    try:
        return bool(_program(rule).evaluate({"self": json_to_cel(value)}))
    except CELEvalError:
        return False


@cache
def _program(rule: str) -> celpy.Runner:
    syntax = _ENVIRONMENT.compile(rule)
    return _ENVIRONMENT.program(syntax, functions={"quantity": _quantity, "compareTo": _compare, "duration": _duration})


def _quantity(text: celtypes.StringType) -> Any:
    """A Kubernetes quantity, as an exact number of thousandths."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(found[1]) * _SUFFIX[found[2]]


def _compare(left: Any, right: Any) -> celtypes.IntType:
    return celtypes.IntType((left > right) - (left < right))


def _duration(text: celtypes.StringType) -> celtypes.DurationType:
    """A Go duration: 64 bits of nanoseconds."""
    length = celtypes.DurationType(text)
    if abs(length.total_seconds()) > _LONGEST_GO_DURATION_SECONDS:
        raise ValueError(f"{text!r} is longer than a duration can be")
    return length

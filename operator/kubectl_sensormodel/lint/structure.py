"""Types, bounds, unknown fields and defaults: what the API server checks by a structural schema.

The schema is the CRD's own; the semantics are the API server's: `null` counts as absent, defaults are filled in before
rules are asked, patterns are RE2. `KEYWORDS` lists what is understood, so that a test can tell when a schema begins to
use another keyword.
"""

import difflib
from collections.abc import Iterator
from typing import Any, Final

import re2

from kubectl_sensormodel.lint.problems import Fault, Path, shown
from model_operator.api.schema import Schema

KEYWORDS: Final = frozenset({
    "type", "format", "description", "default", "properties", "required", "additionalProperties", "items", "enum",
    "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties",
    "x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
})  # fmt: skip
_TYPES: Final[dict[str, type]] = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
_UNITS_OF_DURATIONS: Final = "(ms|s|m|h)"
_NOUNS: Final = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "an integer"}


def default_of(schema: Schema, value: Any) -> Any:
    """The value without nulls and with every default filled in, as the API server stores it."""
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        present = {key: inner for key, inner in value.items() if inner is not None}
        defaults = {key: inner["default"] for key, inner in properties.items() if "default" in inner}
        return {key: default_of(properties.get(key, others), inner) for key, inner in (defaults | present).items()}
    if isinstance(value, list):
        return [default_of(schema.get("items", {}), item) for item in value]
    return int(value) if _is_whole(value) and schema.get("type") == "integer" else value


def faults_in(schema: Schema, value: Any, path: Path) -> Iterator[Fault]:
    """What the API server would find wrong with a value that has its defaults."""
    expected = _TYPES[schema["type"]]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
        yield Fault(path, _wrong_type(expected, value))
        return
    match value:
        case dict():
            yield from _object_faults(schema, value, path)
        case list():
            yield from _list_faults(schema, value, path)
        case str():
            yield from _string_faults(schema, value, path)
        case int():
            low, high = schema.get("minimum"), schema.get("maximum")
            if (low is not None and value < low) or (high is not None and value > high):
                yield Fault(path, f"must be {low} to {high}, found {value}{_meaning(schema)}")


def _object_faults(schema: Schema, value: dict[str, Any], path: Path) -> Iterator[Fault]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key in schema.get("required", ()):
        if key not in value:
            yield Fault((*path, key), f"is required{_meaning(properties[key])}")
    if "maxProperties" in schema and len(value) > schema["maxProperties"]:
        yield Fault(path, f"may have at most {schema['maxProperties']} entries, has {len(value)}")
    for key, inner in value.items():
        if key in properties or others is not None:
            yield from faults_in(properties.get(key, others), inner, (*path, key))
        else:
            yield Fault((*path, key), unknown_field(key, properties))


def unknown_field(key: str, known: Iterator[str] | Schema) -> str:
    """What to say about a field that does not exist, with the one that was meant."""
    names = list(known)
    same = [name for name in names if name.lower() == key.lower().replace("_", "").replace("-", "")]
    meant = same or difflib.get_close_matches(key, names, n=1, cutoff=0.6)
    if meant:
        return f"there is no such field; did you mean {meant[0]}?"
    return f"there is no such field; there are {', '.join(sorted(names))}" if names else "there is no such field"


def _list_faults(schema: Schema, value: list[Any], path: Path) -> Iterator[Fault]:
    low, high = schema.get("minItems", 0), schema["maxItems"]
    if not low <= len(value) <= high:
        yield Fault(path, f"may have {low} to {high} items, has {len(value)}")
    for index, item in enumerate(value):
        yield from faults_in(schema["items"], item, (*path, index))
    yield from _duplicates(schema, value, path)


def _duplicates(schema: Schema, value: list[Any], path: Path) -> Iterator[Fault]:
    """Items that stand twice in a list that is a set, or a map by some of its fields."""
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys:
        entries = [
            (index, {key: item.get(key) for key in keys}) for index, item in enumerate(value) if isinstance(item, dict)
        ]
    elif schema.get("x-kubernetes-list-type") == "set":
        entries = list(enumerate(value))
    else:
        return
    seen: list[Any] = []
    for index, entry in entries:
        if entry in seen:
            named = ", ".join(f"{key} {shown(part)}" for key, part in entry.items()) if keys else shown(entry)
            yield Fault((*path, index), f"stands there already: {named}")
        seen.append(entry)


def _string_faults(schema: Schema, value: str, path: Path) -> Iterator[Fault]:
    if "enum" in schema and value not in schema["enum"]:
        meant = [word for word in schema["enum"] if word.lower() == value.lower()]
        meant = meant or difflib.get_close_matches(value, schema["enum"], n=1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        yield Fault(path, f"must be one of {', '.join(schema['enum'])}, found {shown(value)}{hint}")
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if len(value) < low or (high is not None and len(value) > high):
        bounds = f"{low} to {high}" if high is not None else f"at least {low}"
        yield Fault(path, f"must be {bounds} characters long, has {len(value)}")
    elif "pattern" in schema and not re2.search(schema["pattern"], value):
        yield Fault(path, _no_match(schema, value))


def _wrong_type(expected: type, value: Any) -> str:
    found = "null" if value is None else f"{shown(value)}, {_NOUNS.get(type(value), 'a fraction')}"
    hint = ""
    if expected is str and isinstance(value, int | float):
        hint = f'; put it in quotes: "{value}"'
    return f"must be {_NOUNS[expected]}, found {found}{hint}"


def _no_match(schema: Schema, value: str) -> str:
    if _UNITS_OF_DURATIONS in schema["pattern"]:
        return f"{shown(value)} is no duration: write for example 24h, 90s or 1h30m; there are no days and no fractions"
    return f"{shown(value)} does not fit{_meaning(schema)}; the pattern is {schema['pattern']}"


def _meaning(schema: Schema) -> str:
    """What the field is for, from its description."""
    return f" ({schema['description'].rstrip('.')})" if "description" in schema else ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()

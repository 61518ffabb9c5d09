"""The field reference of both kinds as Markdown, made from the same schema that `kubectl explain` shows.

Called by `render.py`, which writes it to `docs/api.md`. What the fields mean to a person, with examples, stands in
`docs/spec/`.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from model_operator.api.base import API_VERSION
from model_operator.api.crd import Kind, custom_resource_definition
from model_operator.api.schema import Schema

_INTRODUCTION: Final = f"""\
Every field of `{API_VERSION}`, generated from the types. Durations are written `24h`, `90s` or `1h30m`, times as
RFC 3339, percentages as whole numbers. For what to write and why, see [SensorModel](spec/sensormodel.md),
[RetrainingPolicy](spec/retrainingpolicy.md) and [reasons](spec/reasons.md)."""


class FieldReference(NamedTuple):
    """One field of a kind, addressed as in `kubectl explain`; a list adds `[]` to its path, a map `[*]`."""

    path: str
    schema: Schema
    required: bool


def fields(kind: Kind) -> Iterator[FieldReference]:
    """Every field of spec and status, parents before children, in the order of the types."""
    (version,) = custom_resource_definition(kind)["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    for block in ("spec", "status"):
        yield FieldReference(block, schema["properties"][block], block in schema.get("required", ()))
        yield from _fields_below(block, schema["properties"][block])


def markdown(kinds: Iterable[Kind]) -> str:
    """The page for all kinds."""
    parts = ["# API reference", _INTRODUCTION]
    for kind in kinds:
        rows = tuple(fields(kind))
        parts += [f"## {kind.kind}", kind.description]
        for block in ("spec", "status"):
            parts += [f"### {kind.kind} {block}", _table(row for row in rows if row.path.startswith(f"{block}."))]
        parts += [f"### {kind.kind} rules", _rules(kind, rows)]
    return "\n\n".join(parts) + "\n"


def _fields_below(path: str, schema: Schema) -> Iterator[FieldReference]:
    for name, field in schema.get("properties", {}).items():
        yield FieldReference(f"{path}.{name}", field, name in schema.get("required", ()))
        yield from _fields_below(f"{path}.{name}", field)
    if "items" in schema:
        yield from _fields_below(f"{path}[]", schema["items"])
    if "additionalProperties" in schema:
        yield from _fields_below(f"{path}[*]", schema["additionalProperties"])


def _table(rows: Iterable[FieldReference]) -> str:
    lines = ["| field | type | default | description |", "|---|---|---|---|"]
    for row in rows:
        default = "required" if row.required else _default(row.schema)
        description = row.schema["description"].replace("|", "\\|")
        lines.append(f"| `{row.path}` | {_type(row.schema)} | {default} | {description} |")
    return "\n".join(lines)


def _type(schema: Schema) -> str:
    """The type with its bounds, in words."""
    match schema:
        case {"enum": words}:
            words_in_code = (f"`{word}`" for word in words)
            text = ", ".join(words_in_code)
        case {"type": "array"}:
            text = f"at most {schema['maxItems']} of: {_type(schema['items'])}"
        case {"additionalProperties": values}:
            text = f"map of at most {schema['maxProperties']}: {_type(values)}"
        case {"type": "integer"}:
            text = f"integer, {schema['minimum']} to {schema['maximum']}"
        case {"format": "date-time"}:
            text = "time"
        case {"type": "string"}:
            text = f"string, at most {schema['maxLength']} characters"
        case _:
            text = schema["type"]
    return text


def _default(schema: Schema) -> str:
    """The default as JSON; that of an object of typed fields is told by its fields."""
    return "" if "default" not in schema or "properties" in schema else f"`{json.dumps(schema['default'])}`"


def _rules(kind: Kind, rows: Iterable[FieldReference]) -> str:
    lines = [f"- {rule.message}" for rule in kind.rules]
    for row in rows:
        for place, schema in ((row.path, row.schema), (f"{row.path}[]", row.schema.get("items", {}))):
            lines += [f"- `{place}`: {rule['message']}" for rule in schema.get("x-kubernetes-validations", ())]
    return "\n".join(lines) or "None beside the bounds above."

"""What pydantic emits becomes a schema that the API server accepts as structural."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import AwareDatetime, Field

from model_operator.api.base import KubeModel
from model_operator.api.crd import KINDS, Kind, custom_resource_definition
from model_operator.api.rules import Rule
from model_operator.api.schema import Schema, structural_schema

Text = Annotated[str, Field(max_length=9)]


class Colour(StrEnum):
    """A docstring that is not the field's description."""

    RED = "Red"
    BLUE = "Blue"


class Inner(KubeModel):
    """An inner type."""

    size: Annotated[int, Field(ge=0, le=7, description="size: default 3.")] = 3
    note: Annotated[Text | None, Field(description="note: default none.")] = None

    CEL_RULES: ClassVar = (Rule("self.size > 0", "`size` must be positive", ".size"), Rule("true", "never"))


class Outer(KubeModel):
    """An outer type."""

    inner: Annotated[Inner, Field(description="inner: what the field says.")] = Inner()
    perhaps: Annotated[Inner | None, Field(description="perhaps: absent.")] = None
    colour: Annotated[Colour, Field(description="colour: default Red.")] = Colour.RED
    only: Annotated[Literal["Fixed"] | None, Field(description="only one value.")] = None
    needed_here: Annotated[Text, Field(alias="neededID", description="neededID.")]
    many: Annotated[tuple[Inner, ...], Field(max_length=4, description="many.")] = ()
    labels: Annotated[
        dict[Annotated[str, Field(max_length=5)], Text], Field(max_length=3, description="labels: default a b.")
    ] = Field(default={"a": "b"})
    since: Annotated[AwareDatetime | None, Field(description="since.")] = None
    large: Annotated[int | None, Field(ge=1, description="large.")] = None


@pytest.fixture(scope="module")
def schema() -> Schema:
    return structural_schema(Outer, status=False)


def test_a_reference_is_inlined_and_the_field_describes_it(schema: Schema) -> None:
    assert schema["properties"]["inner"] == {
        "description": "inner: what the field says.",
        "type": "object",
        "default": {"size": 3},
        "properties": {
            "size": {
                "description": "size: default 3.",
                "type": "integer",
                "format": "int32",
                "minimum": 0,
                "maximum": 7,
            }
            | {"default": 3},
            "note": {"description": "note: default none.", "type": "string", "maxLength": 9},
        },
        "x-kubernetes-validations": [
            {
                "rule": "self.size > 0",
                "message": "`size` must be positive",
                "reason": "FieldValueInvalid",
                "fieldPath": ".size",
            },
            {"rule": "true", "message": "never", "reason": "FieldValueInvalid"},
        ],
    }


def test_an_optional_field_has_no_default_and_no_null(schema: Schema) -> None:
    perhaps = schema["properties"]["perhaps"]
    assert (perhaps["type"], "default" in perhaps) == ("object", False)


def test_an_enum_is_its_words(schema: Schema) -> None:
    assert schema["properties"]["colour"] == {
        "description": "colour: default Red.",
        "type": "string",
        "enum": ["Red", "Blue"],
        "default": "Red",
    }


def test_a_constant_is_an_enum_of_one_word(schema: Schema) -> None:
    assert schema["properties"]["only"] == {"description": "only one value.", "type": "string", "enum": ["Fixed"]}


def test_a_time_is_a_date_time(schema: Schema) -> None:
    assert schema["properties"]["since"] == {"description": "since.", "type": "string", "format": "date-time"}


def test_an_integer_without_an_upper_bound_is_bounded_to_what_a_double_holds(schema: Schema) -> None:
    expected = {"description": "large.", "type": "integer", "format": "int64", "minimum": 1, "maximum": 2**53}
    assert schema["properties"]["large"] == expected


def test_only_fields_without_a_default_are_required(schema: Schema) -> None:
    assert schema["required"] == ["neededID"]


def test_a_list_is_atomic_unless_it_says_otherwise_and_empty_by_being_absent(schema: Schema) -> None:
    many = schema["properties"]["many"]
    assert (many["x-kubernetes-list-type"], many["maxItems"], "default" in many) == ("atomic", 4, False)


def test_a_map_is_one_value_and_its_keys_are_bounded_by_a_rule(schema: Schema) -> None:
    assert schema["properties"]["labels"] == {
        "description": "labels: default a b.",
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": 9},
        "maxProperties": 3,
        "default": {"a": "b"},
        "x-kubernetes-map-type": "atomic",
        "x-kubernetes-validations": [
            {
                "rule": "self.all(key, key.size() <= 5)",
                "message": "a key may not be longer than 5 characters",
                "reason": "FieldValueInvalid",
            }
        ],
    }


def test_a_status_has_no_defaults() -> None:
    properties = structural_schema(Outer, status=True)["properties"]
    assert [name for name, field in properties.items() if "default" in field] == []


def test_a_status_takes_words_that_a_newer_operator_may_write() -> None:
    properties = structural_schema(Outer, status=True)["properties"]
    assert properties["colour"] == {"description": "colour: default Red.", "type": "string", "maxLength": 128}


class Unbounded(KubeModel):
    """Nothing in it is bounded."""

    text: str = ""


class Undecided(KubeModel):
    """One of two types."""

    either: Annotated[int, Field(ge=0)] | Text


class Fraction(KubeModel):
    """A float, which the API conventions forbid."""

    part: Annotated[float, Field(ge=0, le=1)]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        pytest.param(Unbounded, r"Unbounded\.text: needs one of \['enum', 'format', 'maxLength'\]", id="no bound"),
        pytest.param(Undecided, r"Undecided\.either: a structural schema has no form for \['anyOf'\]", id="a union"),
        pytest.param(Fraction, r"Fraction\.part: a structural schema has no form for number", id="a float"),
    ],
)
def test_what_has_no_structural_form_is_refused_with_its_place(model: type[KubeModel], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        structural_schema(model, status=False)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_node_of_a_crd_is_typed_and_every_field_described(kind: Kind) -> None:
    (version,) = custom_resource_definition(kind)["spec"]["versions"]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    assert [path for block in ("spec", "status") for path in _faults(properties[block], block)] == []


def _faults(schema: dict[str, Any], path: str) -> list[str]:
    faults = [path] if schema.get("type") not in {"object", "array", "string", "integer", "boolean"} else []
    faults += [f"{path} {word}" for word in ("$ref", "anyOf", "title", "const", "propertyNames") if word in schema]
    for name, field in schema.get("properties", {}).items():
        faults += [] if field.get("description") else [f"{path}.{name} description"]
        faults += _faults(field, f"{path}.{name}")
    return faults + (_faults(schema["items"], f"{path}[]") if "items" in schema else [])

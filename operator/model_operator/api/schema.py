"""From a pydantic model to a structural OpenAPI schema as the API server accepts it in a CRD.

Called by `crd.py`. Pydantic writes JSON Schema 2020-12; a structural schema has no references, no unions and no `null`.
Everything in it is bounded, so that the API server can estimate what a CEL rule costs. A construct that has no
structural form is an error here rather than a surprise in the cluster.
"""

from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from model_operator.api.base import KubeModel

if TYPE_CHECKING:
    from pydantic_core import core_schema

    from model_operator.api.rules import Rule

Schema = dict[str, Any]

_DEFINITIONS: Final = "#/$defs/"
_DROPPED: Final = frozenset({"title", "$defs", "propertyNames"})
_LONGEST_WORD: Final = 128
_INT32_MAX: Final = 2**31 - 1
_INT64_SAFE: Final = 2**53  # larger integers do not survive JSON readers that use doubles


def structural_schema(model: type[KubeModel], *, status: bool) -> Schema:
    """The structural schema of an API type.

    Args:
        model: the type; its `CEL_RULES` and those of the types within become `x-kubernetes-validations`.
        status: whether it is one. A spec has its defaults filled in, and only words that this version knows. A status
            holds what was observed, without defaults, and words of an operator that may be newer than the CRD.

    Raises:
        ValueError: the type has a construct that a structural schema cannot express; the message names the place.
    """
    schema = model.model_json_schema(schema_generator=_Generator, ref_template=_DEFINITIONS + "{model}")
    return _normalise(schema, schema.get("$defs", {}), model.__name__, status=status)


class _Generator(GenerateJsonSchema):
    """Pydantic's generator with the rules of the Kubernetes API for optional fields, defaults and validation."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def nullable_schema(self, schema: "core_schema.NullableSchema") -> JsonSchemaValue:
        """`X | None` is an optional X: in Kubernetes a field is absent, never null."""
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: "core_schema.ModelSchema") -> JsonSchemaValue:
        """Attach the CEL rules that the type declares."""
        json_schema = super().model_schema(schema)
        model = schema["cls"]
        if issubclass(model, KubeModel) and model.CEL_RULES:
            json_schema["x-kubernetes-validations"] = [validation(rule) for rule in model.CEL_RULES]
        return json_schema


def validation(rule: "Rule") -> Schema:
    """One entry of `x-kubernetes-validations`."""
    entry = {"rule": rule.rule, "message": rule.message, "reason": "FieldValueInvalid"}
    return entry | ({"fieldPath": rule.field_path} if rule.field_path else {})


def _normalise(schema: Schema, definitions: Schema, path: str, *, status: bool) -> Schema:
    reference = schema.get("$ref")
    if reference is not None:
        # What the field says (description, default) wins over what its type says.
        schema = definitions[reference.removeprefix(_DEFINITIONS)] | {k: v for k, v in schema.items() if k != "$ref"}
    result = {key: value for key, value in schema.items() if key not in _DROPPED}
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if status and result.pop("enum", None):
        result["maxLength"] = _LONGEST_WORD
    _set_default(result, status=status)
    match schema.get("type"):
        case "object":
            _normalise_object(result, schema, definitions, path, status=status)
        case "array":
            result["items"] = _normalise(schema["items"], definitions, f"{path}[]", status=status)
            result.setdefault("x-kubernetes-list-type", "atomic")
        case "integer":
            _bound_integer(result)
        case "string" | "boolean":
            pass
        case unknown:
            raise ValueError(f"{path}: a structural schema has no form for {unknown or sorted(schema)}")
    _require_bound(result, path)
    return result


def _normalise_object(result: Schema, schema: Schema, definitions: Schema, path: str, *, status: bool) -> None:
    """Normalise the properties of an object or the values of a map, in place."""
    if "properties" in schema:
        result.pop("additionalProperties", None)
        result["properties"] = {
            name: _replaceable(_normalise(field, definitions, f"{path}.{name}", status=status))
            for name, field in schema["properties"].items()
        }
        return
    result["additionalProperties"] = _normalise(
        schema["additionalProperties"], definitions, f"{path}[*]", status=status
    )
    longest_key = schema.get("propertyNames", {}).get("maxLength")
    if longest_key is not None:  # structural schemas do not bound keys, a rule does
        result["x-kubernetes-validations"] = [
            {
                "rule": f"self.all(key, key.size() <= {longest_key})",
                "message": f"a key may not be longer than {longest_key} characters",
                "reason": "FieldValueInvalid",
            }
        ]


def _replaceable(field: Schema) -> Schema:
    """Make atomic, for server-side apply, what is one value (a map) and what may become empty.

    Where all fields of an object were taken away, apply leaves `null`, which is refused unless a default takes its
    place or the object is atomic. Lists become empty without help.
    """
    may_be_empty = field["type"] == "object" and not field.keys() & {"required", "default"}
    if may_be_empty or "additionalProperties" in field:
        field["x-kubernetes-map-type"] = "atomic"
    return field


def _set_default(result: Schema, *, status: bool) -> None:
    """Keep a default that says something, written out whole: the API server evaluates CEL rules on it as it stands."""
    default = _without_absent(result.pop("default", None))
    if default is not None and not status:
        result["default"] = default


def _without_absent(value: Any) -> Any:
    """The value without what Kubernetes leaves out: null and empty lists and maps. None: nothing is left."""
    if not isinstance(value, dict):
        return None if value == [] else value
    present = {name: _without_absent(inner) for name, inner in value.items()}
    return {name: inner for name, inner in present.items() if inner is not None} or None


def _bound_integer(result: Schema) -> None:
    result.setdefault("maximum", _INT64_SAFE)
    result["format"] = "int32" if result["maximum"] <= _INT32_MAX else "int64"


def _require_bound(result: Schema, path: str) -> None:
    """Refuse a string, list or map without an upper bound: it lets one user fill etcd and makes CEL rules too dear."""
    kind = result["type"]
    bounded = {
        "string": {"maxLength", "enum", "format"},
        "array": {"maxItems"},
        "object": {"maxProperties", "properties"},
        "integer": {"minimum"},
    }
    if kind in bounded and not bounded[kind] & result.keys():
        raise ValueError(f"{path}: needs one of {sorted(bounded[kind])}")

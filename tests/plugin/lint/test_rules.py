"""Nothing in the CRDs is passed over in silence."""

from collections.abc import Iterator

import pytest

from kubectl_sensormodel.lint.admission import schema_of
from kubectl_sensormodel.lint.rules import broken_rules, understands
from kubectl_sensormodel.lint.structure import KEYWORDS
from model_operator.api.crd import KINDS
from model_operator.api.schema import Schema


def schemas_below(schema: Schema) -> Iterator[Schema]:
    yield schema
    for inner in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
        if inner is not None:
            yield from schemas_below(inner)


ALL = [schema for kind in KINDS for schema in schemas_below(schema_of(kind.kind))]
RULES = sorted({rule["rule"] for schema in ALL for rule in schema.get("x-kubernetes-validations", ())})


def test_every_keyword_of_the_schemas_is_understood() -> None:
    assert {keyword for schema in ALL for keyword in schema} <= KEYWORDS


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_understood(rule: str) -> None:
    assert understands(rule)


def test_a_rule_that_cannot_be_evaluated_refuses() -> None:
    schema = {"x-kubernetes-validations": [{"rule": "self.missing == 1", "message": "no"}]}
    assert [fault.message for fault in broken_rules(schema, {}, ())] == ["no"]

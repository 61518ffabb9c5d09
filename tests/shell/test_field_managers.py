"""Which program wrote a request."""

from typing import Any

import pytest

from model_operator.shell.field_managers import set_by

PROMOTE = "sensormodel.io/promote-version"
ANNOTATED: Any = {"f:metadata": {"f:annotations": {".": {}, f"f:{PROMOTE}": {}}}}
PINNED: Any = {"f:spec": {"f:productionVersion": {}, "f:sensorID": {}}}


def entry(manager: str, fields: Any, time: str = "2026-03-01T12:00:00Z") -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


@pytest.mark.parametrize(("entries", "expected"), [
    pytest.param([], {}, id="nobody is known"),
    pytest.param([entry("kubectl-annotate", ANNOTATED)], {PROMOTE: "kubectl-annotate"}, id="who wrote the annotation"),
    pytest.param([entry("argocd-controller", PINNED)], {"spec.productionVersion": "argocd-controller"}, id="who wrote the pin"),
    pytest.param([entry("new", ANNOTATED, "2026-03-02T12:00:00Z"), entry("old", ANNOTATED)], {PROMOTE: "new"}, id="the newest of two"),
    pytest.param([entry("sensor-model-operator", {"f:status": {"f:stages": {}}})], {}, id="the status is nobody's request"),
    pytest.param([{"manager": "kubectl"}, entry("", ANNOTATED)], {}, id="entries without fields or manager"),
])  # fmt: skip
def test_the_field_manager_of_a_request(entries: list[dict[str, Any]], expected: dict[str, str]) -> None:
    assert expected == set_by({"managedFields": entries})
    assert set_by({}) == {}

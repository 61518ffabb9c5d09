"""What a person sees with kubectl: explanations, columns, short names, categories, and the roles that allow it."""

import json

import pytest

from model_operator.api.crd import KINDS, Kind
from model_operator.api.reference import fields
from model_operator.gateways.permissions import OPERATOR
from model_operator.render import NAME, NAMESPACE
from tests.cluster.api.objects import Object, retraining_policy, sensor_model
from tests.cluster.api.server import Api

STATUS = {
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "UpToDate",
            "message": "version 7 serves",
            "lastTransitionTime": "2026-03-01T06:00:00Z",
        }
    ],
    "summary": {
        "stage": "Production",
        "version": "7",
        "drift": "None 0.08",
        "kpi": "mae 0.042",
        "next": "2026-03-31",
        "reason": "UpToDate",
    },
    "lastDecision": {
        "time": "2026-03-01T06:00:00Z",
        "action": "None",
        "reason": "UpToDate",
        "message": "nothing is due",
    },
}
OPERATOR_USER = f"system:serviceaccount:{NAMESPACE}:{NAME}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_the_crd_is_established_without_a_complaint(try_api: Api, kind: Kind) -> None:
    """A schema that is not structural, or too dear, shows as a condition or is refused."""
    crd = json.loads(try_api.kubectl("get", "crd", kind.crd_name, "-o", "json"))
    conditions = {each["type"]: each["status"] for each in crd["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_kubectl_explain_describes_every_field(try_api: Api, kind: Kind) -> None:
    """One call lists all; the reference page is made from the same schema."""
    schema = json.loads(try_api.kubectl("get", "--raw", "/openapi/v3/apis/sensormodel.io/v1alpha1"))
    served = schema["components"]["schemas"][f"io.sensormodel.v1alpha1.{kind.kind}"]["properties"]
    undescribed = [field.path for field in fields(kind) if not _description(served, field.path)]
    assert undescribed == []


def test_kubectl_explain_reaches_a_deep_field_by_the_short_name(try_api: Api) -> None:
    assert "uri of the telemetry: file:///" in try_api.kubectl("explain", "sm.spec.telemetry.uri")


def test_a_row_says_whether_a_model_is_fine_and_why_and_when_next(api: Api) -> None:
    api.apply(sensor_model())
    api.set_status("sm", "p-1", STATUS)
    head, row = api.kubectl("get", "sm").splitlines()
    assert head.split() == ["NAME", "TYPE", "STAGE", "VERSION", "READY", "DRIFT", "KPI", "TRAINED", "NEXT", "REASON"]
    assert " ".join(row.split()) == "p-1 Telemanom Production 7 True None 0.08 mae 0.042 2026-03-31 UpToDate"


def test_the_age_of_the_newest_version_is_a_time(api: Api) -> None:
    api.apply(sensor_model())
    api.set_status("sm", "p-1", {"schedule": {"lastTrainingTime": "2001-01-01T00:00:00Z"}})
    row = api.kubectl("get", "sm", "--no-headers").split()
    assert row[2].removesuffix("y").isdigit()


def test_a_wide_row_adds_policy_suspension_message_and_age(api: Api) -> None:
    api.apply(sensor_model())
    api.set_status("sm", "p-1", STATUS)
    head, row = api.kubectl("get", "sm", "-o", "wide").splitlines()
    assert head.split()[10:] == ["POLICY", "SUSPENDED", "MESSAGE", "AGE"]
    assert " ".join(row.split()).rpartition(" ")[0].endswith("default false nothing is due")


def test_a_row_of_a_policy_counts_its_models(api: Api) -> None:
    api.apply(retraining_policy())
    held = {
        "type": "CommonCause",
        "status": "True",
        "reason": "CommonCause",
        "message": "7 of 12 models drift",
        "lastTransitionTime": "2026-11-24T12:00:00Z",
    }
    counts = {"models": 12, "ready": 10, "training": 2, "waiting": 3, "conditions": [held]}
    api.set_status("rtp", "default", counts)
    head, row = api.kubectl("get", "rtp").splitlines()
    columns = ["NAME", "MODELS", "READY", "TRAINING", "WAITING", "HELD", "CHECK", "COOLDOWN", "SUSPENDED", "AGE"]
    assert head.split() == columns
    assert row.split()[:-1] == ["default", "12", "10", "2", "3", "True", "1h", "24h", "false"]


def test_one_category_lists_both_kinds(api: Api) -> None:
    api.apply(sensor_model())
    api.apply(retraining_policy())
    names = api.kubectl("get", "mlops", "-o", "name").split()
    assert sorted(names) == ["retrainingpolicy.sensormodel.io/default", "sensormodel.sensormodel.io/p-1"]


def test_models_can_be_selected_by_their_policy(api: Api) -> None:
    api.apply(sensor_model())
    api.apply(sensor_model(name="p-2", policyRef={"name": "strict"}))
    selected = api.kubectl("get", "sm", "--field-selector", "spec.policyRef.name=strict", "-o", "name")
    assert selected.split() == ["sensormodel.sensormodel.io/p-2"]


def test_the_operator_may_do_exactly_what_the_table_says(try_api: Api) -> None:
    rules = json.loads(try_api.kubectl("get", "clusterrole", NAME, "-o", "json"))["rules"]
    allowed = [(rule["apiGroups"], rule["resources"], rule["verbs"], rule.get("resourceNames", [])) for rule in rules]
    expected = [([each.group], list(each.resources), list(each.verbs), list(each.names)) for each in OPERATOR]
    assert allowed == expected


@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        pytest.param("patch", "sensormodels.sensormodel.io/status", True, id="may write a status"),
        pytest.param("create", "jobs.batch", True, id="may start a training"),
        pytest.param("patch", "sensormodels.sensormodel.io", False, id="may not write a spec"),
        pytest.param("delete", "jobs.batch", False, id="may not delete a Job"),
        pytest.param("create", "pods", False, id="may not create a pod"),
        pytest.param("get", "secrets", False, id="may not read a Secret"),
        pytest.param("get", "configmaps", False, id="may not read a ConfigMap"),
        pytest.param("get", "namespaces", False, id="may not read other namespaces"),
    ],
)
def test_the_operator(try_api: Api, verb: str, resource: str, *, allowed: bool) -> None:
    assert _may(try_api, verb, resource, OPERATOR_USER) == allowed


@pytest.mark.parametrize(
    ("role", "verb", "resource", "allowed"),
    [
        pytest.param("view", "list", "sensormodels", True, id="a viewer sees models"),
        pytest.param("view", "create", "sensormodels", False, id="a viewer cannot run an image"),
        pytest.param("edit", "create", "sensormodels", True, id="an editor writes models"),
        pytest.param("edit", "delete", "retrainingpolicies", True, id="an editor deletes policies"),
        pytest.param("edit", "patch", "sensormodels/status", False, id="an editor cannot forge a status"),
        pytest.param("admin", "get", "sensormodels/status", True, id="an administrator reads a status"),
        pytest.param("admin", "patch", "sensormodels/status", False, id="an administrator cannot forge a status"),
    ],
)
def test_the_aggregated_roles(api: Api, role: str, verb: str, resource: str, *, allowed: bool) -> None:
    api.kubectl("create", "rolebinding", "person", f"--clusterrole={role}", "--user=person")
    kind, _, subresource = resource.partition("/")
    assert _may(api, verb, f"{kind}.sensormodel.io/{subresource}", "person") == allowed


def _may(api: Api, verb: str, resource: str, user: str) -> bool:
    name, _, subresource = resource.partition("/")
    plural, _, group = name.partition(".")
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user,
            "resourceAttributes": {
                "namespace": api.namespace,
                "verb": verb,
                "group": group,
                "resource": plural,
                "subresource": subresource,
            },
        },
    }
    answer = api.kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(review))
    return bool(json.loads(answer)["status"]["allowed"])


def _description(properties: Object, path: str) -> str:
    """The description at a path of the served schema."""
    description = ""
    for step in path.split("."):
        field = properties[step.removesuffix("[]")]
        description = field.get("description", "")
        properties = field.get("items", field).get("properties", {})
    return description

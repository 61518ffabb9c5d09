"""The status belongs to the operator, and writing it disturbs nobody's apply."""

import json

import pytest

from model_operator.api.crd import SENSOR_MODEL
from model_operator.api.reference import fields
from model_operator.api.retrainingpolicy import RetrainingPolicyStatus
from model_operator.api.sensormodelstatus import SensorModelStatus
from tests.cluster.api.objects import Object, paths_of, retraining_policy, sensor_model
from tests.cluster.api.server import Api

TIME = "2026-03-01T06:00:00Z"
READY = {
    "type": "Ready",
    "status": "True",
    "reason": "UpToDate",
    "message": "version 7 serves",
    "lastTransitionTime": TIME,
    "observedGeneration": 1,
}
DECISION = {
    "time": TIME,
    "action": "Train",
    "reason": "DriftDetected",
    "message": "drift 0.74 > 0.50 (High)",
    "verdicts": [{"check": "drift", "fires": True, "reason": "DriftDetected", "message": "drift 0.74 > 0.50 (High)"}],
}
HOLDER = {
    "version": 7,
    "runID": "0123456789abcdef",
    "modelURI": "models:/telemanom_P-1@production",
    "since": TIME,
    "gate": {"reason": "Promoted", "message": "12 % better"},
    "probationUntilTime": TIME,
}
FULL_STATUS: Object = {
    "observedGeneration": 1,
    "conditions": [READY],
    "summary": {
        "stage": "Production",
        "version": "7",
        "drift": "High 0.74",
        "kpi": "mae 0.042",
        "next": "training",
        "reason": "DriftDetected",
    },
    "registeredModel": "telemanom_P-1",
    "stages": {"production": HOLDER, "staging": HOLDER | {"version": 8}},
    "stageHistory": [
        {
            "version": 7,
            "from": "Staging",
            "to": "Production",
            "time": TIME,
            "by": "Policy",
            "reason": "Promoted",
            "message": "12 % better",
            "request": "7",
        }
    ],
    "assessment": {
        "time": TIME,
        "drift": {
            "score": "0.74",
            "severity": "High",
            "confirmed": True,
            "statistic": "KS of value 0.31, at most 0.12 in the reference",
            "windowStartTime": TIME,
            "windowEndTime": TIME,
            "previousScore": "1e-7",
            "previousSeverity": "Moderate",
            "topColumns": ["value", "cmd_0"],
            "profileDigest": "ab" * 32,
            "referenceVersion": 7,
            "smallestDetectableShift": "0.47",
            "described": {
                "column": "value",
                "populationStabilityIndex": "0.31",
                "jensenShannonDistance": "0.22",
                "kolmogorovSmirnov": "0.18",
                "meanShiftSigma": "-0.9",
                "standardDeviationRatio": "1.4",
            },
        },
        "dataQuality": {
            "scorePercent": 82,
            "faults": [{"check": "Completeness", "column": "value", "points": 18, "message": "260 rows are missing"}],
            "windowStartTime": TIME,
            "windowEndTime": TIME,
        },
        "performance": {
            "metric": "F1",
            "value": "0.72",
            "baseline": "0.85",
            "degradationPercent": "15.3",
            "degraded": True,
            "version": 7,
            "runID": "0123456789abcdef",
            "evaluatedTime": TIME,
            "windowStartTime": TIME,
            "windowEndTime": TIME,
            "kpis": {"F1": "0.72", "RMSE": "0.04"},
            "anomalies": 3,
            "confusion": {"truePositives": 2, "falsePositives": 1, "falseNegatives": 1},
            "message": "no known anomaly in the window",
            "predecessor": {
                "version": 6,
                "value": "0.75",
                "verdict": "NotBetter",
                "improvementPercent": "-4.2",
                "message": "on the same rows",
            },
        },
        "newestRowTime": TIME,
        "labelsDigest": "cd" * 32,
        "problem": "InsufficientData",
        "message": "41 rows, 240 are needed",
    },
    "training": {
        "jobName": "p-1-0123456789ab",
        "jobUID": "0f0e0d0c-0000-4000-8000-000000000000",
        "trigger": "Drift",
        "triggerIdentity": "2026-03-01T00:00:00Z/abab",
        "attempt": 1,
        "outcome": "TrainingFailed",
        "message": "out of disk",
        "problem": "ImageUnavailable",
        "startTime": TIME,
        "endTime": TIME,
        "step": "Fitting",
        "progressPercent": 43,
        "loss": "0.0284",
        "estimatedEndTime": TIME,
        "failedAttempts": 1,
        "failedGeneration": 1,
        "version": 8,
    },
    "lastDecision": DECISION,
    "history": [DECISION],
    "schedule": {
        "lastTrainingTime": TIME,
        "nextTrainingTime": TIME,
        "cooldownUntilTime": TIME,
        "backOffUntilTime": TIME,
    },
    "lastHandledRetrainRequest": "1",
    "lastHandledPromoteRequest": "7",
}


def test_the_server_keeps_every_field_of_a_full_sensor_model_status(api: Api) -> None:
    expected = SensorModelStatus.model_validate(FULL_STATUS)
    api.apply(sensor_model())
    api.set_status("sensormodel", "p-1", expected.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert SensorModelStatus.model_validate(api.get("sensormodel", "p-1")["status"]) == expected


def test_the_full_status_of_these_tests_sets_every_field() -> None:
    existing = {field.path for field in fields(SENSOR_MODEL) if field.path.startswith("status")}
    maps = "status.assessment.performance.kpis."  # its keys are data, not fields
    assert {path for path in paths_of(FULL_STATUS, "status") if not path.startswith(maps)} == existing


def test_the_server_keeps_every_field_of_a_full_policy_status(api: Api) -> None:
    status: Object = {
        "observedGeneration": 1,
        "conditions": [READY],
        "models": 3,
        "ready": 2,
        "training": 1,
        "message": "m",
        "waiting": 4,
        "hold": {"sinceTime": TIME, "untilTime": TIME, "drifting": 9, "models": 12, "released": True},
        "lastHandledReleaseRequest": "now",
    }
    api.apply(retraining_policy())
    api.set_status("retrainingpolicy", "default", status)
    stored = api.get("retrainingpolicy", "default")["status"]
    assert stored == status
    assert RetrainingPolicyStatus.model_fields.keys() == RetrainingPolicyStatus.model_validate(stored).model_fields_set


@pytest.mark.parametrize("emptied", ["stages", "schedule", "summary"])
def test_the_operator_can_empty_a_block_of_the_status_by_server_side_apply(api: Api, emptied: str) -> None:
    api.apply(sensor_model())
    blocks: tuple[Object, ...] = (FULL_STATUS[emptied], {})
    for block in blocks:
        written = {"observedGeneration": 1, emptied: block}
        api.apply_status(sensor_model() | {"status": written})
        assert api.get("sensormodel", "p-1")["status"] == written


def test_a_user_can_empty_a_block_by_server_side_apply(api: Api) -> None:
    api.apply(sensor_model(registry__experiment="plant", training={"hyperparameters": {"epochs": "1"}}))
    stored = api.apply(sensor_model(registry={}, training={"hyperparameters": {}}))["spec"]
    assert (stored["registry"], stored["training"]["hyperparameters"]) == ({}, {})


def test_resources_do_not_depend_on_what_was_applied_before(api: Api) -> None:
    api.apply(sensor_model())
    api.apply(sensor_model(training__resources__requests={"cpu": "2"}))
    default = {"cpu": "1", "memory": "1Gi"}
    assert api.apply(sensor_model())["spec"]["training"]["resources"]["requests"] == default


def test_a_user_cannot_write_the_status(api: Api) -> None:
    api.apply(sensor_model() | {"status": {"observedGeneration": 9}})
    assert api.get("sensormodel", "p-1")["status"] == {"observedGeneration": -1}


def test_the_operator_cannot_write_the_spec_through_the_status(api: Api) -> None:
    api.apply(sensor_model())
    patch = json.dumps({"spec": {"suspend": True}, "status": {"observedGeneration": 1}})
    api.kubectl("patch", "sm", "p-1", "--subresource=status", "--type=merge", "--patch", patch)
    stored = api.get("sensormodel", "p-1")
    assert (stored["spec"]["suspend"], stored["metadata"]["generation"]) == (False, 1)


def test_a_word_that_this_crd_does_not_know_is_no_reason_to_lose_the_status(api: Api) -> None:
    """The operator may be newer than the CRD, for example in the middle of an upgrade."""
    api.apply(sensor_model())
    api.set_status("sensormodel", "p-1", {"lastDecision": DECISION | {"reason": "SomethingNew", "action": "Dance"}})
    assert api.get("sensormodel", "p-1")["status"]["lastDecision"]["reason"] == "SomethingNew"


def test_a_status_that_says_more_than_the_schema_allows_is_refused(api: Api) -> None:
    api.apply(sensor_model())
    endless = [DECISION] * 21
    refusal = api.refusal_of_status(sensor_model() | {"status": {"history": endless}})
    assert "status.history: Too many: 21: must have at most 20 items" in refusal


def test_applying_again_after_a_status_write_changes_nothing(api: Api) -> None:
    """Not even the resourceVersion, so that a GitOps tool wakes nobody.

    (An object without a written status is stored once more at the first update, with the default of its status.)
    """
    api.apply(sensor_model(registry__experiment="plant"))
    api.set_status("sensormodel", "p-1", FULL_STATUS)
    before = api.get("sensormodel", "p-1")
    assert api.apply(sensor_model(registry__experiment="plant")) == before


@pytest.mark.parametrize("option", ["--server-side=true", "--server-side=false"])
def test_a_status_write_is_no_difference_to_what_git_holds(api: Api, option: str) -> None:
    wanted = sensor_model()
    api.kubectl("apply", option, "-f", "-", stdin=json.dumps(wanted))
    api.set_status("sensormodel", "p-1", FULL_STATUS)
    assert api.kubectl("diff", option, "-f", "-", stdin=json.dumps(wanted)) == ""


def test_an_object_that_an_older_rule_let_in_stays_updatable_and_gets_its_status(api: Api) -> None:
    """A tightened rule must not lock out what exists: only what changes is checked again."""
    admitted_then = sensor_model(telemetry__uri="hdfs://telemetry/P-1.parquet")
    with api.without_rules("sensormodels", admitted_then):
        api.apply(admitted_then)
    updated = api.apply(sensor_model(telemetry__uri="hdfs://telemetry/P-1.parquet", suspend=True))
    api.set_status("sensormodel", "p-1", {"observedGeneration": 2})
    assert updated["spec"]["suspend"] is True
    assert "`uri` must be file:///" in api.refusal(
        sensor_model(telemetry__uri="hdfs://telemetry/P-2.parquet"), update=True
    )

"""Applying, reading, asking and waiting, on a real API server without an operator."""

from datetime import datetime, timedelta

import pytest

from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.vocabulary import ConditionType, Reason
from sensormodel.cluster import Cluster
from sensormodel.connection import Connection
from sensormodel.errors import InvalidRequest, Missing, Refused, TimedOut
from sensormodel.waiting import has_answered, has_condition, has_decided, has_trained_for, is_ready, serves
from tests.builders import T0
from tests.cluster.api.objects import retraining_policy, sensor_model
from tests.cluster.api.server import Api
from tests.plugin.conftest import api, with_kinds  # noqa: F401 - fixtures
from tests.plugin.test_reading_verbs import store

PROMOTE = "sensormodel.io/promote-version"


class VirtualClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = T0

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def cluster_of_test(api: Api) -> Cluster:  # noqa: F811 - the fixture
    return Cluster(Connection.connect(api.cluster.kubeconfig, None, api.namespace), VirtualClock())


def served(api: Api, *promoted: int, pin: int | None = None) -> None:  # noqa: F811 - the fixture
    """A SensorModel whose versions have become Production in that order."""
    api.apply(sensor_model("p-1", **({"productionVersion": pin} if pin else {})))
    moves = [
        {
            "version": version,
            "from": "Staging",
            "to": "Production",
            "time": f"2026-11-24T0{hour}:00:00Z",
            "by": "Policy",
            "reason": "Promoted",
            "message": "better",
        }
        for hour, version in enumerate(promoted)
    ]
    production = {"version": promoted[-1], "runID": "run", "modelURI": "models:/telemanom_P-1@production"}
    api.set_status("sensormodel", "p-1", {"stageHistory": moves[::-1], "stages": {"production": production}})


def test_manifests_are_applied_and_applied_again(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    cluster_of_test.apply(retraining_policy(), sensor_model())
    cluster_of_test.apply(retraining_policy(cooldown="48h"), sensor_model())
    assert api.get("retrainingpolicy", "default")["spec"]["cooldown"] == "48h"
    model = cluster_of_test.model("p-1")
    assert model.spec is not None
    assert (model.namespace, model.spec.sensor_id, model.was_seen) == (api.namespace, "P-1", False)
    assert [model] == list(cluster_of_test.models())


def test_typed_specs_are_applied_without_their_defaults(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    policy = RetrainingPolicySpec.model_validate({"cooldown": "1h", "promotion": {"mode": "Manual"}})
    cluster_of_test.apply_policy("careful", policy)
    spec = SensorModelSpec.model_validate(sensor_model()["spec"])
    cluster_of_test.apply_model("p-1", spec)
    assert cluster_of_test.policy("careful").spec.promotion.mode == "Manual"
    fields = api.kubectl("get", "rtp", "careful", "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields}")
    assert "f:mode" in fields
    assert "f:metric" not in fields


def test_an_unknown_field_is_refused_with_its_path(cluster_of_test: Cluster) -> None:
    with pytest.raises(Refused, match=r"spec\.telemetry\.valuecolumn"):
        cluster_of_test.apply(sensor_model(telemetry__valuecolumn="v"))


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param({"kind": "Secret", "metadata": {"name": "s"}}, id="another kind"),
        pytest.param({"kind": "SensorModel", "metadata": {}}, id="without a name"),
        pytest.param(
            {"kind": "SensorModel", "metadata": {"name": "p-1", "namespace": "elsewhere"}}, id="another namespace"
        ),
    ],
)
def test_other_manifests_are_not_applied(cluster_of_test: Cluster, manifest: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        cluster_of_test.apply(manifest)


def test_a_request_for_a_training_stands_in_the_annotation(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    api.apply(sensor_model())
    value = cluster_of_test.request_training("p-1", "pump replaced")
    assert value == "2026-11-24T12:00:00Z pump replaced"
    assert api.get("sm", "p-1")["metadata"]["annotations"]["sensormodel.io/retrain-requested-at"] == value


def test_a_promotion_names_the_version_the_person_and_the_time(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    served(api, 5, 6)
    request = cluster_of_test.promote("p-1", 7)
    written = api.get("sm", "p-1")["metadata"]["annotations"][PROMOTE]
    assert (
        written
        == request.value
        == f"7@{Connection.connect(api.cluster.kubeconfig, None, None).who()}/2026-11-24T12:00:00Z"
    )
    assert (request.version, request.before, request.is_rollback) == (7, 6, False)


def test_the_version_that_awaits_approval_is_promoted(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    store(api, "approval is awaited")
    assert cluster_of_test.promote("p-1").version == 2


def test_a_rollback_asks_for_the_version_before(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    served(api, 5, 6)
    request = cluster_of_test.roll_back("p-1")
    assert (request.version, request.before, request.is_rollback) == (5, 6, True)
    assert api.get("sm", "p-1")["metadata"]["annotations"][PROMOTE].startswith("5@")


def test_a_rollback_to_what_serves_is_refused(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    served(api, 5, 6)
    with pytest.raises(Refused, match=r"version 6 .* is Production already"):
        cluster_of_test.roll_back("p-1", 6)


def test_a_pinned_model_is_moved_only_by_its_pin(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    served(api, 5, 6, pin=6)
    with pytest.raises(Refused, match=r"pins .* to version 6"):
        cluster_of_test.roll_back("p-1")
    assert cluster_of_test.roll_back("p-1", pin=True).pinned
    found = api.get("sm", "p-1")
    assert found["spec"]["productionVersion"] == 5
    assert PROMOTE not in found["metadata"].get("annotations", {})


def test_what_never_happens_is_told_with_the_state(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    store(api, "approval is awaited")
    with pytest.raises(TimedOut, match=r"p-1 was not as expected after 60 s\. Its state: AwaitingApproval: version 2"):
        cluster_of_test.wait("p-1", serves(2))


def test_what_is_so_already_is_not_waited_for(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    store(api, "approval is awaited")
    for expected in (is_ready, has_condition(ConditionType.READY), has_decided(Reason.AWAITING_APPROVAL), serves(1)):
        assert expected(cluster_of_test.wait("p-1", expected))


def test_a_request_counts_as_answered_only_when_its_own_value_is_echoed(
    api: Api,  # noqa: F811
    cluster_of_test: Cluster,
) -> None:
    served(api, 5, 6)
    request = cluster_of_test.roll_back("p-1")
    api.set_status("sm", "p-1", {"lastHandledPromoteRequest": "5@somebody/else"})
    assert not has_answered(request)(cluster_of_test.model("p-1"))
    api.set_status("sm", "p-1", {"lastHandledPromoteRequest": request.value})
    assert has_answered(request)(cluster_of_test.model("p-1"))
    with pytest.raises(Refused, match=r"version 5 of .* is not Production"):
        cluster_of_test.wait_for(request)


def test_a_training_that_runs_is_not_over(api: Api, cluster_of_test: Cluster) -> None:  # noqa: F811
    store(api, "the first training runs")
    value = cluster_of_test.request_training("p-1")
    api.set_status("sm", "p-1", {"lastHandledRetrainRequest": value})
    assert not has_trained_for(value)(cluster_of_test.model("p-1"))
    api.set_status("sm", "p-1", {"training": {"outcome": "TrainingSucceeded"}})
    assert has_trained_for(value)(cluster_of_test.model("p-1"))


def test_a_name_that_is_not_there_is_missing(cluster_of_test: Cluster) -> None:
    with pytest.raises(Missing):
        cluster_of_test.model("p-9")

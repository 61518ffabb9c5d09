"""`retrain`, `suspend` and `resume` on a real API server: what is written, and what is said."""

import pytest

from tests.cluster.api.objects import retraining_policy, sensor_model
from tests.cluster.api.server import Api
from tests.plugin.program import Program
from tests.plugin.test_reading_verbs import store

REQUEST = "sensormodel.io/retrain-requested-at"


def annotation(api: Api) -> str:
    return str(api.get("sensormodel", "p-1")["metadata"]["annotations"][REQUEST])


def test_a_request_is_the_time_and_the_reason(api: Api, plugin: Program) -> None:
    store(api, "all is well")
    answer = plugin("retrain", "p-1", "--reason", "pump replaced")
    assert answer.code == 0
    stamp, words = annotation(api).split(" ", 1)
    assert (stamp[-1], words) == ("Z", "pump replaced")


def test_a_request_leaves_spec_and_status_alone(api: Api, plugin: Program) -> None:
    store(api, "all is well")
    before = api.get("sensormodel", "p-1")
    plugin("retrain", "p-1")
    after = api.get("sensormodel", "p-1")
    assert (before["spec"], before["status"]) == (after["spec"], after["status"])


@pytest.mark.parametrize(
    ("situation", "follows"),
    [
        ("all is well", "A training starts within seconds."),
        ("drift waits for the cooldown", "A training starts within seconds. The request passes the cooldown."),
        (
            "the first training runs",
            "It waits: Job p-1-job1 runs already. When that has ended, one more training starts.",
        ),
        (
            "a request waits while suspended",
            "It waits: the model is suspended. Resume it with: kubectl sensormodel resume p-1",
        ),
        (
            "the policy is missing",
            "It waits until this is mended: spec.policyRef: namespace plant has no RetrainingPolicy",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_request_says_what_will_happen(api: Api, plugin: Program, situation: str, follows: str) -> None:
    store(api, situation)
    assert plugin("retrain", "p-1").out.splitlines()[1].startswith(follows)


def test_a_request_for_a_model_of_a_suspended_policy_waits(api: Api, plugin: Program) -> None:
    store(api, "all is well")
    plugin("suspend", "--policy", "default")
    assert "It waits: policy default is suspended." in plugin("retrain", "p-1").out


def test_a_reason_of_several_lines_is_refused(plugin: Program) -> None:
    answer = plugin("retrain", "p-1", "--reason", "one\ntwo")
    assert (answer.code, answer.err) == (2, "error: the reason must be one line without control characters\n")


def test_suspend_and_resume_change_one_field_of_a_model(api: Api, plugin: Program) -> None:
    api.apply(sensor_model())
    plugin("suspend", "p-1")
    suspended = api.get("sensormodel", "p-1")["spec"]["suspend"]
    plugin("resume", "p-1")
    assert (suspended, api.get("sensormodel", "p-1")["spec"]["suspend"]) == (True, False)


def test_suspend_and_resume_change_one_field_of_a_policy(api: Api, plugin: Program) -> None:
    api.apply(retraining_policy())
    plugin("suspend", "--policy", "default")
    suspended = api.get("retrainingpolicy", "default")["spec"]["suspend"]
    plugin("resume", "--policy", "default")
    assert (suspended, api.get("retrainingpolicy", "default")["spec"]["suspend"]) == (True, False)


def test_what_is_suspended_already_is_not_written_again(api: Api, plugin: Program) -> None:
    api.apply(sensor_model(suspend=True))
    before = api.get("sensormodel", "p-1")["metadata"]["resourceVersion"]
    answer = plugin("suspend", "p-1")
    assert (0, f"SensorModel {api.namespace}/p-1 is suspended already.\n") == (answer.code, answer.out)
    assert before == api.get("sensormodel", "p-1")["metadata"]["resourceVersion"]


@pytest.mark.parametrize("arguments", [("suspend",), ("resume", "p-1", "--policy", "default")], ids=" ".join)
def test_either_a_model_or_a_policy_is_named(plugin: Program, arguments: tuple[str, ...]) -> None:
    answer = plugin(*arguments)
    assert (answer.code, answer.err) == (2, "error: name either a SensorModel or, with --policy, a RetrainingPolicy\n")

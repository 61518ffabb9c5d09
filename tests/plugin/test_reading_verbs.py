"""`why`, `history` and `status` on a real API server."""

import pytest

from tests.cluster.api.objects import retraining_policy, sensor_model
from tests.cluster.api.server import Api
from tests.plugin.program import Program
from tests.plugin.situations import SITUATIONS, as_written, status_in


def store(api: Api, situation: str, name: str = "p-1") -> None:
    """A SensorModel with its policy, and the status that the operator writes in a situation."""
    seen = SITUATIONS[situation]
    suspend = bool(seen.model.spec and seen.model.spec.suspend)
    api.apply(retraining_policy("default"))
    api.apply(sensor_model(name, suspend=suspend))
    for key, value in seen.model.annotations.items():
        api.kubectl("annotate", "sensormodel", name, f"{key}={value}")
    api.set_status("sensormodel", name, as_written(status_in(seen)))


def test_why_works_from_the_stored_status(api: Api, plugin: Program) -> None:
    store(api, "drift waits for the cooldown")
    answer = plugin("why", "p-1")
    assert (answer.code, answer.err) == (0, "")
    assert "Decision: nothing is done, because CoolingDown" in answer.out
    assert ["drift", "fires", "0.78", "High", "0.50", "Moderate", "DriftDetected"] in [
        line.split() for line in answer.out.splitlines()
    ]


def test_why_as_json_has_every_check(api: Api, plugin: Program) -> None:
    store(api, "drift waits for the cooldown")
    found = plugin("why", "p-1", "-o", "json").json
    assert {"cooldown": "closed", "budget": "open"}.items() <= {
        g["check"]: g["verdict"] for g in found["gates"]
    }.items()
    assert {"drift": "fires", "schedule": "holds still"}.items() <= {
        t["check"]: t["verdict"] for t in found["triggers"]
    }.items()
    assert [line["reason"] for line in found["advice"]][:1] == ["CoolingDown"]


def test_a_model_that_the_operator_never_saw_says_so(api: Api, plugin: Program) -> None:
    api.apply(sensor_model())
    assert "The operator has not looked at it yet." in plugin("why", "p-1").out


def test_history_tells_decisions_and_moves_newest_first(api: Api, plugin: Program) -> None:
    store(api, "approval is awaited")
    told = [entry["time"] for entry in plugin("history", "p-1", "-o", "json").json]
    assert sorted(told, reverse=True) == told
    assert len(told) == 4


def test_an_empty_history_says_that_nothing_changed(api: Api, plugin: Program) -> None:
    api.apply(sensor_model())
    assert "Nothing has changed yet: no decision and no move is on record." in plugin("history", "p-1").out


@pytest.mark.parametrize(
    ("situation", "state", "code"),
    [
        ("all is well", "ready", 0),
        ("drift waits for the cooldown", "ready", 0),
        ("a request waits while suspended", "suspended", 0),
        ("the policy is missing", "stalled", 1),
        ("the first training runs", "training", 1),
        ("the first version is worse than naive", "stalled", 1),
        ("approval is awaited", "awaits approval", 0),
    ],
    ids=str,
)
def test_the_exit_code_of_status_says_whether_the_model_is_fine(
    api: Api, plugin: Program, situation: str, state: str, code: int
) -> None:
    store(api, situation)
    answer = plugin("status", "p-1", "-o", "json")
    assert (code, [state]) == (answer.code, [line["state"] for line in answer.json])


def test_all_models_are_counted_by_state(api: Api, plugin: Program) -> None:
    store(api, "all is well", "p-1")
    store(api, "the policy is missing", "p-2")
    answer = plugin("status", "--all")
    assert (answer.code, answer.out.splitlines()[-1]) == (1, "2 models: 1 ready, 1 stalled")


def test_a_running_training_is_not_settled_when_the_time_is_over(api: Api, plugin: Program) -> None:
    store(api, "the first training runs")
    answer = plugin("status", "p-1", "--timeout", "0s")
    assert (answer.code, answer.err.strip()) == (4, "error: not settled after 0s")
    assert "training: Job p-1-job1, trigger Initial" in answer.out


def test_a_namespace_without_models_is_fine(api: Api, plugin: Program) -> None:
    answer = plugin("status", "--all")
    assert (answer.code, answer.out.strip()) == (0, "There is no SensorModel here.")


@pytest.mark.parametrize(
    "arguments", [("status",), ("status", "p-1", "--all"), ("status", "p-1", "--timeout", "soon")], ids=" ".join
)
def test_status_refuses_options_that_contradict_each_other(plugin: Program, arguments: tuple[str, ...]) -> None:
    assert plugin(*arguments).code == 2

"""The operator as a process: what it writes to a real API server, and how it starts and ends."""

import time
from collections import Counter
from typing import Any

from tests.operator.operator_process import EVENT, JOB, POLICY_STATUS, STATUS, OperatorProcess, Plant, Write, eventually

A_WHILE = 5.0  # seconds in which a watch, a Job controller and an operator that echo each other would write many times


def sensor_model(name: str = "p-1") -> dict[str, Any]:
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "SensorModel",
        "metadata": {"name": name},
        "spec": {
            "sensorID": name.upper(),
            "modelType": "Telemanom",
            "telemetry": {"uri": f"file:///telemetry/{name}.parquet"},
            "policyRef": {"name": "default"},
        },
    }


def policy() -> dict[str, Any]:
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "RetrainingPolicy",
        "metadata": {"name": "default"},
        "spec": {},
    }


def quiet_writes(plant: Plant, before: Counter[Write]) -> Counter[Write]:
    """The writes since then, once nothing has been written for a while."""
    seen = plant.writes() - before
    while True:
        time.sleep(A_WHILE)
        now = plant.writes() - before
        if now == seen:
            return now
        seen = now


def test_a_model_without_its_policy_is_stalled_and_trained_once_the_policy_comes(
    plant: Plant, operator: OperatorProcess
) -> None:
    plant.apply(sensor_model())
    eventually(lambda: plant.condition("p-1", "Stalled"), ("True", "PolicyNotFound"))
    assert plant.names("jobs") == []
    plant.apply(policy())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    assert len(plant.names("jobs")) == 1


def test_new_models_cost_one_job_one_status_and_one_event_each_and_then_nothing(
    plant: Plant, operator: OperatorProcess
) -> None:
    plant.apply(policy())
    eventually(lambda: plant.get("retrainingpolicy", "default")["status"]["observedGeneration"], 1)
    applied = Write("APPLY", "sensormodels")
    before = plant.writes()
    plant.apply(*(sensor_model(f"p-{number}") for number in range(5)))
    eventually(lambda: len(plant.names("jobs")), 5)
    writes = quiet_writes(plant, before)
    policy_statuses = writes.pop(POLICY_STATUS)
    job_controller = writes.pop(Write("PUT", "jobs", "status"))
    assert writes == Counter({applied: 5, JOB: 5, STATUS: 5, EVENT: 5})
    assert job_controller == 5
    assert policy_statuses <= 2


def test_a_restart_writes_nothing_and_so_does_a_crash(plant: Plant, operator: OperatorProcess) -> None:
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    eventually(lambda: plant.get("retrainingpolicy", "default")["status"]["training"], 1)
    before = plant.writes()
    assert operator.terminate() == 0
    operator.start()
    assert quiet_writes(plant, before) == Counter()
    operator.kill()
    operator.start()
    assert quiet_writes(plant, before) == Counter()


def test_at_rest_the_operator_asks_neither_the_api_server_nor_mlflow(plant: Plant, operator: OperatorProcess) -> None:
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    eventually(lambda: plant.get("retrainingpolicy", "default")["status"]["training"], 1)
    quiet_writes(plant, plant.writes())
    before = calls(operator)
    time.sleep(A_WHILE)
    assert calls(operator) == before


def calls(operator: OperatorProcess) -> dict[str, str]:
    """What the operator has counted of its own calls."""
    _, text = operator.ask("metrics", "/metrics")
    lines = (line.rsplit(" ", 1) for line in text.splitlines())
    return {name: value for name, value in lines if name.startswith("sensormodel_gateway_calls_total")}


def test_a_deleted_model_leaves_no_job_and_no_series(plant: Plant, operator: OperatorProcess) -> None:
    plant.apply(policy(), sensor_model())
    eventually(lambda: len(plant.names("jobs")), 1)
    plant.kubectl("delete", "sensormodel", "p-1")
    eventually(lambda: plant.names("jobs"), [])
    eventually(lambda: 'name="p-1"' in operator.ask("metrics", "/metrics")[1], expected=False)
    eventually(lambda: plant.get("retrainingpolicy", "default")["status"]["models"], 0)


def test_a_job_that_somebody_deletes_is_told_as_a_failed_attempt(plant: Plant, operator: OperatorProcess) -> None:
    plant.apply(policy(), sensor_model())
    eventually(lambda: len(plant.names("jobs")), 1)
    plant.kubectl("delete", "job", "--all")
    eventually(lambda: plant.get("sensormodel", "p-1")["status"]["training"]["outcome"], "JobDeleted")
    assert plant.names("jobs") == []


def test_nothing_is_written_on_a_users_object_but_its_status(plant: Plant, operator: OperatorProcess) -> None:
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    for kind, name in (("sensormodel", "p-1"), ("retrainingpolicy", "default")):
        found = plant.get(kind, name)["metadata"]
        assert {"annotations", "labels", "finalizers"} & found.keys() == set()


def test_sigterm_ends_it_with_success_and_every_line_of_its_log_is_json(
    plant: Plant, operator: OperatorProcess
) -> None:
    plant.apply(policy(), sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    assert operator.ask("health", "/healthz") == (200, "ok")
    assert operator.terminate() == 0
    lines = operator.lines()
    assert all(line.keys() >= {"ts", "level", "logger", "message"} for line in lines)
    assert {(line["name"], line["reason"]) for line in lines if "reason" in line} == {("p-1", "FirstTraining")}

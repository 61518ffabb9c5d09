"""The plugin and the real operator process understand each other: a request waits, is resumed, and becomes a Job."""

from tests.operator.conftest import crds, mlflow, operator, plant, working_plant  # noqa: F401 - fixtures
from tests.operator.operator_process import OperatorProcess, Plant, eventually
from tests.operator.test_operator import policy, sensor_model
from tests.plugin.program import Program


def test_a_request_for_a_suspended_model_becomes_a_job_once_it_is_resumed(
    plant: Plant,  # noqa: F811 - the fixture
    operator: OperatorProcess,  # noqa: F811 - the fixture
    program: Program,
) -> None:
    plugin = program.at(plant.cluster.kubeconfig, plant.namespace)
    plant.apply(policy())
    plant.apply(sensor_model())
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    plugin("suspend", "p-1")
    eventually(lambda: plugin("status", "p-1", "-o", "json").json[0]["state"], "training")
    (first,) = plant.names("jobs")
    plant.cluster.kubectl("delete", "job", first, "-n", plant.namespace)
    assert "It waits: the model is suspended." in plugin("retrain", "p-1", "--reason", "pump replaced").out
    eventually(lambda: plugin("status", "p-1", "-o", "json").json[0]["state"], "suspended")
    assert "pump replaced" in plugin("why", "p-1").out
    assert plant.names("jobs") == []
    assert "The request for a training that waited is acted on now." in plugin("resume", "p-1").out
    eventually(lambda: plugin("status", "p-1", "-o", "json").json[0]["state"], "training")
    assert len(plant.names("jobs")) == 1
    newest = plugin("history", "p-1", "-o", "json").json[0]
    assert (newest["what"], newest["reason"]) == ("Train", "RetrainRequested")

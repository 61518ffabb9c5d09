"""What a GitOps tool sees: nothing of what the operator does is a difference from Git."""

import json

from tests.operator.operator_process import OperatorProcess, Plant, eventually
from tests.operator.test_operator import policy, sensor_model


def test_there_is_no_difference_from_git_after_many_passes(plant: Plant, operator: OperatorProcess) -> None:
    manifests = json.dumps({"apiVersion": "v1", "kind": "List", "items": [policy(), sensor_model()]})
    plant.kubectl("apply", "--server-side", "--field-manager=argocd-controller", "-f", "-", stdin=manifests)
    eventually(lambda: plant.condition("p-1", "Training"), ("True", "TrainingStarted"))
    for number in range(20):  # each one at least a pass with a new status
        plant.kubectl(
            "annotate",
            "sm",
            "p-1",
            f"sensormodel.io/promote-version=7@{number}",
            "--overwrite",
            "--field-manager=person",
        )
        eventually(lambda: plant.get("sensormodel", "p-1")["status"].get("lastHandledPromoteRequest"), f"7@{number}")
    differences = plant.kubectl(
        "diff", "--server-side", "--field-manager=argocd-controller", "-f", "-", stdin=manifests
    )
    assert differences == ""
    shown = json.loads(plant.kubectl("get", "sensormodel", "p-1", "-o", "json", "--show-managed-fields"))
    owned = {
        (entry["manager"], entry.get("subresource", "")): set(entry["fieldsV1"])
        for entry in shown["metadata"]["managedFields"]
    }
    assert owned == {
        ("argocd-controller", ""): {"f:spec"},
        ("person", ""): {"f:metadata"},
        ("sensor-model-operator", "status"): {"f:status"},
    }

"""The API server takes the custom resources of the demo."""

from pathlib import Path

import pytest
import yaml

from demo import custom_resources
from demo.run import COOLDOWN, SCORE_PERCENT
from demo.sensors import SENSORS, Sensor
from localcluster import Cluster
from model_operator.api.retrainingpolicy import RetrainingPolicySpec

ROOT = Path(__file__).parents[2]
POLICY = custom_resources.policy(cooldown=COOLDOWN, score_percent=SCORE_PERCENT)


@pytest.fixture(scope="module")
def api_server(cluster: Cluster) -> Cluster:
    """The cluster with both kinds."""
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    return cluster


def test_the_policy_is_accepted(api_server: Cluster) -> None:
    assert _try_out(api_server, POLICY) == "retrainingpolicy.sensormodel.io/fresh"


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_the_sensor_model_is_accepted(api_server: Cluster, sensor: Sensor) -> None:
    manifest = custom_resources.sensor_model(sensor, Path("/telemetry") / sensor.sensor_id)
    assert _try_out(api_server, manifest) == f"sensormodel.sensormodel.io/{sensor.name}"


def test_the_policy_says_in_the_file_what_is_not_filled_in() -> None:
    spec = RetrainingPolicySpec.model_validate(yaml.safe_load(POLICY)["spec"])
    assert (spec.cooldown, spec.triggers.drift.score_percent) == (COOLDOWN, SCORE_PERCENT)
    assert (spec.promotion.min_improvement_percent, spec.triggers.schedule.interval) == (5, "720h")


def _try_out(cluster: Cluster, manifest: str) -> str:
    return cluster.kubectl("create", "--dry-run=server", "-o", "name", "-f", "-", stdin=manifest).strip()

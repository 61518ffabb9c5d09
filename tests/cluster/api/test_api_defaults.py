"""Right input is accepted, and the API server fills in the same defaults as the types."""

import pytest

from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from tests.cluster.api.objects import Object, retraining_policy, sensor_model
from tests.cluster.api.server import Api

LARGEST = sensor_model(
    name="p" * 50,
    sensorID="P" * 128,
    telemetry={
        "uri": f"file:///{'u' * 1016}",
        "labels": {"uri": f"file:///{'u' * 1016}"},
        "featureColumns": [f"{number:0128}" for number in range(256)],
    },
    registry={"modelName": "m" * 200, "experiment": "e" * 200},
    training={
        "hyperparameters": {f"{number:064}": "9" * 64 for number in range(32)},
        "image": "i" * 512,
        "nodeSelector": {f"{number:063}": "v" * 63 for number in range(32)},
        "resources": {
            "requests": {f"{number:063}": "1" * 12 for number in range(8)},
            "limits": {f"{number:063}": "1" * 12 for number in range(8)},
        },
        "tolerations": [{"operator": "Exists", "key": "k" * 316}] * 32,
        "env": [{"name": f"V{number:0127}", "value": "v" * 4096} for number in range(64)],
        "volumes": [
            {"name": f"{number:058}", "mountPath": f"/{number:01023}", "configMap": {"name": "c" * 253}}
            for number in range(16)
        ],
    },
)


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(sensor_model(), id="the smallest one"),
        pytest.param(sensor_model(name="p" * 50), id="the longest name"),
        pytest.param(sensor_model(sensorID="Plant 7/Pump:P_1.a-"), id="a sensor id that is no DNS name"),
        pytest.param(sensor_model(modelType="Transformer", productionVersion=7, suspend=True), id="a pin"),
        pytest.param(
            sensor_model(telemetry__uri="file:///telemetry/a..b/P 1 (new)/"), id="a folder with dots and spaces"
        ),
        pytest.param(sensor_model(telemetry__uri="s3://plant-7.telemetry/pump 3/P-1.parquet"), id="an object"),
        pytest.param(sensor_model(telemetry__uri="gs://plant/pump=3/"), id="objects below a prefix"),
        pytest.param(sensor_model(telemetry__labels={"uri": "file:///labels/P-1.csv"}), id="labels"),
        pytest.param(
            sensor_model(telemetry__featureColumns=["b", "a"], telemetry__samplingInterval="1m"), id="columns"
        ),
        pytest.param(sensor_model(registry={"modelName": "pump", "experiment": "Plant 7"}), id="names in MLflow"),
        pytest.param(
            sensor_model(training={"hyperparameters": {"epochs": "35"}, "seed": 0, "retryLimit": 0}), id="zeros"
        ),
        pytest.param(sensor_model(training__resources={"limits": {"memory": "4Gi"}}), id="only limits"),
        pytest.param(
            sensor_model(
                training__resources={"requests": {"memory": "8G", "cpu": "500m"}, "limits": {"memory": "8Gi"}}
            ),
            id="both resources",
        ),
        pytest.param(
            sensor_model(training__tolerations=[{"operator": "Exists"}, {"key": "gpu", "effect": "NoSchedule"}]),
            id="tolerations",
        ),
        pytest.param(
            sensor_model(
                training__env=[
                    {"name": "REGION", "value": ""},
                    {"name": "MLFLOW_TRACKING_TOKEN", "secretKeyRef": {"name": "mlflow", "key": "token"}},
                    {"name": "SITE", "configMapKeyRef": {"name": "site", "key": "name"}},
                ]
            ),
            id="every source of a variable",
        ),
        pytest.param(
            sensor_model(
                training__volumes=[
                    {"name": "a", "mountPath": "/a", "persistentVolumeClaim": {"claimName": "telemetry"}},
                    {"name": "b", "mountPath": "/b", "configMap": {"name": "b"}},
                    {"name": "c", "mountPath": "/c", "secret": {"name": "c"}, "readOnly": True},
                    {"name": "d", "mountPath": "/d", "emptyDir": {}, "readOnly": False},
                    {"name": "e", "mountPath": "/e", "emptyDir": {"sizeLimit": "1Gi"}},
                ]
            ),
            id="every source of a volume",
        ),
        pytest.param(LARGEST, id="one as large as may be, within the budget of the rules"),
    ],
)
def test_the_types_read_a_stored_sensor_model_as_the_user_wrote_it(try_api: Api, wanted: Object) -> None:
    stored = try_api.try_out(wanted)
    assert SensorModelSpec.model_validate(stored["spec"]) == SensorModelSpec.model_validate(wanted["spec"])


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(retraining_policy(), id="the smallest one"),
        pytest.param({key: value for key, value in retraining_policy().items() if key != "spec"}, id="no spec at all"),
        pytest.param(retraining_policy(triggers={}), id="empty triggers"),
        pytest.param(retraining_policy(triggers={"drift": {"enabled": False}}), id="no drift trigger"),
        pytest.param(
            retraining_policy(triggers__drift={"currentWindow": "42h", "referenceWindow": "168h"}),
            id="exactly four windows",
        ),
        pytest.param(retraining_policy(cooldown="0s", checkInterval="1s"), id="the shortest times"),
        pytest.param(retraining_policy(cooldown="9999999h"), id="the longest cooldown"),
        pytest.param(retraining_policy(promotion={"mode": "Manual", "metric": "ROCAUC"}), id="a person promotes"),
    ],
)
def test_the_types_read_a_stored_policy_as_the_user_wrote_it(try_api: Api, wanted: Object) -> None:
    stored = try_api.try_out(wanted)
    expected = RetrainingPolicySpec.model_validate(wanted.get("spec", {}))
    assert RetrainingPolicySpec.model_validate(stored["spec"]) == expected


def test_the_server_shows_every_default_of_a_sensor_model(try_api: Api) -> None:
    assert try_api.try_out(sensor_model())["spec"] == {
        "sensorID": "P-1",
        "modelType": "Telemanom",
        "telemetry": {"uri": "file:///telemetry/P-1.parquet", "timestampColumn": "timestamp", "valueColumn": "value"},
        "training": {
            "lookback": "168h",
            "seed": 7,
            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
            "activeDeadline": "6h",
            "retryLimit": 2,
        },
        "policyRef": {"name": "default"},
        "suspend": False,
    }


def test_the_server_shows_every_default_of_a_policy(try_api: Api) -> None:
    assert try_api.try_out(retraining_policy())["spec"] == {
        "checkInterval": "1h",
        "triggers": {
            "performance": {
                "enabled": True,
                "metric": "F1",
                "maxDegradationPercent": 15,
                "minimumPercent": 70,
                "checkInterval": "24h",
                "window": "168h",
            },
            "drift": {
                "enabled": True,
                "severityThreshold": "Moderate",
                "scorePercent": 50,
                "referenceWindow": "168h",
                "currentWindow": "24h",
                "minSamples": 240,
            },
            "schedule": {"enabled": True, "jitter": "10m"},
            "dataQuality": {"enabled": True, "minScorePercent": 70, "onBreach": "Hold"},
        },
        "cooldown": "24h",
        "promotion": {
            "mode": "Automatic",
            "metric": "RMSE",
            "minImprovementPercent": 5,
            "mustBeatBaseline": True,
            "probation": "72h",
            "onRegistryChange": "Adopt",
        },
        "budget": {"maxConcurrent": 10},
        "suspend": False,
    }


def test_a_volume_keeps_only_the_source_that_was_set(try_api: Api) -> None:
    scratch = {"name": "scratch", "mountPath": "/more", "emptyDir": {}}
    stored = try_api.try_out(sensor_model(training__volumes=[scratch]))
    assert stored["spec"]["training"]["volumes"] == [scratch | {"readOnly": True}]


def test_a_new_object_says_that_nobody_has_looked_at_it_yet(api: Api) -> None:
    assert api.apply(sensor_model())["status"] == {"observedGeneration": -1}
    assert api.apply(retraining_policy())["status"] == {"observedGeneration": -1}

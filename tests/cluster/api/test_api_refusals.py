"""Wrong input is refused by the API server, at once and in words that say how to mend it."""

import pytest

from tests.cluster.api.objects import Object, retraining_policy, sensor_model
from tests.cluster.api.server import Api

ENV = {"name": "REGION", "value": "north"}
CLAIM = {"name": "data", "mountPath": "/data", "persistentVolumeClaim": {"claimName": "telemetry"}}
NAMED = sensor_model(registry__modelName="old")

FILE_URI = "spec.telemetry.uri: Invalid value"
NOT_A_FILE = "`uri` must be file:/// and an absolute path, or s3:// or gs://, a bucket and a key"
NOT_PLAIN = "write the plain path"
NO_CREDENTIALS = "`uri` may not contain credentials or a port"
RESERVED = "`name` may not be a variable that the operator sets or that changes which code runs"
ONE_SOURCE = "exactly one of `persistentVolumeClaim`, `configMap`, `secret` and `emptyDir` must be set"
ONE_VALUE = "exactly one of `value`, `configMapKeyRef` and `secretKeyRef` must be set"
FOUR_TIMES = "`referenceWindow` must be at least four times `currentWindow`"


def telemetry(uri: str) -> Object:
    return sensor_model(telemetry__uri=uri)


def env(**variable: object) -> Object:
    return sensor_model(training__env=[variable])


def volume(**fields: object) -> Object:
    return sensor_model(training__volumes=[{"name": "data", "mountPath": "/data"} | fields])


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param(telemetry("s3://plant"), NOT_A_FILE, id="a bucket without a key"),
        pytest.param(telemetry("s3:///P-1.parquet"), NOT_A_FILE, id="a key without a bucket"),
        pytest.param(telemetry("s3://Plant/P-1.parquet"), NOT_A_FILE, id="a bucket with a capital"),
        pytest.param(telemetry("s3a://plant/P-1.parquet"), NOT_A_FILE, id="a scheme of Hadoop's"),
        pytest.param(telemetry("s3://plant//P-1.parquet"), NOT_A_FILE, id="a key that begins with a slash"),
        pytest.param(telemetry("s3://plant/a//P-1.parquet"), NOT_PLAIN, id="an empty folder in a key"),
        pytest.param(telemetry("gs://plant/../other/P-1.csv"), NOT_PLAIN, id="a way out of a bucket"),
        pytest.param(telemetry("s3://plant/P-1.csv?endpoint_override=x"), NOT_PLAIN, id="an endpoint in a query"),
        pytest.param(telemetry("s3://KEY:secret@plant/P-1.csv"), NO_CREDENTIALS, id="credentials in a URI"),
        pytest.param(telemetry("s3://plant:9000/P-1.csv"), NO_CREDENTIALS, id="a port in a URI"),
        pytest.param(telemetry("http://plant/P-1.csv"), NOT_A_FILE, id="telemetry over HTTP"),
        pytest.param(telemetry("file://P-1.csv"), NOT_A_FILE, id="a relative file URI"),
        pytest.param(telemetry("file://host/P-1.csv"), NOT_A_FILE, id="a file URI with a host"),
        pytest.param(telemetry("/telemetry/P-1.csv"), NOT_A_FILE, id="a bare path"),
        pytest.param(telemetry("FILE:///telemetry/P-1.csv"), NOT_A_FILE, id="an upper-case scheme"),
        pytest.param(telemetry("file:///"), NOT_A_FILE, id="the root folder"),
        pytest.param(telemetry("file:////etc/P-1.csv"), NOT_A_FILE, id="four slashes"),
        pytest.param(telemetry("file:///telemetry/../etc/passwd"), NOT_PLAIN, id="a way out by two dots"),
        pytest.param(telemetry("file:///telemetry/.."), NOT_PLAIN, id="two dots at the end"),
        pytest.param(telemetry("file:///../etc"), NOT_PLAIN, id="two dots at the start"),
        pytest.param(telemetry("file:///telemetry/./P-1.csv"), NOT_PLAIN, id="one dot"),
        pytest.param(telemetry("file:///telemetry/%2e%2e/etc"), NOT_PLAIN, id="an escaped way out"),
        pytest.param(telemetry("file:///telemetry\\..\\etc"), NOT_PLAIN, id="backslashes"),
        pytest.param(telemetry("file:///telemetry/P-1.csv?a=b"), NOT_PLAIN, id="a query"),
        pytest.param(telemetry("file:///telemetry/P-1.csv#a"), NOT_PLAIN, id="a fragment"),
        pytest.param(telemetry("file:///telemetry/P-1\n.csv"), NOT_PLAIN, id="a line break in the path"),
        pytest.param(telemetry(""), FILE_URI, id="an empty URI"),
        pytest.param(telemetry("file:///" + "a" * 1024), "may not be more than 1024", id="an endless URI"),
        pytest.param(
            sensor_model(telemetry__labels={"uri": "s3://labels"}),
            f"spec.telemetry.labels.uri: Invalid value: {NOT_A_FILE}",
            id="labels in a bucket without a key, at the field's own path",
        ),
        pytest.param(
            sensor_model(telemetry__featureColumns=["cmd", "cmd"]), "featureColumns[1]: Duplicate", id="a column twice"
        ),
        pytest.param(sensor_model(telemetry__samplingInterval="0s"), "must be at least 1s", id="no sampling interval"),
        pytest.param(sensor_model(modelType="Prophet"), "spec.modelType: Unsupported value", id="an unknown type"),
        pytest.param(sensor_model(sensorID=""), "spec.sensorID: Invalid value", id="an empty sensor id"),
        pytest.param(
            sensor_model(sensorID="P-1 "), "spec.sensorID: Invalid value", id="a sensor id that ends in a space"
        ),
        pytest.param(sensor_model(sensorID="P-1\nx"), "spec.sensorID: Invalid value", id="a sensor id of two lines"),
        pytest.param(sensor_model(policyRef={}), "spec.policyRef.name: Required value", id="a policy without a name"),
        pytest.param(
            sensor_model(policyRef={"name": "../x"}), "spec.policyRef.name: Invalid value", id="a policy name as a path"
        ),
        pytest.param(
            sensor_model(policyRef={"name": "a", "namespace": "b"}),
            'unknown field "spec.policyRef.namespace"',
            id="a policy in another namespace",
        ),
        pytest.param(sensor_model(phase="Ready"), 'unknown field "spec.phase"', id="an unknown field"),
        pytest.param(
            sensor_model(registry__modelName="a/b"),
            "spec.registry.modelName: Invalid value",
            id="a slash in the model name",
        ),
        pytest.param(
            sensor_model(productionVersion=0),
            "spec.productionVersion in body should be greater than or equal to 1",
            id="version 0",
        ),
        pytest.param(sensor_model(training__retryLimit=-1), "greater than or equal to 0", id="a negative retry limit"),
        pytest.param(
            sensor_model(training__lookback="1 week"), "spec.training.lookback: Invalid value", id="a spoken duration"
        ),
        pytest.param(
            sensor_model(training__lookback="7d"), "spec.training.lookback: Invalid value", id="a duration in days"
        ),
        pytest.param(
            sensor_model(training__lookback="1.5h"), "spec.training.lookback: Invalid value", id="a fraction of an hour"
        ),
        pytest.param(
            sensor_model(training__lookback="-1h"), "spec.training.lookback: Invalid value", id="a negative duration"
        ),
        pytest.param(sensor_model(training__lookback="0h"), "`lookback` must be at least 1s", id="no look-back"),
        pytest.param(
            sensor_model(training__activeDeadline="0s"), "`activeDeadline` must be at least 1s", id="no deadline"
        ),
        pytest.param(
            sensor_model(training__hyperparameters={"epochs": 35}),
            "spec.training.hyperparameters.epochs: Invalid value",
            id="a hyperparameter as a number",
        ),
        pytest.param(
            sensor_model(training__resources__requests={"memory": "4Gi"}),
            "`requests` may not exceed `limits`, whose default is memory 2Gi",
            id="more memory requested than the default limit",
        ),
        pytest.param(
            sensor_model(training__resources__requests={"memory": "lots"}),
            "spec.training.resources.requests.memory: Invalid value",
            id="a quantity that is none",
        ),
        pytest.param(
            sensor_model(training__resources__limits={"x" * 64: "1"}),
            "a key may not be longer than 63 characters",
            id="a resource name of 64 characters",
        ),
        pytest.param(
            sensor_model(training__image="a b"), "spec.training.image: Invalid value", id="a space in an image"
        ),
        pytest.param(sensor_model(training__podTemplate={}), "unknown field", id="a free pod template"),
        pytest.param(env(name="LD_PRELOAD", value="/data/x.so"), RESERVED, id="LD_PRELOAD"),
        pytest.param(env(name="PYTHONPATH", value="/data"), RESERVED, id="PYTHONPATH"),
        pytest.param(env(name="PATH", value="/data"), RESERVED, id="PATH"),
        pytest.param(env(name="SENSORMODEL_TASK", value="{}"), RESERVED, id="the operator's own task"),
        pytest.param(env(name="MLFLOW_TRACKING_URI", value="http://x"), RESERVED, id="another registry"),
        pytest.param(env(name="TMPDIR", value="/data"), RESERVED, id="the scratch folder"),
        pytest.param(env(name="A-B", value="x"), "env[0].name: Invalid value", id="a dash in a variable's name"),
        pytest.param(env(name="REGION"), ONE_VALUE, id="a variable without a value"),
        pytest.param(
            env(name="REGION", value="x", secretKeyRef={"name": "a", "key": "b"}),
            ONE_VALUE,
            id="a variable with two values",
        ),
        pytest.param(sensor_model(training__env=[ENV, ENV]), "env[1]: Duplicate value", id="a variable twice"),
        pytest.param(volume(), ONE_SOURCE, id="a volume without a source"),
        pytest.param(volume(emptyDir={}, secret={"name": "a"}), ONE_SOURCE, id="a volume with two sources"),
        pytest.param(
            volume(hostPath={"path": "/"}), 'unknown field "spec.training.volumes[0].hostPath"', id="a host path"
        ),
        pytest.param(volume(mountPath="/", emptyDir={}), "mountPath: Invalid value", id="a mount over everything"),
        pytest.param(
            volume(mountPath="/scratch", emptyDir={}), "may not be /scratch", id="a mount over the scratch volume"
        ),
        pytest.param(volume(mountPath="data", emptyDir={}), "mountPath: Invalid value", id="a relative mount path"),
        pytest.param(
            volume(mountPath="/a/../b", emptyDir={}), "`mountPath` may not contain `..`", id="dots in a mount path"
        ),
        pytest.param(
            sensor_model(training__volumes=[CLAIM, CLAIM | {"name": "again"}]),
            "`volumes` must have different mount paths",
            id="two volumes at one path",
        ),
        pytest.param(
            sensor_model(training__tolerations=[{"value": "gpu"}]),
            "a toleration with the operator Equal must have a `key`",
            id="a toleration without a key",
        ),
        pytest.param(
            sensor_model(name="p" * 51), "`metadata.name` must be at most 50 characters long", id="a name of 51"
        ),
    ],
)
def test_a_wrong_sensor_model_is_refused(try_api: Api, wanted: Object, message: str) -> None:
    assert message in try_api.refusal(wanted)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param(
            retraining_policy(promotion__minImprovementPercent=101),
            "spec.promotion.minImprovementPercent in body should be less than or equal to 100",
            id="101 percent",
        ),
        pytest.param(
            retraining_policy(triggers__drift__scorePercent=-1),
            "greater than or equal to 0",
            id="a negative percentage",
        ),
        pytest.param(
            retraining_policy(triggers__drift__scorePercent=0.5),
            "must be of type integer",
            id="a fraction as a percentage",
        ),
        pytest.param(
            retraining_policy(triggers__drift={"referenceWindow": "95h", "currentWindow": "24h"}),
            FOUR_TIMES,
            id="a reference of less than four windows",
        ),
        pytest.param(
            retraining_policy(triggers__drift={"currentWindow": "48h"}),
            FOUR_TIMES,
            id="a window too long for the default reference",
        ),
        pytest.param(
            retraining_policy(triggers__drift={"currentWindow": "999ms"}),
            "`currentWindow` must be at least 1s",
            id="a window below a second",
        ),
        pytest.param(
            retraining_policy(triggers__drift__severityThreshold="Low"),
            "Unsupported value",
            id="a severity below the triggers'",
        ),
        pytest.param(
            retraining_policy(triggers__drift__minSamples=1), "greater than or equal to 32", id="windows of one row"
        ),
        pytest.param(retraining_policy(triggers__cron="* * * * *"), "unknown field", id="an unknown trigger"),
        pytest.param(
            retraining_policy(checkInterval="0s"), "`checkInterval` must be at least 1s", id="no check interval"
        ),
        pytest.param(
            retraining_policy(triggers__schedule__interval="0h"),
            "`interval` must be at least 1s",
            id="no schedule interval",
        ),
        pytest.param(retraining_policy(budget__maxConcurrent=0), "greater than or equal to 1", id="an empty budget"),
        pytest.param(retraining_policy(promotion__mode="automatic"), "Unsupported value", id="an enum in lower case"),
        pytest.param(retraining_policy(cooldown="1d"), "spec.cooldown: Invalid value", id="a cooldown in days"),
        pytest.param(
            retraining_policy(cooldown="12345678h"), "spec.cooldown: Invalid value", id="a cooldown beyond dates"
        ),
    ],
)
def test_a_wrong_policy_is_refused(try_api: Api, wanted: Object, message: str) -> None:
    assert message in try_api.refusal(wanted)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            sensor_model(), sensor_model(sensorID="P-2"), "`sensorID` may not be changed", id="another sensor"
        ),
        pytest.param(
            sensor_model(), sensor_model(modelType="Transformer"), "`modelType` may not be changed", id="another type"
        ),
        pytest.param(sensor_model(), NAMED, "`registry.modelName` may not be changed", id="a name is set later"),
        pytest.param(
            NAMED, sensor_model(registry__modelName="new"), "`registry.modelName` may not be changed", id="another name"
        ),
        pytest.param(NAMED, sensor_model(), "`registry.modelName` may not be changed", id="the block is taken away"),
        pytest.param(
            NAMED, sensor_model(registry={}), "`registry.modelName` may not be changed", id="the name is taken away"
        ),
        pytest.param(
            sensor_model(registry__experiment="old"),
            sensor_model(registry__modelName="new"),
            "`registry.modelName` may not be changed",
            id="a name takes the place of an experiment",
        ),
    ],
)
def test_the_identity_of_a_model_may_not_be_changed(api: Api, before: Object, after: Object, message: str) -> None:
    api.apply(before)
    assert message in api.refusal(after, update=True)

"""Objects, right and wrong in one place: the API server and the plugin must agree on each.

Beside the tables of `tests/cluster/api`, which say what the API server refuses, these look for the edges: nulls,
defaults, types that look alike, bounds that are just reached.
"""

from typing import Any, Final

from tests.cluster.api import test_api_refusals, test_api_schedule
from tests.cluster.api.objects import Object, retraining_policy, sensor_model

VOLUME: Final = {"name": "data", "mountPath": "/data"}


def _metadata(**changes: object) -> Object:
    return sensor_model() | {"metadata": {"name": "p-1"} | changes}


EDGES: Final[dict[str, Object]] = {
    "the smallest model": sensor_model(),
    "the smallest policy": retraining_policy(),
    "a policy without a spec": {key: value for key, value in retraining_policy().items() if key != "spec"},
    "a model without a spec": {key: value for key, value in sensor_model().items() if key != "spec"},
    "a spec that is a list": sensor_model() | {"spec": []},
    "a spec that is null": sensor_model() | {"spec": None},
    "a policy whose spec is null": retraining_policy() | {"spec": None},
    "null for a field with a default": sensor_model(suspend=None, training=None),
    "null for a field without a default": sensor_model(productionVersion=None, registry=None),
    "null for a required field": sensor_model(sensorID=None),
    "null in a list": sensor_model(telemetry__featureColumns=[None]),
    "null in a map": sensor_model(training__hyperparameters={"epochs": None}),
    "a whole number written with a fraction": retraining_policy(triggers__drift__scorePercent=50.0),
    "true for a number": retraining_policy(triggers__drift__scorePercent=True),
    "a number for true": sensor_model(suspend=1),
    "a string for a number": retraining_policy(triggers__drift__scorePercent="50"),
    "a number for a string": sensor_model(sensorID=17),
    "an object for a string": sensor_model(sensorID={}),
    "a string for a list": sensor_model(telemetry__featureColumns="cmd"),
    "a list for an object": sensor_model(training=[]),
    "the lowest bound": retraining_policy(triggers__drift__minSamples=32),
    "just below it": retraining_policy(triggers__drift__minSamples=31),
    "the highest bound": retraining_policy(budget__maxConcurrent=10_000),
    "just above it": retraining_policy(budget__maxConcurrent=10_001),
    "beyond 32 bits": sensor_model(training__seed=2**31),
    "beyond 64 bits": sensor_model(training__seed=2**70),
    "a sensor id of 128 characters": sensor_model(sensorID="a" * 128),
    "a sensor id of 129 characters": sensor_model(sensorID="a" * 129),
    "a column of 128 letters with accents": sensor_model(telemetry__valueColumn="é" * 128),
    "a column of 129 letters with accents": sensor_model(telemetry__valueColumn="é" * 129),
    "an empty column": sensor_model(telemetry__valueColumn=""),
    "a sensor id that ends in a line break": sensor_model(sensorID="P-1\n"),
    "a duration that ends in a line break": sensor_model(training__lookback="1h\n"),
    "a duration of exactly a second": sensor_model(telemetry__samplingInterval="1000ms"),
    "a duration just below": sensor_model(telemetry__samplingInterval="999ms"),
    "a duration beyond Go's": sensor_model(training__lookback="9999999h"),
    "the longest duration of Go": sensor_model(training__lookback="2562047h47m16s"),
    "a second longer": sensor_model(training__lookback="2562047h47m17s"),
    "a duration of many parts": sensor_model(training__lookback="1h1h1h1ms"),
    "exactly four windows": retraining_policy(triggers__drift={"referenceWindow": "96h", "currentWindow": "24h"}),
    "a control character that is none of the URI's": sensor_model(telemetry__uri="file:///a\u0085b"),
    "a tab in the URI": sensor_model(telemetry__uri="file:///a\tb"),
    "a space in the URI": sensor_model(telemetry__uri="file:///a b"),
    "three dots in the URI": sensor_model(telemetry__uri="file:///a/.../b"),
    "an object": sensor_model(telemetry__uri="s3://plant/pump/P-1.parquet"),
    "objects of Google's": sensor_model(telemetry__uri="gs://plant/pump/"),
    "the shortest bucket": sensor_model(telemetry__uri="s3://a-1/b"),
    "too short a bucket": sensor_model(telemetry__uri="s3://ab/c"),
    "too long a bucket": sensor_model(telemetry__uri=f"s3://{'a' * 64}/b"),
    "a colon in a key": sensor_model(telemetry__uri="s3://plant/a:b@c"),
    "credentials in the URI": sensor_model(telemetry__uri="s3://KEY:secret@plant/a"),
    "an empty folder in a key": sensor_model(telemetry__uri="s3://plant/a//b"),
    "an empty folder in a path": sensor_model(telemetry__uri="file:///plant//b"),
    "a name that begins with two dots in the URI": sensor_model(telemetry__uri="file:///a/..b"),
    "an image with a space at its end": sensor_model(training__image="a "),
    "an image with a no-break space": sensor_model(training__image="a\u00a0b"),
    "a model name with a no-break space": sensor_model(registry__modelName="a\u00a0b"),
    "as much memory as the limit, in another unit": sensor_model(training__resources__requests={"memory": "2048Mi"}),
    "a byte more": sensor_model(training__resources__requests={"memory": "2147483649"}),
    "a CPU in thousandths": sensor_model(training__resources={"requests": {"cpu": "1500m"}, "limits": {"cpu": "1.5"}}),
    "a thousandth more": sensor_model(training__resources={"requests": {"cpu": "1501m"}, "limits": {"cpu": "1.5"}}),
    "decimal and binary units": sensor_model(training__resources={"requests": {"memory": "1G"}, "limits": {"memory": "1Gi"}}),
    "requests of what has no limit": sensor_model(training__resources__requests={"nvidia.com/gpu": "1"}),
    "empty resources": sensor_model(training__resources={}),
    "a toleration for everything": sensor_model(training__tolerations=[{"operator": "Exists"}]),
    "a toleration that exists with a value": sensor_model(training__tolerations=[{"operator": "Exists", "value": "a"}]),
    "a toleration with the default operator": sensor_model(training__tolerations=[{"key": "gpu"}]),
    "an empty volume": sensor_model(training__volumes=[VOLUME | {"emptyDir": {}}]),
    "an empty volume that is null": sensor_model(training__volumes=[VOLUME | {"emptyDir": None}]),
    "two volumes of one name": sensor_model(training__volumes=[VOLUME | {"emptyDir": {}}, VOLUME | {"mountPath": "/b", "emptyDir": {}}]),
    "the reserved prefix in lower case": sensor_model(training__env=[{"name": "python_a", "value": "x"}]),
    "an empty value": sensor_model(training__env=[{"name": "A", "value": ""}]),
    "32 hyperparameters": sensor_model(training__hyperparameters={f"h{n}": "1" for n in range(32)}),
    "33 hyperparameters": sensor_model(training__hyperparameters={f"h{n}": "1" for n in range(33)}),
    "a key of 64 characters where no rule bounds keys": sensor_model(training__hyperparameters={"x" * 64: "1"}),
    "a common cause without its share": retraining_policy(commonCause={}),
    "a common cause": retraining_policy(commonCause={"sharePercent": 30}),
    "no cron but a zone that is null": retraining_policy(triggers__schedule={"timeZone": None}),
    "an unknown field of the object": sensor_model() | {"data": {}},
    "an unknown field of the metadata": _metadata(label={}),
    "a status that somebody pasted": sensor_model() | {"status": {"observedGeneration": 3}},
    "a name of 50 characters": sensor_model(name="p" * 50),
    "a name in upper case": sensor_model(name="P-1"),
    "a name with a dot": sensor_model(name="p.1"),
    "a name with two dots": sensor_model(name="p..1"),
    "a name that ends in a dash": sensor_model(name="p-"),
    "a number as a label": _metadata(labels={"tier": 1}),
    "null as an annotation": _metadata(annotations={"note": None}),
    "no labels": _metadata(labels=None),
}  # fmt: skip


def _rows(test: Any) -> dict[str, Object]:
    """The objects of a table of `tests/cluster/api`."""
    (mark,) = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    return {row.id: row.values[0] for row in mark.args[1]}


def _cron_lines(test: Any) -> dict[str, Object]:
    """The lines of a table of lines, each as a policy."""
    (mark,) = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    return {f"cron {line!r}": retraining_policy(triggers__schedule={"cron": line}) for line in mark.args[1]}


REFUSED: Final = {
    **_rows(test_api_refusals.test_a_wrong_sensor_model_is_refused),
    **_rows(test_api_refusals.test_a_wrong_policy_is_refused),
    **_rows(test_api_schedule.test_a_schedule_that_cannot_be_meant_is_refused),
    **_cron_lines(test_api_schedule.test_what_is_no_cron_line_is_refused_with_an_example),
}

"""The custom resources of the demo: the files in `manifests/` with paths and numbers filled in."""

import json
from pathlib import Path
from string import Template
from typing import Final

from demo.sensors import Sensor

MANIFESTS: Final = Path(__file__).with_name("manifests")


def policy(*, cooldown: str, score_percent: int) -> str:
    """The RetrainingPolicy, as YAML."""
    return _filled("policy.yaml", cooldown=cooldown, score_percent=str(score_percent))


def sensor_model(sensor: Sensor, telemetry: Path) -> str:
    """The SensorModel of a sensor whose telemetry arrives in a folder, as YAML."""
    return _filled(
        "sensormodel.yaml",
        name=sensor.name,
        sensor_id=sensor.sensor_id,
        telemetry_uri=telemetry.as_uri(),
        lookback=sensor.lookback,
        hyperparameters=json.dumps(sensor.hyperparameters),
    )


def _filled(file: str, **values: str) -> str:
    return Template((MANIFESTS / file).read_text(encoding="utf-8")).substitute(values)

"""`kubectl sensormodel lineage`: where a version comes from."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.record import names_of
from kubectl_sensormodel.screen import console, table, write_json
from kubectl_sensormodel.verbs import Target
from model_operator.api.base import format_window
from model_operator.api.vocabulary import Stage
from sensormodel.lineage import Lineage
from sensormodel.registry import Registry


def show(target: Target, name: str, version: int | None, mlflow: str | None, output: Output) -> ExitCode:
    """`lineage`."""
    names, registry = names_of(target, name), Registry(mlflow)
    number = version or registry.in_stage(names.registered_model, Stage.PRODUCTION).version
    found = registry.lineage(names.registered_model, number)
    if output is Output.JSON:
        write_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        draw(found, console())
    return ExitCode.FINE


def draw(lineage: Lineage, screen: Console) -> None:
    """Print what is on record, line by line, and then what is not."""
    screen.print(Text(f"{lineage.registered_model}, version {lineage.version}: where it comes from", style="bold"))
    drawn = table("what", "value", wraps="value")
    for what, value in _lines(lineage):
        if value not in {None, ""}:
            drawn.add_row(what, str(value))
    screen.print(drawn)
    if lineage.missing:
        screen.print(Text(f"Not on record: {', '.join(lineage.missing)}.", style="yellow"))


def _lines(lineage: Lineage) -> Iterator[tuple[str, Any]]:
    data, code, asked = lineage.data, lineage.code, lineage.asked
    yield "run", lineage.run_id
    yield "trained", f"{lineage.create_time:%Y-%m-%d %H:%M:%SZ}"
    yield "telemetry", data.uri
    yield "window", format_window(data.start, data.end) if data.start and data.end else None
    yield "rows", data.rows
    yield "columns", ", ".join(data.columns)
    yield "data sha256", data.digest
    yield "weights sha256", lineage.weights_digest
    yield "SensorModel", asked.sensor_model
    yield "trigger", f"{asked.trigger}: {asked.message}" if asked.message else asked.trigger
    yield "Job", f"{asked.job_name} (uid {asked.job_uid})" if asked.job_name else asked.job_uid
    yield "attempt", asked.attempt
    yield "compared with", f"version {asked.champion_version}" if asked.champion_version else None
    yield "image", code.image
    yield "git commit", code.revision
    yield "packages sha256", code.packages_digest
    yield "environment", ", ".join(f"{name} {value}" for name, value in code.environment.items())
    yield "seed", lineage.seed
    yield "parameters", ", ".join(f"{name}={value}" for name, value in sorted(lineage.parameters.items()))

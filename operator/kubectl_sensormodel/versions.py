"""`kubectl sensormodel versions`: all versions of a model, and why each stands where it stands."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.record import Names, names_of
from kubectl_sensormodel.screen import colour_of, console, moment, table, write_json
from kubectl_sensormodel.verbs import Target
from model_operator.api.base import format_decimal, format_window
from sensormodel.registry import Registry
from sensormodel.versions import VersionRecord
from sensormodel.waiting import SystemClock


def show(target: Target, name: str, mlflow: str | None, output: Output) -> ExitCode:
    """`versions`."""
    names = names_of(target, name)
    found = Registry(mlflow).versions(names.registered_model)
    if output is Output.JSON:
        write_json([each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in found])
    else:
        draw(names, found, SystemClock().now(), console())
    return ExitCode.FINE


def draw(names: Names, versions: Sequence[VersionRecord], now: datetime, screen: Console) -> None:
    """Print a table, and below it why each version has its stage."""
    screen.print(Text(f"SensorModel {names.key}: versions of {names.registered_model}, newest first", style="bold"))
    drawn = table("version", "stage", "trained", names.metric.lower(), "trigger", "data", "gate", wraps="data")
    for each in versions:
        kpi = each.kpis.get(names.metric)
        drawn.add_row(
            str(each.version),
            Text(each.stage if each.complete else f"{each.stage}, incomplete", style=colour_of(each.stage)),
            f"{each.create_time:%Y-%m-%d %H:%MZ}",
            format_decimal(kpi) if kpi is not None else "-",
            each.trigger or "-",
            format_window(each.data_start, each.data_end) if each.data_start and each.data_end else "-",
            each.gate or "-",
        )
    screen.print(drawn)
    for each in versions:
        if each.since is not None:
            said = f"version {each.version}: {each.stage} since {moment(each.since, now)}, moved by {each.moved_by}"
            screen.print(Text(said, style="bold"))
            screen.print(Padding(Text(each.why), (0, 0, 0, 2), expand=False))
        if each.gate_message and each.gate_message not in each.why:
            screen.print(Text(f"version {each.version}: the gate said {each.gate}", style="bold"))
            screen.print(Padding(Text(each.gate_message), (0, 0, 0, 2), expand=False))

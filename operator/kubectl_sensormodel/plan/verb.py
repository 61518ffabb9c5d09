"""From the options of `plan` to an exit code."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.plan import page
from kubectl_sensormodel.plan.inputs import Inputs, from_cluster, from_files
from kubectl_sensormodel.plan.places import Recordings
from kubectl_sensormodel.plan.run import Wishes, make_plan
from kubectl_sensormodel.plan.versions import MlflowRecord, NoRecord
from kubectl_sensormodel.screen import console, write_json
from kubectl_sensormodel.verbs import Target
from model_operator.api.base import parse_duration

_DAYS: Final = re.compile(r"([0-9]{1,5})d")


class Options(NamedTuple):
    """As given on the command line."""

    policy: Path
    since: str
    models: tuple[str, ...]
    selector: str | None
    sensor_models: tuple[Path, ...]
    telemetry_roots: tuple[Path, ...]
    mlflow: str | None
    training_duration: str | None
    better: bool
    figure: Path | None
    output: Output


def plan(options: Options, target: Target) -> ExitCode:
    """Make the plan and show it."""
    wishes = Wishes(
        title=options.policy.name,
        since=duration(options.since, "--since"),
        duration=duration(options.training_duration, "--training-duration") if options.training_duration else None,
        better=options.better,
    )
    record = MlflowRecord(options.mlflow) if options.mlflow else NoRecord()
    recordings = Recordings(options.telemetry_roots)
    inputs = _inputs(options, target)
    made = make_plan(inputs, wishes, recordings, record)
    if options.output is Output.JSON:
        write_json(made.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        page.draw(made, console())
    if options.figure:
        from kubectl_sensormodel.plan.figure import draw, model_to_show  # noqa: PLC0415 - matplotlib takes a second

        shown = model_to_show(made)
        spec = next(model.spec for model in inputs.models if model.key == shown)
        draw(made, shown, recordings.of(spec.telemetry), options.figure)
        console(stderr=True).print(f"Figure: {options.figure}", soft_wrap=True)
    return ExitCode.FINE


def duration(text: str, option: str) -> timedelta:
    """A duration as Go writes it, or whole days as `30d`.

    Raises:
        PluginError: it is neither.
    """
    days = _DAYS.fullmatch(text)
    try:
        length = timedelta(days=int(days[1])) if days else parse_duration(text)
    except ValueError as error:
        raise PluginError(f"{option}: {error}, or 30d", code=ExitCode.USAGE) from error
    if length <= timedelta():
        raise PluginError(f"{option}: {text} is no time", code=ExitCode.USAGE)
    return length


def _inputs(options: Options, target: Target) -> Inputs:
    if options.sensor_models:
        if options.selector:
            raise PluginError(
                "--selector needs a cluster; with --sensor-model name models with --model", code=ExitCode.USAGE
            )
        return from_files(options.policy, options.sensor_models, options.models, target.namespace or "default")
    if options.models and options.selector:
        raise PluginError("either --model or --selector", code=ExitCode.USAGE)
    return from_cluster(target.connect(), options.policy, options.models, options.selector)

"""The command line of `plan`, declared with Typer; `kubectl_sensormodel.app` registers it."""

from pathlib import Path
from typing import Annotated

import typer

from kubectl_sensormodel.options import Context, Format, Kubeconfig, Namespace, Output


def plan_command(  # noqa: PLR0913, PLR0917 - a parameter for each option
    policy: Annotated[
        Path,
        typer.Option("--filename", "-f", help="File with the RetrainingPolicy to try.", exists=True, dir_okay=False),
    ],
    since: Annotated[
        str, typer.Option("--since", metavar="DURATION", help="How far back from the newest row, as 720h or 30d.")
    ] = "720h",
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="A SensorModel to replay; default: all that name the policy."),
    ] = None,
    selector: Annotated[
        str | None, typer.Option("--selector", "-l", metavar="LABELS", help="SensorModels with these labels instead.")
    ] = None,
    sensor_model: Annotated[
        list[Path] | None,
        typer.Option("--sensor-model", metavar="FILE", help="Files with SensorModels: plan without a cluster."),
    ] = None,
    telemetry_root: Annotated[
        list[Path] | None,
        typer.Option(
            "--telemetry-root", metavar="DIR", help="Where telemetry lies on this machine; default: as the URIs say."
        ),
    ] = None,
    mlflow: Annotated[
        str | None,
        typer.Option(
            "--mlflow",
            metavar="URI",
            envvar="MLFLOW_TRACKING_URI",
            help="MLflow server that knows the versions; default: no version is known.",
        ),
    ] = None,
    training_duration: Annotated[
        str | None,
        typer.Option(
            "--training-duration", metavar="DURATION", help="Of a training; default: the median of recorded ones."
        ),
    ] = None,
    assume_refused: Annotated[  # noqa: FBT002 - Typer's way of a flag
        bool, typer.Option("--assume-refused", help="Assume that the promotion gate refuses every retrained model.")
    ] = False,
    figure: Annotated[
        Path | None, typer.Option("--figure", metavar="PNG", help="Draw the plan into this file as well.")
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Try a policy on history before you apply it.

    Replays stored telemetry and versions through the operator's own decisions: how many trainings, when and why,
    beside the present policy, no policy, and a monthly schedule.
    """
    from kubectl_sensormodel.plan.verb import Options, plan  # noqa: PLC0415 - numpy and the decisions take a second
    from kubectl_sensormodel.verbs import Target  # noqa: PLC0415 - the same

    options = Options(
        policy=policy,
        since=since,
        models=tuple(model or ()),
        selector=selector,
        sensor_models=tuple(sensor_model or ()),
        telemetry_roots=tuple(telemetry_root or ()),
        mlflow=mlflow,
        training_duration=training_duration,
        better=not assume_refused,
        figure=figure,
        output=output,
    )
    raise typer.Exit(plan(options, Target(kubeconfig, context, namespace)))

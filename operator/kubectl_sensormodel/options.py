"""The options that verbs share, spelt and explained once. Names and short forms are kubectl's own."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Output(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"


Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="Namespace; default: that of the context."),
]
AllNamespaces = Annotated[bool, typer.Option("--all-namespaces", "-A", help="In every namespace.")]
Context = Annotated[
    str | None,
    typer.Option("--context", help="Context of the kubeconfig; default: the current one."),
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option("--kubeconfig", help="Kubeconfig file; default: KUBECONFIG, then ~/.kube/config."),
]
Format = Annotated[Output, typer.Option("--output", "-o", help="table or json.")]
ModelName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the SensorModel.", show_default=False)]
Mlflow = Annotated[
    str | None,
    typer.Option("--mlflow", metavar="URI", envvar="MLFLOW_TRACKING_URI", help="MLflow server that keeps the runs."),
]
ExperimentName = Annotated[
    str | None,
    typer.Option("--experiment", metavar="NAME", help="An experiment of MLflow instead of a SensorModel's."),
]
MetricConditions = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="CONDITION", help="Only runs with such a metric, as candidate_rmse<0.1; repeat."),
]
ParameterConditions = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="CONDITION", help="Only runs with such a parameter, as seed=7; repeat."),
]
TagConditions = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="CONDITION",
        help="Only runs with such a tag, as sensormodel.io/trigger=Drift; repeat.",
    ),
]
VersionNumber = Annotated[int | None, typer.Option("--version", min=1, help="Number of the version.")]
Pin = Annotated[
    bool,
    typer.Option("--pin", help="Write spec.productionVersion instead of asking once. GitOps tools put the spec back."),
]
Wait = Annotated[bool, typer.Option("--wait", help="Return when the operator has done it, or has refused.")]
Patience = Annotated[
    str, typer.Option("--timeout", metavar="DURATION", help="With --wait: wait at most this long, for example 2m.")
]

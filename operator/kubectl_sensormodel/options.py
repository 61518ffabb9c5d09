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

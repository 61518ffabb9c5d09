"""The command line of verbs about versions and stages, declared with Typer; `app.py` registers them."""

from typing import Annotated

import typer

from kubectl_sensormodel.options import (
    Context,
    Format,
    Kubeconfig,
    Mlflow,
    ModelName,
    Namespace,
    Output,
    Patience,
    Pin,
    VersionNumber,
    Wait,
)


def promote(
    name: ModelName,
    version: VersionNumber = None,
    *,
    pin: Pin = False,
    wait: Wait = False,
    timeout: Patience = "1m",
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Promote the version that awaits approval, or another.

    Asks the operator by annotation, once, and tells it who you are to the cluster. A version that is named is promoted
    whatever the gate said of it.
    """
    from kubectl_sensormodel import moving, verbs

    wishes = moving.Wishes(version=version, pin=pin, wait=wait, timeout=timeout)
    raise typer.Exit(moving.promote(verbs.Target(kubeconfig, context, namespace), name, wishes))


def rollback(
    name: ModelName,
    to: Annotated[int | None, typer.Option("--to", min=1, help="Version; default: who held Production before.")] = None,
    *,
    pin: Pin = False,
    wait: Wait = False,
    timeout: Patience = "1m",
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Go back to the Production version before, or another.

    A version that was rolled back from is never the default: rolling back twice goes two versions back.
    """
    from kubectl_sensormodel import moving, verbs

    wishes = moving.Wishes(version=to, pin=pin, wait=wait, timeout=timeout)
    raise typer.Exit(moving.roll_back(verbs.Target(kubeconfig, context, namespace), name, wishes))


def versions(
    name: ModelName,
    mlflow: Mlflow = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """List all versions, and why each stands where it does.

    Stage, since when and why, KPI, trigger, data, and what the gate said.
    """
    from kubectl_sensormodel import verbs, versions

    raise typer.Exit(versions.show(verbs.Target(kubeconfig, context, namespace), name, mlflow, output))


def lineage(
    name: ModelName,
    version: VersionNumber = None,
    mlflow: Mlflow = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Tell where a version comes from.

    Data, code, image, parameters, seed, trigger and Job, and what of it is not on record. Without --version that of
    the version in Production.
    """
    from kubectl_sensormodel import lineage, verbs

    raise typer.Exit(lineage.show(verbs.Target(kubeconfig, context, namespace), name, version, mlflow, output))

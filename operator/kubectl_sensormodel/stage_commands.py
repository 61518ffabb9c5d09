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


def reproduce(
    name: ModelName,
    version: Annotated[int, typer.Option("--version", min=1, help="Number of the version.")],
    timeout: Annotated[str, typer.Option("--timeout", metavar="DURATION", help="Follow it this long.")] = "6h",
    image: Annotated[str | None, typer.Option("--image", help="Trainer image; default: that of the version.")] = None,
    pod_mlflow: Annotated[
        str | None, typer.Option("--pod-mlflow", metavar="URI", help="MLflow as pods see it; default: as the last Job.")
    ] = None,
    service_account: Annotated[
        str | None, typer.Option("--service-account", metavar="NAME", help="Of the pod; default: as the last Job.")
    ] = None,
    mlflow: Mlflow = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Train a version again, and compare.

    Creates a Job with your own rights that registers nothing. The exit code is 0 for Same and WithinTolerance, 1 for
    Different, 4 when --timeout ran out; the Job then goes on.
    """
    from kubectl_sensormodel import reproducing, verbs
    from sensormodel.reproduction import Place

    place, target = Place(image, pod_mlflow, service_account), verbs.Target(kubeconfig, context, namespace)
    raise typer.Exit(reproducing.reproduce(target, name, version, place, mlflow, timeout, output))

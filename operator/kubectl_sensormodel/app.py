"""The command line: verbs, arguments and help, declared with Typer.

A verb's modules are imported when it runs, so that `--help` and completion stay fast. The functions here only hand
their arguments on.
"""

from typing import Annotated

import typer

from kubectl_sensormodel import run_commands, stage_commands
from kubectl_sensormodel.options import AllNamespaces, Context, Format, Kubeconfig, ModelName, Namespace, Output
from kubectl_sensormodel.plan.command import plan_command

app = typer.Typer(
    name="sensormodel",
    help="Ask why a sensor's model was or was not retrained, which version serves and where it comes from; ask for "
    "a training, a promotion, a rollback.\n\n"
    "Reads and patches the custom resources with your own rights, and reads MLflow. Exit codes: 0 fine, 1 not fine, "
    "2 usage, 3 no answer from cluster or MLflow or no such object, 4 timeout.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_EitherName = Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the SensorModel.", show_default=False)]
_PolicyName = Annotated[
    str | None, typer.Option("--policy", metavar="NAME", help="A RetrainingPolicy instead, with all its models.")
]


@app.command()
def why(
    name: ModelName,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Explain the last decision.

    Every gate and trigger with its number, limit and verdict, what comes next, and what you can do.
    """
    from kubectl_sensormodel import verbs

    raise typer.Exit(verbs.explain_decision(verbs.Target(kubeconfig, context, namespace), name, output))


@app.command()
def history(
    name: ModelName,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """List decisions and stage moves, newest first."""
    from kubectl_sensormodel import verbs

    raise typer.Exit(verbs.show_history(verbs.Target(kubeconfig, context, namespace), name, output))


@app.command()
def status(
    *,
    name: _EitherName = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every SensorModel of the namespace.")] = False,
    all_namespaces: AllNamespaces = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it until nothing goes on any more.")] = False,
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="DURATION", help="Watch at most this long, for example 30m.")
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.TABLE,
) -> None:
    """Show how models are, once or until they settle.

    The exit code is 0 when every model serves a Production version and nobody has to act, 1 when not, and 4 when
    --timeout ran out while a training was still due or running.
    """
    from kubectl_sensormodel import verbs

    raise typer.Exit(
        verbs.show_status(
            verbs.Target(kubeconfig, context, namespace),
            name,
            everyone=everyone,
            all_namespaces=all_namespaces,
            watching=verbs.Watching(watch=watch, timeout=timeout),
            output=output,
        )
    )


@app.command()
def retrain(
    name: ModelName,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the record; at most 200 characters.")
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Ask for a training now.

    The request passes cooldown and back-off, but not a suspension; it is acted on once.
    """
    from kubectl_sensormodel import verbs

    raise typer.Exit(verbs.retrain(verbs.Target(kubeconfig, context, namespace), name, reason))


@app.command()
def suspend(
    name: _EitherName = None,
    policy: _PolicyName = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Start nothing new for a model or a policy.

    A running Job finishes, and Production goes on serving.
    """
    from kubectl_sensormodel import verbs

    raise typer.Exit(verbs.set_suspended(verbs.Target(kubeconfig, context, namespace), name, policy, suspend=True))


@app.command()
def resume(
    name: _EitherName = None,
    policy: _PolicyName = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """End a suspension."""
    from kubectl_sensormodel import verbs

    raise typer.Exit(verbs.set_suspended(verbs.Target(kubeconfig, context, namespace), name, policy, suspend=False))


@app.command()
def lint(
    file: Annotated[
        list[str],
        typer.Option("--filename", "-f", metavar="FILE|DIR|-", help="What to check; may be given more than once."),
    ],
    output: Format = Output.TABLE,
) -> None:
    """Check files with the cluster's rules, offline.

    Fields, types and bounds, the CEL rules, hyperparameters, cron lines and time zones, and how the objects fit
    together. Objects of other kinds are left alone.
    """
    from kubectl_sensormodel.lint import verb

    raise typer.Exit(verb.lint(file, output))


app.command("promote")(stage_commands.promote)
app.command("rollback")(stage_commands.rollback)
app.command("versions")(stage_commands.versions)
app.command("lineage")(stage_commands.lineage)
app.command("reproduce")(stage_commands.reproduce)
app.command("runs")(run_commands.runs)
app.command("best")(run_commands.best)
app.command("compare")(run_commands.compare)
app.command("summary")(run_commands.summary)
app.add_typer(run_commands.experiments, name="experiments")
app.command("plan")(plan_command)

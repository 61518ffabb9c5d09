"""`kubectl sensormodel experiments`: list, create, archive, restore. Asks MLflow only."""

from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.screen import console, table, write_json
from sensormodel.experiments import Experiments


def show(mlflow: str | None, output: Output, *, archived: bool) -> ExitCode:
    """`experiments list`."""
    found = Experiments(mlflow).list(archived=archived)
    if output is Output.JSON:
        write_json([each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in found])
        return ExitCode.FINE
    drawn = table("name", "id", "created", wraps="name")
    for each in found:
        created = f"{each.create_time:%Y-%m-%d %H:%MZ}" if each.create_time else "-"
        drawn.add_row(each.name, each.experiment_id, created)
    console().print(drawn)
    return ExitCode.FINE


def create(mlflow: str | None, name: str) -> ExitCode:
    """`experiments create`."""
    made = Experiments(mlflow).create(name)
    return _tell(f"Experiment {name} is there; its id is {made.experiment_id}.")


def archive(mlflow: str | None, name: str) -> ExitCode:
    """`experiments archive`."""
    Experiments(mlflow).archive(name)
    again = f"kubectl sensormodel experiments restore {name}"
    return _tell(f"Experiment {name} is archived. Until `mlflow gc` removes it, bring it back with: {again}")


def restore(mlflow: str | None, name: str) -> ExitCode:
    """`experiments restore`."""
    Experiments(mlflow).restore(name)
    return _tell(f"Experiment {name} is restored.")


def _tell(text: str) -> ExitCode:
    console().print(text, soft_wrap=True)
    return ExitCode.FINE

"""`kubectl sensormodel reproduce`: start, follow, and say how far the result is the same."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.screen import console, table, write_json
from kubectl_sensormodel.verbs import Target
from model_contract.reproduction import Difference, ReproductionVerdict
from model_contract.result import ReproductionSucceeded
from model_operator.api.base import parse_duration
from sensormodel.registry import Registry
from sensormodel.reproduction import Place, Reproductions


def reproduce(
    target: Target, name: str, version: int, place: Place, mlflow: str | None, timeout: str, output: Output
) -> ExitCode:
    """`reproduce`."""
    try:
        patience = parse_duration(timeout)
    except ValueError as error:
        raise PluginError(f"--timeout: {error}", code=ExitCode.USAGE) from error
    reproductions = Reproductions(target.connect(), Registry(mlflow))
    job = reproductions.start(name, version, place)
    console(stderr=True).print(f"Job {job} trains version {version} again.", soft_wrap=True)
    found = reproductions.wait(job, patience)
    if output is Output.JSON:
        write_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        draw(found, console())
    return ExitCode.NOT_FINE if found.verdict is ReproductionVerdict.DIFFERENT else ExitCode.FINE


def draw(found: ReproductionSucceeded, screen: Console) -> None:
    """Print the verdict, and what is not as it was."""
    title = f"Version {found.version} of {found.registered_model}, trained again: "
    style = "red" if found.verdict is ReproductionVerdict.DIFFERENT else "green"
    screen.print(Text.assemble(title, (found.verdict, style)))
    _draw_differences(found.differences, screen)
    screen.print(f"The run of the reproduction is {found.run_id}.", soft_wrap=True)


def _draw_differences(differences: Sequence[Difference], screen: Console) -> None:
    if not differences:
        screen.print("Nothing that is on record differs.")
        return
    drawn = table("what differs", "was, and is", wraps="was, and is")
    for each in differences:
        drawn.add_row(each.kind, each.message)
    screen.print(drawn)

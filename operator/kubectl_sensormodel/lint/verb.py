"""From the options of `lint` to an exit code. Imports no client of Kubernetes: nothing is asked."""

from collections.abc import Sequence

from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.lint.command import check_files
from kubectl_sensormodel.options import Output
from kubectl_sensormodel.screen import console, write_json


def lint(names: Sequence[str], output: Output) -> ExitCode:
    """Check files and print what is wrong with them."""
    report = check_files(names)
    if output is Output.JSON:
        write_json([problem.model_dump(mode="json", by_alias=True) for problem in report.problems])
    else:
        screen = console()
        for problem in report.problems:
            screen.print(str(problem), soft_wrap=True)
        screen.print(report.summary, soft_wrap=True)
    return ExitCode.FINE if report.is_fine else ExitCode.NOT_FINE

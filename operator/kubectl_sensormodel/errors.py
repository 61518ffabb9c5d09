"""How a command ends: exit codes, and errors that are sentences for the person at the terminal.

`__main__` prints a `ClientError` and exits with its code; every other exception is a bug and shows its trace.
"""

from enum import IntEnum

from sensormodel.errors import ClientError, InvalidRequest, Refused, TimedOut


class ExitCode(IntEnum):
    """Exit codes of every verb; `docs/cli.md` explains them."""

    FINE = 0
    NOT_FINE = 1  # the answer is bad news: Stalled, not Ready, a file that the cluster would refuse, a request refused
    USAGE = 2  # Typer's own code for wrong options
    NO_ANSWER = 3  # the cluster or MLflow could not be asked, or has no such object
    TIMEOUT = 4  # --timeout ran out before the answer


class PluginError(ClientError):
    """An error of the plugin itself.

    Args:
        message: a sentence with the names that matter.
        remedy: what the person can do; empty when the message says it.
        code: exit code.
    """

    def __init__(self, message: str, remedy: str = "", *, code: ExitCode = ExitCode.NO_ANSWER) -> None:
        super().__init__(message, remedy)
        self.code = code


def code_of(error: ClientError) -> ExitCode:
    """The exit code of a command that ends with an error."""
    match error:
        case PluginError():
            return error.code
        case Refused():
            return ExitCode.NOT_FINE
        case InvalidRequest():
            return ExitCode.USAGE
        case TimedOut():
            return ExitCode.TIMEOUT
    return ExitCode.NO_ANSWER

"""Start of the program `kubectl-sensormodel`, which kubectl runs as `kubectl sensormodel`."""

import sys

from kubectl_sensormodel.app import app
from kubectl_sensormodel.errors import code_of
from sensormodel.errors import ClientError

PROGRAM = "kubectl sensormodel"


def main(arguments: list[str] | None = None) -> None:
    """Run one verb; an error becomes a sentence on the standard error and an exit code.

    Args:
        arguments: without the program's name; None: those of the command line.
    """
    try:
        app(args=arguments, prog_name=PROGRAM)
    except ClientError as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"{error.remedy}\n" if error.remedy else ""))
        sys.exit(code_of(error))


if __name__ == "__main__":
    main()

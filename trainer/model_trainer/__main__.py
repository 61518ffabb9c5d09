"""The trainer's command.

    python -m model_trainer                 as a Job does: the task is in the environment
    python -m model_trainer --task FILE     as a person does

It logs its first line before it imports anything that takes time; the rest is `job`'s.
"""

import argparse
import logging
import sys
from pathlib import Path

from model_trainer.logs import log_as_json

logger = logging.getLogger("model_trainer")


def main(arguments: list[str] | None = None) -> int:
    """Run one training; returns the exit code."""
    log_as_json()
    logger.info("the trainer starts")  # before the imports that take seconds
    parser = argparse.ArgumentParser(
        prog="model_trainer", description="Train one model for one sensor and register it."
    )
    parser.add_argument(
        "--task", type=Path, metavar="FILE", help="a TrainingTask as JSON; default: from the environment"
    )
    options = parser.parse_args(arguments)

    from model_trainer.interruption import Interruption  # noqa: PLC0415  the first line must not wait for imports
    from model_trainer.job import run_job  # noqa: PLC0415

    interruption = Interruption()
    interruption.listen()
    return run_job(options.task, interruption)


if __name__ == "__main__":
    sys.exit(main())

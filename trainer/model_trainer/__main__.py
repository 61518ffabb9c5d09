"""The trainer's command.

    python -m model_trainer                          as a Job does: train; the task is in the environment
    python -m model_trainer evaluate                 the same, to score a version
    python -m model_trainer reproduce                the same, to train a version again and compare
    python -m model_trainer [COMMAND] --task FILE    as a person does

Without a command it trains: Jobs of older operators name none. It logs its first line before it imports anything that
takes time; the rest is `job`'s.
"""

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

from model_trainer.logs import log_as_json

logger = logging.getLogger("model_trainer")


def main(arguments: list[str] | None = None) -> int:
    """Run one training, evaluation or reproduction; returns the exit code."""
    log_as_json()
    logger.info("the trainer starts")  # before the imports that take seconds

    from model_contract.task import TaskKind  # noqa: PLC0415
    from model_trainer.interruption import Interruption  # noqa: PLC0415
    from model_trainer.job import run_job  # noqa: PLC0415

    parser = argparse.ArgumentParser(
        prog="model_trainer",
        description="Train a model for one sensor and register it, score a registered one, or rebuild and compare it.",
    )
    parser.add_argument(
        "command", nargs="?", type=TaskKind, choices=list(TaskKind), default=TaskKind.TRAIN, help="default: train"
    )
    parser.add_argument("--task", type=Path, metavar="FILE", help="the task as JSON; default: from the environment")
    options = parser.parse_args(arguments)
    interruption = Interruption()
    interruption.listen()
    return run_job(options.command, options.task, interruption)


def leave(code: int) -> NoReturn:
    """End the process at once, with all that was said written out.

    Taking TensorFlow down in order would take more than a second. Nothing waits for it: files are closed, and what goes
    to MLflow has arrived or was given up.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())

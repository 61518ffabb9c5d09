"""From a task as text to an exit code: everything about a trainer Job that is neither training nor evaluation.

Called by `__main__`. Every error ends here: it becomes an outcome in the termination message and an exit code.
"""

import logging
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from model_contract.base import ContractModel
from model_contract.evaluation import EvaluationTask
from model_contract.keys import ENV_TASK, ExitCode
from model_contract.result import EvaluationSucceeded, FailureReason, TrainingFailed, TrainingSucceeded
from model_contract.task import TaskKind, TrainingTask
from model_trainer.errors import CannotWork, TrainingEnded
from model_trainer.interruption import Interruption
from model_trainer.outcome import failure, write_outcome
from model_trainer.settings import prepare_process, read_environment, termination_message_path

logger = logging.getLogger(__name__)

Task = TypeVar("Task", bound=ContractModel)


def run_job(kind: TaskKind, task_file: Path | None, interruption: Interruption) -> ExitCode:
    """Do what the file, else the environment, asks for; write the outcome and return the exit code.

    CANNOT_WORK where trying again would give the same; TRY_AGAIN for what may pass, and for a defect of the trainer.
    """
    outcome: TrainingSucceeded | EvaluationSucceeded | TrainingFailed
    try:
        outcome, code = _work(kind, task_file, interruption), ExitCode.SUCCESS
        said = {"model": outcome.registered_model, "version": outcome.version, "run_id": outcome.run_id}
        logger.info("a version is %s", "registered" if kind is TaskKind.TRAIN else "scored", extra=said)
    except TrainingEnded as ended:
        outcome = failure(ended)
        code = ExitCode.CANNOT_WORK if isinstance(ended, CannotWork) else ExitCode.TRY_AGAIN
        missing = "version" if kind is TaskKind.TRAIN else "score"
        logger.error("no %s: %s", missing, outcome.message, extra={"reason": outcome.reason})  # noqa: TRY400  no defect
    except Exception as error:
        logger.exception("the trainer has a defect")
        outcome = failure(TrainingEnded(FailureReason.INTERNAL_ERROR, f"{type(error).__name__}: {error}"))
        code = ExitCode.TRY_AGAIN
    write_outcome(outcome, termination_message_path())
    return code


def _work(
    kind: TaskKind, task_file: Path | None, interruption: Interruption
) -> TrainingSucceeded | EvaluationSucceeded:
    settings = read_environment()
    text = settings.task if task_file is None else _text(task_file)
    task = _task(TrainingTask, text) if kind is TaskKind.TRAIN else _task(EvaluationTask, text)
    prepare_process(settings)
    interruption.check()

    # Both import MLflow, which reads what was just prepared.
    if isinstance(task, TrainingTask):
        from model_trainer.pipeline import train  # noqa: PLC0415

        return train(task, settings, interruption)
    from model_trainer.evaluation import evaluate  # noqa: PLC0415

    return evaluate(task, settings, interruption)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotWork(FailureReason.INVALID_TASK, f"{file} cannot be read: {error}") from error


def _task(kind: type[Task], text: str | None) -> Task:
    if text is None:
        raise CannotWork(FailureReason.INVALID_TASK, f"there is no task: set {ENV_TASK}, or name a file with --task")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc']) or 'task'}: {detail['msg']}" for detail in error.errors()
        )
        raise CannotWork(FailureReason.INVALID_TASK, f"the task is no {kind.__name__}: {problems}") from error

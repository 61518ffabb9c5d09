"""From a task as text to an exit code: everything about a trainer Job besides the work itself.

Called by `__main__`. Every error ends here: it becomes an outcome in the termination message and an exit code.
"""

import errno
import logging
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from model_contract.base import ContractModel
from model_contract.evaluation import EvaluationTask
from model_contract.keys import ENV_TASK, ExitCode
from model_contract.reproduction import ReproductionTask
from model_contract.result import FailureReason, JobOutcome, Succeeded
from model_contract.task import TaskKind, TrainingTask
from model_trainer.errors import CannotWork, TrainingEnded, TryAgain
from model_trainer.interruption import Interruption
from model_trainer.outcome import failure, write_outcome
from model_trainer.settings import prepare_process, read_environment, termination_message_path

logger = logging.getLogger(__name__)

Task = TypeVar("Task", bound=ContractModel)
_DONE: Final = {
    TaskKind.TRAIN: "a version is registered",
    TaskKind.EVALUATE: "a version is scored",
    TaskKind.REPRODUCE: "a version is trained again",
}
_MISSING: Final = {TaskKind.TRAIN: "version", TaskKind.EVALUATE: "score", TaskKind.REPRODUCE: "reproduction"}


def run_job(kind: TaskKind, task_file: Path | None, interruption: Interruption) -> ExitCode:
    """Do what the file, else the environment, asks for; write the outcome and return the exit code.

    CANNOT_WORK where trying again would give the same; TRY_AGAIN for what may pass, and for a defect of the trainer.
    """
    outcome: JobOutcome
    try:
        outcome, code = _work(kind, task_file, interruption), ExitCode.SUCCESS
        said = {"model": outcome.registered_model, "version": outcome.version, "run_id": outcome.run_id}
        logger.info("%s", _DONE[kind], extra=said)
    except Exception as error:
        ended = _end_of(error)
        outcome = failure(ended)
        code = ExitCode.CANNOT_WORK if isinstance(ended, CannotWork) else ExitCode.TRY_AGAIN
        if ended.reason is FailureReason.INTERNAL_ERROR:
            logger.exception("the trainer has a defect")
        else:
            logger.error("no %s: %s", _MISSING[kind], outcome.message, extra={"reason": outcome.reason})  # noqa: TRY400
    write_outcome(outcome, termination_message_path())
    return code


def _end_of(error: Exception) -> TrainingEnded:
    """What an error means for the Job; one that nobody has expected is a defect of the trainer."""
    match error:
        case TrainingEnded():
            return error
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG):
            message = f"a file cannot be written: {error}. The scratch volume needs more room"
            return TryAgain(FailureReason.DISK_FULL, message)
        case MemoryError():
            message = f"{error or 'memory does not suffice'}: raise the memory limit, or shorten the look-back"
            return CannotWork(FailureReason.OUT_OF_MEMORY, message)
        case _:
            return TrainingEnded(FailureReason.INTERNAL_ERROR, f"{type(error).__name__}: {error}")


def _work(kind: TaskKind, task_file: Path | None, interruption: Interruption) -> Succeeded:
    settings = read_environment()
    text = settings.task if task_file is None else _text(task_file)
    match kind:  # what each imports brings MLflow, which reads what is prepared before
        case TaskKind.TRAIN:
            training = _task(TrainingTask, text)
            prepare_process(settings)
            from model_trainer.pipeline import train  # noqa: PLC0415

            return train(training, settings, interruption)
        case TaskKind.EVALUATE:
            evaluation = _task(EvaluationTask, text)
            prepare_process(settings)
            from model_trainer.evaluation import evaluate  # noqa: PLC0415

            return evaluate(evaluation, settings, interruption)
        case TaskKind.REPRODUCE:
            reproduction = _task(ReproductionTask, text)
            prepare_process(settings)
            from model_trainer.reproduction import reproduce  # noqa: PLC0415

            return reproduce(reproduction, settings, interruption)


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

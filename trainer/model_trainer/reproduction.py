"""One reproduction, told in order: read the version's lineage, pin the task with it, train, compare, say how it ended.

Called by `job`. The same functions as in `pipeline` read, fit and judge, so what differs is what has changed since.
Nothing is registered, and the version's own run is only read.
"""

import logging
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from model_contract.hyperparameters import HyperParameters, hyperparameter_names
from model_contract.keys import Subject
from model_contract.progress import TrainingStep
from model_contract.reproduction import ReproductionTask
from model_contract.result import ReproductionSucceeded
from model_trainer import record
from model_trainer.artifacts import write_lineage, write_reproduction
from model_trainer.courier import Courier
from model_trainer.interruption import Interruption
from model_trainer.judged import judged_training
from model_trainer.lineage import Lineage, lineage_of, lineage_tags, pinned
from model_trainer.metrics import assessment_metrics
from model_trainer.pipeline import checked_hyperparameters, fit, load
from model_trainer.progress import Progress
from model_trainer.resources import resource_metrics
from model_trainer.rivals import judge
from model_trainer.sameness import differences, verdict
from model_trainer.settings import Settings, prepare_process
from model_trainer.tracking.reproductions import ReproductionTracker

logger = logging.getLogger(__name__)

_ONEDNN: Final = "TF_ENABLE_ONEDNN_OPTS"


def reproduce(task: ReproductionTask, settings: Settings, interruption: Interruption) -> ReproductionSucceeded:
    """Train a version again and say how far it is the same.

    Raises:
        CannotWork: there is no such version, it has no lineage, or its telemetry or hyperparameters do not work today.
        TryAgain: MLflow or the file system does not answer, or the pod is told to stop.
    """
    started = time.monotonic()
    tracker = ReproductionTracker(task, settings, interruption)
    original = tracker.lineage()
    settings = as_then(settings, original)
    hyperparameters, unpinned = pinned_hyperparameters(original)
    pinned_task = original.pinned_task
    with tracker.run() as run, Courier() as courier, TemporaryDirectory() as scratch:
        progress = Progress(run, courier, interruption, began=started)
        progress.begin(TrainingStep.READING)
        held_out = load(pinned_task, hyperparameters)
        run.log_parameters(record.parameters(pinned_task, hyperparameters, settings.threads))
        run.log_dataset(record.dataset_record(pinned_task, held_out.telemetry), "training")
        progress.begin(TrainingStep.FITTING)
        model = fit(pinned_task, hyperparameters, held_out, settings.threads, progress)
        progress.begin(TrainingStep.JUDGING)
        assessments = judge(model, hyperparameters, held_out)
        candidate = assessments[Subject.CANDIDATE]
        again = lineage_of(pinned_task, hyperparameters, settings, held_out, model.network.get_weights(), candidate)
        ended = ReproductionSucceeded(
            run_id=run.run_id,
            registered_model=task.registered_model,
            version=task.reproduces.version,
            verdict=verdict(original, again),
            differences=differences(original, again, unpinned),
        )
        judged = judged_training(task.sensor_id, held_out, assessments, None, None)
        progress.begin(TrainingStep.REGISTERING)
        folder = Path(scratch, "artifacts")
        environment = record.environment(settings.threads, settings.pod_name)
        write_reproduction(folder, task, pinned_task, ended, judged, progress.epochs, environment)
        write_lineage(folder, again)
        run.log_folder(folder)
        run.set_tags(
            record.data_tags(held_out.telemetry) | lineage_tags(again) | record.reproduction_result_tags(ended)
        )
        run.set_tags(record.note_tags(record.why_reproduced(task), record.reproduction_summary(ended)))
        run.log_metrics(assessment_metrics(assessments))
        progress.done()
        run.log_metrics(resource_metrics(progress.seconds, time.monotonic() - started))
        run.flush()
    tracker.finish(run)
    return ended


def as_then(settings: Settings, original: Lineage) -> Settings:
    """The settings with what the version was computed with; to be called before TensorFlow is imported."""
    then = original.environment
    onednn = then.variables.get(_ONEDNN, "0") == "1"
    settings = settings.model_copy(update={"threads": then.threads, "onednn": onednn})
    prepare_process(settings)
    return settings


def pinned_hyperparameters(original: Lineage) -> tuple[HyperParameters, list[str]]:
    """The hyperparameters of the version, and what became of those that this release does not know, or did not then.

    Raises:
        CannotWork: a value is not valid any more.
    """
    model_type, then = original.task.model_type, original.hyperparameters
    known = set(hyperparameter_names(model_type))
    hyperparameters = checked_hyperparameters(
        model_type, {name: value for name, value in then.items() if name in known}
    )
    new = [f"{name} is new, {value} by default" for name, value in pinned(hyperparameters).items() if name not in then]
    gone = [f"{name}, {value} then, is no more" for name, value in then.items() if name not in known]
    return hyperparameters, [*new, *gone]

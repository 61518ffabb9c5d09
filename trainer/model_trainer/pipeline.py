"""One training, told in order: look for an earlier attempt, load, split, fit, judge, compare, record, register.

Called by `__main__`, which turns its end into an outcome. TensorFlow is imported only when a model is fitted.
"""

import logging
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from model_contract.drift import DriftProfile
from model_contract.hyperparameters import HyperParameters, validate_hyperparameters
from model_contract.keys import Subject
from model_contract.progress import TrainingStep
from model_contract.result import FailureReason, TrainingSucceeded
from model_contract.task import ModelType, TrainingTask
from model_trainer import record
from model_trainer.artifacts import write_lineage, write_training
from model_trainer.assessment import Assessment, HeldOut
from model_trainer.checkpoints import Checkpoints, origin_of
from model_trainer.courier import Courier
from model_trainer.data.cleaning import clean
from model_trainer.data.labels import read_labels
from model_trainer.data.scaling import fit_scaling
from model_trainer.data.sources import read_readings
from model_trainer.data.split import require_enough, split_by_time
from model_trainer.errors import CannotWork
from model_trainer.forecasting import Predictor, one_step_forecast
from model_trainer.horizon import horizon_metrics
from model_trainer.interruption import Interruption
from model_trainer.judged import judged_training
from model_trainer.lineage import lineage_of, lineage_tags
from model_trainer.metrics import assessment_metrics, comparison_metrics
from model_trainer.models.fitted import FittedModel
from model_trainer.profile import drift_profile, reference_rows
from model_trainer.progress import Progress
from model_trainer.resources import resource_metrics
from model_trainer.rivals import compare_with_champion, judge
from model_trainer.settings import Settings
from model_trainer.tracking.flavour import ModelCard
from model_trainer.tracking.tracker import Tracker

logger = logging.getLogger(__name__)


def train(task: TrainingTask, settings: Settings, interruption: Interruption) -> TrainingSucceeded:
    """Train, judge and register one version; or return the one that this Job has registered before.

    Raises:
        CannotWork: the task, its data or its hyperparameters are at fault, or another SensorModel owns the name.
        TryAgain: MLflow or the file system does not answer, or the pod is told to stop.
    """
    started = time.monotonic()
    hyperparameters = checked_hyperparameters(task.model_type, task.hyperparameters)
    tracker = Tracker(task, settings, interruption)
    if earlier := tracker.finished():
        logger.info("this Job has registered a version before", extra={"version": earlier.version})
        return earlier
    with tracker.run() as run, Courier() as courier, TemporaryDirectory() as scratch:
        progress = Progress(run, courier, interruption, began=started)
        progress.begin(TrainingStep.READING)
        held_out = load(task, hyperparameters)
        tracker.claim_model()
        run.log_parameters(record.parameters(task, hyperparameters, settings.threads))
        run.log_dataset(record.dataset_record(task, held_out.telemetry), "training")
        origin = origin_of(task, held_out.telemetry.digest)
        with Checkpoints(run, origin, progress, courier, every=settings.checkpoint_seconds) as checkpoints:
            progress.begin(TrainingStep.FITTING)
            model = fit(task, hyperparameters, held_out, settings.threads, progress, checkpoints)
            progress.begin(TrainingStep.JUDGING)
            assessments = judge(model, hyperparameters, held_out)
            comparison = compare_with_champion(task, tracker.champion(), hyperparameters, held_out, assessments)
            candidate, folder = assessments[Subject.CANDIDATE], Path(scratch, "artifacts")
            environment = record.environment(settings.threads, settings.pod_name) | {"device": fitted_on()}
            profile = profile_with_errors(task, model, hyperparameters, held_out, candidate)
            judged = judged_training(task.sensor_id, held_out, assessments, task.champion_version, comparison)
            logger.info("%s", judged.summary)
            progress.begin(TrainingStep.REGISTERING)
            weights = model.network.get_weights()
            lineage = lineage_of(task, hyperparameters, settings, held_out, weights, candidate)
            artifacts = write_training(folder, task, judged, progress.epochs, profile, environment)
            write_lineage(folder, lineage)
            run.log_folder(folder)
            tags = record.data_tags(held_out.telemetry) | record.held_out_tags(held_out.telemetry, held_out.split)
            tags |= record.comparison_tags(task, comparison) | lineage_tags(lineage) | artifacts
            note = record.note_tags(record.why_trained(task), judged.summary)
            run.set_tags(tags | record.environment_tags(environment) | note)
            run.log_metrics(assessment_metrics(assessments) | comparison_metrics(comparison))
            card = _card(held_out, hyperparameters)
            for step, metrics in horizon_metrics(Subject.CANDIDATE, model, card, hyperparameters, held_out):
                run.log_metrics(metrics, step)
            version = tracker.register(run, model.network, card, Path(scratch, "model"), tags)
        progress.done()
        run.log_metrics(resource_metrics(progress.seconds, time.monotonic() - started))
        run.flush()
        return tracker.complete(run, version)


def checked_hyperparameters(model_type: ModelType, given: dict[str, str]) -> HyperParameters:
    """The complete hyperparameters of a task.

    Raises:
        CannotWork: a name is unknown or a value out of bounds.
    """
    try:
        return validate_hyperparameters(model_type, given)
    except ValueError as error:
        raise CannotWork(FailureReason.INVALID_HYPERPARAMETER, str(error)) from error


def load(task: TrainingTask, hyperparameters: HyperParameters) -> HeldOut:
    """Clean telemetry of the window, split by time, with the scale of its training rows and the known anomalies."""
    telemetry = clean(read_readings(task.telemetry, task.window), task.telemetry.sampling_interval_seconds)
    split = split_by_time(telemetry.rows)
    require_enough(split, telemetry.segments, hyperparameters.n_predictions)
    labels = None if task.telemetry.labels_uri is None else read_labels(task.telemetry.labels_uri)
    logger.info(
        "telemetry read",
        extra={
            "rows": telemetry.rows,
            "columns": len(telemetry.columns),
            "segments": len(telemetry.segments),
            "duplicates_dropped": telemetry.duplicates_dropped,
            "readings_filled": telemetry.readings_filled,
            "digest": telemetry.digest,
        },
    )
    return HeldOut(
        telemetry=telemetry,
        split=split,
        scaling=fit_scaling(telemetry.values[: split.train.stop], telemetry.boolean),
        labelled=None if labels is None else labels.at(telemetry.times),
        thresholding=hyperparameters,
    )


def fit(
    task: TrainingTask,
    hyperparameters: HyperParameters,
    held_out: HeldOut,
    threads: int,
    progress: Progress,
    checkpoints: Checkpoints | None = None,
) -> FittedModel:
    """The fitted model."""
    from model_trainer.models.registry import fit_model  # noqa: PLC0415  imports TensorFlow

    return fit_model(
        held_out.telemetry,
        held_out.split,
        held_out.scaling,
        hyperparameters,
        progress,
        seed=task.seed,
        threads=threads,
        keeper=checkpoints,
    )


def fitted_on() -> str:
    """The device that the model was fitted on."""
    from model_trainer.models.device import device_name  # noqa: PLC0415  imports TensorFlow

    return device_name()


def profile_with_errors(
    task: TrainingTask,
    model: Predictor,
    hyperparameters: HyperParameters,
    held_out: HeldOut,
    candidate: Assessment,
) -> DriftProfile | None:
    """The drift profile with the model's errors on the whole reference; None where that is too short for one."""
    telemetry = held_out.telemetry
    earlier = range(reference_rows(telemetry, task.drift).start, held_out.forecast_rows.start)
    forecast = candidate.forecast
    if earlier:
        shape = (hyperparameters.sequence_length, hyperparameters.hop)
        before = one_step_forecast(model, telemetry.columns, telemetry, earlier, *shape).values
        forecast = np.where(np.isnan(forecast), before, forecast)
    return drift_profile(telemetry, task.drift, held_out.signal - forecast, held_out.split.train.stop)


def _card(held_out: HeldOut, hyperparameters: HyperParameters) -> ModelCard:
    return ModelCard(
        columns=held_out.telemetry.columns,
        horizon=hyperparameters.n_predictions,
        sampling_seconds=held_out.telemetry.sampling_seconds,
        sequence_length=hyperparameters.sequence_length,
        signal_centre=float(held_out.scaling.centre[0]),
        signal_half_range=float(held_out.scaling.half_range[0]),
        quantiles=hyperparameters.quantiles,
        outputs=hyperparameters.outputs,
    )

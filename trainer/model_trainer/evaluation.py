"""One evaluation, told in order: look for an earlier attempt, load the version, read, score, record.

Called by `job`, which turns its end into an outcome. The version is scored as a candidate is when it is trained: the
same one-step forecasts, thresholds and KPIs, on the window that the task names.
"""

import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from model_contract.drift import DriftProfile
from model_contract.evaluation import EvaluationRecord, EvaluationTask, PredecessorScore, ResidualView
from model_contract.hyperparameters import HyperParameters
from model_contract.keys import Kpi, Subject
from model_contract.result import EvaluationSucceeded, FailureReason
from model_trainer import record
from model_trainer.artifacts import write_evaluation
from model_trainer.assessment import Assessment, HeldOut, assess, assess_forecast
from model_trainer.errors import CannotWork
from model_trainer.evaluated import Evaluated, read_evaluated
from model_trainer.forecasting import one_step_forecast
from model_trainer.horizon import horizon_metrics
from model_trainer.interruption import Interruption
from model_trainer.judged import judged_evaluation
from model_trainer.metrics import assessment_metrics
from model_trainer.models.linear import last_value
from model_trainer.numbers import six_digits
from model_trainer.pipeline import checked_hyperparameters
from model_trainer.predecessor import score_predecessor
from model_trainer.residuals import residual_views
from model_trainer.resources import resource_metrics
from model_trainer.settings import Settings
from model_trainer.tracking.evaluations import EvaluationTracker
from model_trainer.tracking.flavour import RegisteredModel

logger = logging.getLogger(__name__)


def evaluate(task: EvaluationTask, settings: Settings, interruption: Interruption) -> EvaluationSucceeded:
    """Score one version and leave the record in its tag; or return what this Job has left there before.

    Raises:
        CannotWork: the task, its data or the version are at fault, or another SensorModel owns the registered model.
        TryAgain: MLflow or the file system does not answer, or the pod is told to stop.
    """
    started = time.monotonic()
    hyperparameters = checked_hyperparameters(task.model_type, task.hyperparameters)
    tracker = EvaluationTracker(task, settings, interruption)
    if earlier := tracker.finished():
        logger.info("this evaluation is recorded already", extra={"run_id": earlier.run_id})
        return earlier
    model = load_model(tracker, task, settings)
    evaluated = read_evaluated(task, hyperparameters, model.card)
    assessments = score(model, hyperparameters, evaluated.held_out)
    before = beside_predecessor(tracker, task, hyperparameters, evaluated.held_out, assessments)
    with TemporaryDirectory() as scratch, tracker.run() as run:
        run.log_parameters(record.evaluation_parameters(task, hyperparameters, settings.threads))
        run.log_dataset(record.dataset_record(task, evaluated.held_out.telemetry), "evaluation")
        profile, folder = tracker.drift_profile(Path(scratch)), Path(scratch, "artifacts")
        champion = assessments[Subject.CHAMPION]
        found = evaluation_record(task, evaluated, champion, profile, run_id=run.run_id, job_uid=tracker.job_uid)
        found = found.model_copy(update={"predecessor": before})
        environment = record.environment(settings.threads, settings.pod_name)
        judged = judged_evaluation(task, evaluated.held_out, assessments)
        logger.info("%s", judged.summary)
        write_evaluation(folder, task, found, judged, profile, environment)
        run.log_folder(folder)
        note = record.note_tags(record.why_evaluated(task), judged.summary)
        run.set_tags(record.data_tags(evaluated.held_out.telemetry) | record.environment_tags(environment) | note)
        run.log_metrics(assessment_metrics(assessments) | {"rows": found.rows})
        for step, metrics in horizon_metrics(Subject.CHAMPION, model, model.card, hyperparameters, evaluated.held_out):
            run.log_metrics(metrics, step)
        run.log_metrics(resource_metrics({}, time.monotonic() - started))
        run.flush()
        return tracker.keep(found)


def load_model(tracker: EvaluationTracker, task: EvaluationTask, settings: Settings) -> RegisteredModel:
    """The version that is scored."""
    from model_trainer.models.fitting import prepare_tensorflow  # noqa: PLC0415  imports TensorFlow

    prepare_tensorflow(task.seed, settings.threads)
    return tracker.model


def score(model: RegisteredModel, hyperparameters: HyperParameters, held_out: HeldOut) -> dict[Subject, Assessment]:
    """The version and the naive forecast, assessed on the same rows.

    Raises:
        CannotWork: the version's forecasts are not finite.
    """
    telemetry = held_out.telemetry
    shape = (hyperparameters.sequence_length, hyperparameters.hop, hyperparameters.aggregation)
    naive = last_value(held_out.signal, telemetry.segments)
    forecast = one_step_forecast(model, model.columns, telemetry, held_out.forecast_rows, *shape)
    lost = np.isfinite(naive) & ~np.isfinite(forecast.values)
    if count := int(lost[held_out.forecast_rows.start :].sum()):
        raise CannotWork(
            FailureReason.VERSION_UNUSABLE, f"{count} forecasts of the version are not finite, though its inputs are"
        )
    return {Subject.CHAMPION: assess_forecast(forecast, held_out), Subject.NAIVE: assess(naive, held_out)}


def beside_predecessor(
    tracker: EvaluationTracker,
    task: EvaluationTask,
    hyperparameters: HyperParameters,
    held_out: HeldOut,
    assessments: dict[Subject, Assessment],
) -> PredecessorScore | None:
    """How the predecessor does beside the version, its assessment added to the others; None where the task has none."""
    if task.predecessor is None:
        return None
    scored = score_predecessor(
        task.predecessor, tracker.predecessor, hyperparameters, held_out, assessments[Subject.CHAMPION], seed=task.seed
    )
    if scored.assessment:
        assessments[Subject.PREDECESSOR] = scored.assessment
    return scored.score


def evaluation_record(
    task: EvaluationTask,
    evaluated: Evaluated,
    champion: Assessment,
    profile: DriftProfile | None,
    *,
    run_id: str,
    job_uid: str,
) -> EvaluationRecord:
    """What is kept with the version; numbers have six digits, because there is little room."""
    held_out = evaluated.held_out
    errors = held_out.signal - champion.forecast
    views = () if profile is None else residual_views(profile, held_out.telemetry.times, errors, task.window)
    counts = champion.counts
    return EvaluationRecord(
        time=datetime.now(UTC).replace(microsecond=0),
        run_id=run_id,
        job_uid=job_uid,
        evaluation_id=task.evaluation_id,
        window=task.window,
        rows=int(np.isfinite(errors[held_out.split.test.start :]).sum()),
        labels_digest=evaluated.labels_digest,
        anomalies=evaluated.anomalies,
        kpis={kpi: six_digits(value) for kpi, value in champion.kpis.items()},
        confusion=counts and (counts.true_positives, counts.false_positives, counts.false_negatives),
        undetermined=evaluated.undetermined or _undefined(champion.kpis),
        residuals=tuple(_short_view(view) for view in views),
    )


def _undefined(kpis: dict[Kpi, float]) -> str | None:
    """Why a KPI is missing though anomalies are known."""
    if Kpi.PRECISION not in kpis:
        return "the version reported no anomaly in the window, so there is no precision"
    if Kpi.ROC_AUC not in kpis:
        return "every row of the window belongs to a known anomaly, so there is no ROC-AUC"
    return None


def _short_view(view: ResidualView) -> ResidualView:
    numbers = {name: six_digits(value) for name, value in view if isinstance(value, float)}
    return view.model_copy(update=numbers)

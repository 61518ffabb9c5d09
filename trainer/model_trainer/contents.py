"""What the report of a run tells: how good the model is beside its rivals, what figures show, what it was made of."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from model_contract.evaluation import EvaluationTask
from model_contract.keys import Kpi
from model_contract.task import TrainingTask
from model_trainer.assessment import Assessment, HeldOut
from model_trainer.comparison import Comparison
from model_trainer.judged import BASELINE, Judged
from model_trainer.kpis import SMALLEST_FOR_MAPE
from model_trainer.report import Facts, Numbers, Picture

_NAMES: Final = {Kpi.MAPE: "MAPE (%)", Kpi.R2: "R²", Kpi.ROC_AUC: "ROC-AUC"}
_NONE: Final = "\N{EN DASH}"
_RIDGE: Final = "Ridge AR regresses on the ten rows before, ridge ARX also on the other columns. "
_MAPE: Final = f"MAPE leaves out values nearer to zero than {SMALLEST_FOR_MAPE:g}. "
_CAPTIONS: Final = {
    "telemetry": (
        "Telemetry and forecast",
        "One-step forecasts beside what came. Orange: found anomalies; green bar at the top: known ones.",
    ),
    "errors": (
        "Error and threshold",
        "Smoothed forecast error and the dynamic thresholds that judged it. Beyond lies an anomaly, unless pruned.",
    ),
    "rivals": (
        "Beside its rivals",
        "Left: when the one or the other errs less. Right: all over the window; the champion's with an interval.",
    ),
    "residuals": (
        "Residuals",
        "Telemetry minus forecast over time, and its distribution beside that of the version's drift reference.",
    ),
    "detection": (
        "Detection",
        "How alarms trade against missed anomalies, by rows; and what the dynamic thresholds found, by anomalies.",
    ),
    "losses": (
        "Fit",
        "Loss of each epoch on scaled values. The weights that were kept are the average over the newest epochs.",
    ),
}


def contents(
    task: TrainingTask | EvaluationTask, judged: Judged, figures: Path, environment: Mapping[str, Any]
) -> Iterator[Numbers | Facts | Picture]:
    """The parts of a report, the most asked for first."""
    yield _results(judged)
    if judged.comparison is not None:
        yield Facts("Comparison with the champion", _comparison(judged.comparison))
    for stem, (title, caption) in _CAPTIONS.items():
        yield Picture(title, figures / f"{stem}.png", caption)
    yield Facts("Telemetry", _telemetry(task, judged.held_out))
    yield Facts("Task", _task(task))
    packages = ", ".join(f"{name} {number}" for name, number in environment["packages"].items())
    known = [(name, str(value)) for name, value in environment.items() if name != "packages" and value is not None]
    yield Facts("Environment", [*known, ("packages", packages)])


def _results(judged: Judged) -> Numbers:
    columns = {judged.name: judged.own} | dict(reversed(list(judged.rivals.items())))
    subjects = list(columns.values())
    rows = [
        [_NAMES.get(kpi, kpi.value), *(_number(subject.kpis.get(kpi)) for subject in subjects)]
        for kpi in Kpi
        if any(kpi in subject.kpis for subject in subjects)
    ]
    if judged.own.pr_auc is not None:
        rows.append(["PR-AUC", *(_number(subject.pr_auc) for subject in subjects)])
    rows.append(["rows flagged (%)", *(_number(subject.flagged_percent) for subject in subjects)])
    if judged.own.counts is not None:
        rows.append(["anomalies found / missed / false alarms", *(_counts(subject) for subject in subjects)])
    test = judged.held_out.split.test
    times = judged.held_out.telemetry.times
    mape = _MAPE if any(Kpi.MAPE in subject.kpis for subject in subjects) else ""
    ridge = _RIDGE if BASELINE in judged.rivals else ""
    return Numbers(
        "Results",
        ("", *columns),
        rows,
        f"All on the same {len(test)} rows, {_time(times[test.start])} to {_time(times[-1])}, none of them learnt. "
        f"{mape}{ridge}Detection counts anomalies by overlap, without point adjustment.",
    )


def _counts(subject: Assessment) -> str:
    found = subject.counts
    return f"{found.true_positives} / {found.false_negatives} / {found.false_positives}" if found else _NONE


def _comparison(comparison: Comparison) -> Iterator[tuple[str, str]]:
    yield "verdict", comparison.verdict
    if comparison.improvement_percent is not None:
        interval = f"95 % interval {comparison.lower_percent:+.1f} to {comparison.upper_percent:+.1f} %"
        yield "lower RMSE", f"{comparison.improvement_percent:+.1f} %, {interval} (paired block bootstrap)"


def _telemetry(task: TrainingTask | EvaluationTask, held_out: HeldOut) -> Iterator[tuple[str, str]]:
    telemetry, split = held_out.telemetry, held_out.split
    yield "source", task.telemetry.uri
    yield "window", f"{telemetry.start:%Y-%m-%d %H:%M} to {telemetry.end:%Y-%m-%d %H:%M} UTC"
    yield "rows", f"{telemetry.rows}, one every {telemetry.sampling_seconds:g} s"
    yield "parts", f"{len(split.train)} before, {len(split.validation)} for validation, {len(split.test)} judged"
    yield "stretches without a gap", str(len(telemetry.segments))
    yield "readings filled in", str(telemetry.readings_filled)
    yield "duplicates dropped", str(telemetry.duplicates_dropped)
    yield "columns", ", ".join(telemetry.columns)
    yield "labels", task.telemetry.labels_uri or "none"
    yield "sha256", telemetry.digest


def _task(task: TrainingTask | EvaluationTask) -> Iterator[tuple[str, str]]:
    model = task.sensor_model
    yield "SensorModel", f"{model.namespace}/{model.name}"
    yield "model type", task.model_type
    yield "registered model", task.registered_model
    yield "seed", str(task.seed)
    given = ", ".join(f"{name} = {value}" for name, value in task.hyperparameters.items())
    yield "hyperparameters given", given or "none: all as by default"


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.4g}"


def _time(time: Any) -> str:
    return str(time.astype("datetime64[m]")).replace("T", " ")

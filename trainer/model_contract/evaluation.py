"""What the operator asks of the trainer to score a version that serves, and what comes back.

The operator builds an `EvaluationTask`, `model_trainer` reads it, logs a run with KPIs and figures, and leaves one
`EvaluationRecord` in the tag `Tag.EVALUATIONS` of the version. The operator judges by that record, never by the pod's
word.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from model_contract.base import ContractModel, Instant
from model_contract.keys import ComparisonVerdict, Kpi
from model_contract.task import DriftWindows, ModelType, SensorModelIdentity, TelemetrySource

MOST_EVALUATIONS: Final = 6  # kept with a version, the newest
MOST_CHARACTERS: Final = 4_999  # of the tag that keeps them: MLflow 3.17 takes 100,000, older servers 5,000


class EvaluatedWindow(ContractModel):
    """The telemetry that is scored: start <= timestamp < end. What lies before may be read as history."""

    start: Instant
    end: Instant


class EvaluationTask(ContractModel):
    """One evaluation of one version on one window; the same task on the same data gives the same numbers."""

    schema_version: Literal["1"] = "1"
    evaluation_id: str
    attempt: Annotated[int, Field(ge=1)] = 1
    sensor_model: SensorModelIdentity
    sensor_id: str
    model_type: ModelType
    telemetry: TelemetrySource
    window: EvaluatedWindow
    drift: DriftWindows
    hyperparameters: Annotated[
        dict[str, str], Field(default_factory=dict, description="As in the spec: thresholds and sequence length.")
    ]
    seed: int = 7
    experiment: str
    registered_model: str
    version: Annotated[int, Field(ge=1, description="The version that is scored.")]
    predecessor: Annotated[
        int | None,
        Field(ge=1, description="A version that is scored on the same rows and compared with it; None: no other."),
    ] = None
    labels_digest: Annotated[
        str | None, Field(description="Of the labels as the operator saw them; None: it saw none.")
    ] = None
    message: Annotated[str, Field(description="Why the evaluation was asked for.")] = ""


class ResidualView(ContractModel):
    """The residual view of drift by the served model's own one-step errors, for one window.

    The numbers are those of `drift.ViewResult`: the statistic of the window beside that of the reference's own windows.
    """

    profile_digest: str
    window_end: Instant
    statistic: float
    reference_mean: float
    reference_sd: float
    reference_max: float
    p: Annotated[float, Field(ge=0, le=1, description="Before the correction for three views.")]


class PredecessorScore(ContractModel):
    """How the version that served before did on the same rows, beside the version that is scored."""

    version: int
    kpis: dict[Kpi, float] = Field(default_factory=dict)  # finite ones only; empty: it could not be scored
    verdict: ComparisonVerdict  # Better: the predecessor forecasts better than the version that is scored
    improvement_percent: float | None = None  # of the predecessor's RMSE over that of the version; None: undefined
    interval_percent: tuple[float, float] | None = None  # 95 %, of the paired block bootstrap
    problem: str | None = None  # why it could not be scored


class EvaluationRecord(ContractModel):
    """How a version did on a window."""

    time: Instant  # of the evaluation
    run_id: str
    job_uid: str
    evaluation_id: str
    window: EvaluatedWindow
    rows: int  # that were scored
    labels_digest: str | None = None  # of the labels at that time; None: there were none
    anomalies: int | None = None  # known ones in the window; None: no labels
    kpis: dict[Kpi, float] = Field(default_factory=dict)  # finite ones only; without a known anomaly none of detection
    confusion: tuple[int, int, int] | None = None  # true positives, false positives, false negatives: sequences
    undetermined: str | None = None  # why KPIs of detection are missing
    residuals: tuple[ResidualView, ...] = ()  # of the newest aligned windows, newest last
    predecessor: PredecessorScore | None = None  # None: the task named none


EVALUATIONS: Final = TypeAdapter(tuple[EvaluationRecord, ...])  # the value of `Tag.EVALUATIONS`, oldest first


def evaluations_tag(records: Sequence[EvaluationRecord]) -> str:
    """The value of `Tag.EVALUATIONS` for records, oldest first: the newest of them, and as much as fits.

    Where it is too long, the oldest records lose their residual views, of which only the newest count, and then go.
    """
    kept = list(records[-MOST_EVALUATIONS:])
    for index in range(len(kept) - 1):
        if len(_text(kept)) <= MOST_CHARACTERS:
            break
        kept[index] = kept[index].model_copy(update={"residuals": ()})
    while len(_text(kept)) > MOST_CHARACTERS and len(kept) > 1:
        del kept[0]
    return _text(kept)


def _text(records: list[EvaluationRecord]) -> str:
    return EVALUATIONS.dump_json(tuple(records), by_alias=True, exclude_none=True).decode()

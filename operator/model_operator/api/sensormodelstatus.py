"""The status of a SensorModel: what was observed, decided and done, with the numbers.

Computed by `core.status` from observations only, so a wiped status is rebuilt without a retraining.
"""

from typing import Annotated

from pydantic import Field

from model_contract.keys import ComparisonVerdict, Kpi
from model_contract.progress import TrainingStep
from model_contract.quality.report import QualityCheck
from model_contract.task import TriggerKind
from model_operator.api.base import Condition, Decimal, Instant, KubeModel, Message, Percent
from model_operator.api.stagestatus import StageMove, Stages
from model_operator.api.vocabulary import Action, Reason, Severity

Word = Annotated[str, Field(max_length=64)]


class Summary(KubeModel):
    """The row that `kubectl get` shows."""

    stage: Annotated[Word, Field(description="stage of the version that counts: Production, Staging or None.")] = "None"
    version: Annotated[Word, Field(description="version that counts.")] = ""
    drift: Annotated[Word, Field(description="drift: severity and score of the newest judged window.")] = ""
    kpi: Annotated[Word, Field(description="kpi of that version, for example mae 0.042.")] = ""
    next: Annotated[Word, Field(description="next: when a training is due, or what is going on.")] = ""
    reason: Annotated[Word, Field(description="reason of the last decision.")] = ""


class DriftDescription(KubeModel):
    """Statistics that people know. They decide nothing: on healthy telemetry they alarm at any fixed threshold."""

    column: Annotated[Word, Field(description="column that is described.")]
    population_stability_index: Annotated[Decimal | None, Field(description="populationStabilityIndex, 10 bins.")] = (
        None
    )
    jensen_shannon_distance: Annotated[Decimal | None, Field(description="jensenShannonDistance, 20 bins.")] = None
    kolmogorov_smirnov: Annotated[Decimal | None, Field(description="kolmogorovSmirnov: largest distance D.")] = None
    mean_shift_sigma: Annotated[Decimal | None, Field(description="meanShiftSigma: shift of the mean in sigmas.")] = (
        None
    )
    standard_deviation_ratio: Annotated[
        Decimal | None, Field(description="standardDeviationRatio: current over reference.")
    ] = None


class DriftAssessment(KubeModel):
    """What the newest complete window looks like beside the reference."""

    score: Annotated[Decimal, Field(description="score from 0 to 1 on the ladder of severities.")]
    severity: Annotated[Severity, Field(description="severity: None, Low, Moderate, High or Critical.")]
    confirmed: Annotated[
        bool, Field(description="confirmed: two consecutive windows reach the threshold, or this one is Critical.")
    ]
    statistic: Annotated[Message, Field(description="statistic that decided, with its range in the reference.")]
    window_start_time: Annotated[Instant, Field(description="windowStartTime of the judged window.")]
    window_end_time: Annotated[Instant, Field(description="windowEndTime of the judged window.")]
    previous_score: Annotated[Decimal | None, Field(description="previousScore: score of the window before.")] = None
    previous_severity: Annotated[Severity | None, Field(description="previousSeverity of the window before.")] = None
    top_columns: Annotated[
        tuple[Word, ...], Field(max_length=5, description="topColumns: the columns that drifted, worst first.")
    ] = ()
    profile_digest: Annotated[Word, Field(description="profileDigest: sha256 of the profile that was compared with.")]
    reference_version: Annotated[int, Field(ge=1, description="referenceVersion: the version whose profile it is.")]
    smallest_detectable_shift: Annotated[
        Decimal | None,
        Field(description="smallestDetectableShift of the level, in sigmas of the reference: smaller ones stay Low."),
    ] = None
    described: Annotated[
        DriftDescription | None, Field(description="described: the usual statistics of the worst column.")
    ] = None


class QualityFaultRecord(KubeModel):
    """One fault of the telemetry."""

    check: Annotated[QualityCheck, Field(description="check that found it.")]
    column: Annotated[str | None, Field(max_length=128, description="column; none: the rows as a whole.")] = None
    points: Annotated[Percent, Field(description="points that it costs of 100.")]
    message: Annotated[str, Field(max_length=256, description="message: where and how much.")]


class QualityAssessment(KubeModel):
    """The quality of the newest complete window."""

    score_percent: Annotated[Percent, Field(description="scorePercent: 100 without a fault.")]
    faults: Annotated[
        tuple[QualityFaultRecord, ...], Field(max_length=8, description="faults, the costliest first.")
    ] = ()
    window_start_time: Annotated[Instant, Field(description="windowStartTime of the judged window.")]
    window_end_time: Annotated[Instant, Field(description="windowEndTime of the judged window.")]


class ConfusionCounts(KubeModel):
    """Anomalies by what became of them: Hundman's overlap rule, one count per sequence."""

    true_positives: Annotated[int, Field(ge=0, description="truePositives: known anomalies that were found.")]
    false_positives: Annotated[int, Field(ge=0, description="falsePositives: found ones that are not known.")]
    false_negatives: Annotated[int, Field(ge=0, description="falseNegatives: known ones that were missed.")]


class PredecessorAssessment(KubeModel):
    """How the version that served before does on the same window, while the new one is on probation."""

    version: Annotated[int, Field(ge=1, description="version that served before.")]
    value: Annotated[Decimal | None, Field(description="value of the same metric; none: cannot be determined.")] = None
    verdict: Annotated[
        ComparisonVerdict, Field(description="verdict of the paired block bootstrap; Better: the predecessor is.")
    ]
    improvement_percent: Annotated[
        Decimal | None, Field(description="improvementPercent: of its RMSE over that of the Production version.")
    ] = None
    message: Annotated[Message | None, Field(description="message: why it could not be scored.")] = None


class PerformanceAssessment(KubeModel):
    """How the Production version does on the newest window, beside how it did when it was promoted."""

    metric: Annotated[Kpi, Field(description="metric that the policy judges.")]
    value: Annotated[Decimal | None, Field(description="value of it; none: cannot be determined.")] = None
    baseline: Annotated[Decimal | None, Field(description="baseline: its value at promotion.")] = None
    degradation_percent: Annotated[
        Decimal | None, Field(description="degradationPercent: loss in percent of the baseline; negative is a gain.")
    ] = None
    degraded: Annotated[bool, Field(description="degraded: worse than the policy allows.")] = False
    version: Annotated[int, Field(ge=1, description="version that was scored.")]
    run_id: Annotated[str, Field(alias="runID", max_length=64, description="runID: MLflow run with all figures.")]
    evaluated_time: Annotated[Instant, Field(description="evaluatedTime: when it was scored.")]
    window_start_time: Annotated[Instant, Field(description="windowStartTime of the scored telemetry.")]
    window_end_time: Annotated[Instant, Field(description="windowEndTime of the scored telemetry.")]
    kpis: Annotated[
        dict[str, Decimal],
        Field(default_factory=dict, max_length=8, description="kpis: every measure that could be determined."),
    ]
    anomalies: Annotated[
        int | None, Field(ge=0, description="anomalies that are known in the window; none: no labels.")
    ] = None
    confusion: Annotated[
        ConfusionCounts | None, Field(description="confusion: what became of known and found anomalies.")
    ] = None
    predecessor: Annotated[
        PredecessorAssessment | None, Field(description="predecessor: the version before, during probation.")
    ] = None
    message: Annotated[Message | None, Field(description="message: what could not be determined, and why.")] = None


class Assessment(KubeModel):
    """The newest measurements."""

    time: Annotated[Instant, Field(description="time when the newest different measurement was made.")]
    drift: Annotated[DriftAssessment | None, Field(description="drift of the telemetry.")] = None
    data_quality: Annotated[QualityAssessment | None, Field(description="dataQuality of the telemetry.")] = None
    performance: Annotated[
        PerformanceAssessment | None, Field(description="performance of the Production version.")
    ] = None
    newest_row_time: Annotated[Instant | None, Field(description="newestRowTime: newest time in the telemetry.")] = None
    labels_digest: Annotated[
        Word | None, Field(description="labelsDigest: tells one state of the labels from another.")
    ] = None
    problem: Annotated[Reason | None, Field(description="problem: why there is no verdict.")] = None
    message: Annotated[Message | None, Field(description="message: the problem, with the numbers.")] = None


class TrainingRecord(KubeModel):
    """The newest training."""

    job_name: Annotated[str, Field(max_length=63, description="jobName: the Job, in the same namespace.")]
    job_uid: Annotated[str, Field(alias="jobUID", max_length=64, description="jobUID of the Job.")]
    trigger: Annotated[TriggerKind, Field(description="trigger that started it.")]
    trigger_identity: Annotated[str, Field(max_length=256, description="triggerIdentity: what exactly fired.")]
    attempt: Annotated[int, Field(ge=1, description="attempt for the same trigger identity.")]
    outcome: Annotated[Reason, Field(description="outcome: TrainingStarted, TrainingSucceeded, or why it failed.")]
    message: Annotated[Message | None, Field(description="message about the outcome.")] = None
    problem: Annotated[
        Reason | None, Field(description="problem: what keeps the pod of a running Job from working.")
    ] = None
    start_time: Annotated[Instant | None, Field(description="startTime: when the Job was created.")] = None
    end_time: Annotated[Instant | None, Field(description="endTime of the Job.")] = None
    failed_attempts: Annotated[int, Field(ge=0, description="failedAttempts in a row.")] = 0
    failed_generation: Annotated[
        int | None, Field(ge=0, description="failedGeneration: generation of the spec that failed last.")
    ] = None
    version: Annotated[int | None, Field(ge=1, description="version that it registered.")] = None
    progress_percent: Annotated[
        Percent | None, Field(description="progressPercent: share of the expected time that has passed.")
    ] = None
    step: Annotated[TrainingStep | None, Field(description="step: Reading, Fitting, Judging or Registering.")] = None
    loss: Annotated[Decimal | None, Field(description="loss of scaled validation rows after the newest epoch.")] = None
    estimated_end_time: Annotated[
        Instant | None, Field(description="estimatedEndTime: if every epoch is fitted; it may end earlier.")
    ] = None


class VerdictRecord(KubeModel):
    """What one gate or trigger said."""

    check: Annotated[Word, Field(description="check: the gate or trigger.")]
    fires: Annotated[bool, Field(description="fires: whether a gate closes or a trigger asks for a training.")]
    reason: Annotated[Reason, Field(description="reason of the verdict.")]
    message: Annotated[Message, Field(description="message with the numbers.")]


class DecisionRecord(KubeModel):
    """One decision, also the decision to do nothing."""

    time: Annotated[Instant, Field(description="time when the operator first decided so.")]
    action: Annotated[Action, Field(description="action: None, Train, MoveStage or Refuse.")]
    reason: Annotated[Reason, Field(description="reason of the decision.")]
    message: Annotated[Message, Field(description="message with the numbers.")]
    verdicts: Annotated[
        tuple[VerdictRecord, ...], Field(max_length=16, description="verdicts of all gates and triggers.")
    ] = ()


class Schedule(KubeModel):
    """When trainings were and will be."""

    last_training_time: Annotated[
        Instant | None, Field(description="lastTrainingTime: when the newest version came.")
    ] = None
    next_training_time: Annotated[Instant | None, Field(description="nextTrainingTime by the schedule.")] = None
    cooldown_until_time: Annotated[
        Instant | None, Field(description="cooldownUntilTime: before it only a person's request trains.")
    ] = None
    back_off_until_time: Annotated[
        Instant | None, Field(description="backOffUntilTime: after failures no training starts before it.")
    ] = None


class SensorModelStatus(KubeModel):
    """What the operator observed and did."""

    observed_generation: Annotated[
        int, Field(ge=-1, description="observedGeneration: generation of the spec that was acted on.")
    ] = -1
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            max_length=16,
            description="conditions of the model.",
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
        ),
    ] = ()
    summary: Annotated[Summary, Field(description="summary: the row that kubectl get shows.")] = Summary()
    registered_model: Annotated[
        str | None, Field(max_length=250, description="registeredModel: name of the registered model in MLflow.")
    ] = None
    stages: Annotated[Stages, Field(description="stages: who holds Production and Staging.")] = Stages()
    stage_history: Annotated[
        tuple[StageMove, ...], Field(max_length=20, description="stageHistory: the last 20 moves, newest first.")
    ] = ()
    assessment: Annotated[Assessment | None, Field(description="assessment: the newest measurements.")] = None
    training: Annotated[TrainingRecord | None, Field(description="training: the newest training.")] = None
    last_decision: Annotated[DecisionRecord | None, Field(description="lastDecision, also to do nothing.")] = None
    history: Annotated[
        tuple[DecisionRecord, ...],
        Field(max_length=20, description="history: the last 20 decisions that changed something, newest first."),
    ] = ()
    schedule: Annotated[Schedule, Field(description="schedule: when trainings were and will be.")] = Schedule()
    last_handled_retrain_request: Annotated[
        str | None,
        Field(
            max_length=256, description="lastHandledRetrainRequest: value of retrain-requested-at that was acted on."
        ),
    ] = None
    last_handled_promote_request: Annotated[
        str | None,
        Field(max_length=256, description="lastHandledPromoteRequest: value of promote-version that was acted on."),
    ] = None

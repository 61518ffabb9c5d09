"""Everything that one pass knows, in one snapshot.

`shell.observe` fills these types, `core` reads them. "None" always has a meaning, and it is written beside the field.
The Jobs, the registry and the telemetry are observed anew; `previous` is the status that an earlier pass wrote, and
nothing that matters for safety is taken from it alone.
"""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from model_contract.evaluation import EvaluationRecord
from model_contract.keys import ComparisonVerdict, Kpi, Subject
from model_contract.progress import TrainingProgress
from model_contract.quality.report import QualityReport
from model_contract.result import FailureReason
from model_contract.task import TaskKind, TriggerKind
from model_operator.api.retrainingpolicy import CommonCauseHold, RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import DriftDescription, SensorModelStatus
from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import Reason, Severity, Stage


class Observation(BaseModel):
    """A frozen value inside the operator."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SensorModelObject(Observation):
    """The custom resource as the cache holds it."""

    namespace: str
    name: str
    uid: str
    generation: int
    create_time: datetime | None = None  # None: not known
    annotations: dict[str, str] = Field(default_factory=dict)
    set_by: dict[str, str] = Field(default_factory=dict)  # field manager of an annotation, or of `productionVersion`
    spec: SensorModelSpec | None  # None: the spec does not parse, see spec_error
    spec_error: str | None = None
    previous: SensorModelStatus = SensorModelStatus()

    @property
    def key(self) -> str:
        """namespace/name."""
        return f"{self.namespace}/{self.name}"


class PolicyObject(Observation):
    """The RetrainingPolicy that the model names."""

    name: str
    generation: int
    spec: RetrainingPolicySpec | None  # None: the spec does not parse, see spec_error
    spec_error: str | None = None
    hold: CommonCauseHold | None = None  # as its status says it; None: there was never one


class PodProblem(Observation):
    """Why a pod of a Job does not run, as its status says it."""

    reason: Annotated[str, Field(description="for example ErrImagePull, OOMKilled or Unschedulable")]
    message: str = ""


class JobObservation(Observation):
    """One training or evaluation Job that the model owns by controller reference and uid."""

    name: str
    uid: str
    decision_id: str
    trigger: TriggerKind
    trigger_identity: str
    trigger_message: str = ""
    attempt: int
    generation: int  # of the SensorModel when the Job was created
    create_time: datetime
    start_time: datetime | None = None  # None: the Job controller has not started it
    end_time: datetime | None = None  # None: not finished
    succeeded: bool = False
    failed: bool = False
    failure_reason: str = ""  # reason of the Job's Failed condition, for example DeadlineExceeded
    failure_message: str = ""
    suspended: bool = False
    being_deleted: bool = False
    said: FailureReason | None = None  # what the trainer's termination message says; None: nothing
    said_message: str = ""
    task: TaskKind = TaskKind.TRAIN
    pod_problem: PodProblem | None = None  # None: the pod runs, ended by itself, or does not exist yet

    @property
    def is_live(self) -> bool:
        """Whether the Job may still produce a version."""
        return not (self.succeeded or self.failed or self.being_deleted)


class GateRecord(Observation):
    """What the promotion gate said about a version, as stored in its tag `Tag.GATE` (this type as JSON)."""

    reason: Reason
    message: str


class Version(Observation):
    """One version of the registered model, with the metrics of its run."""

    version: int
    run_id: str
    create_time: datetime
    job_uid: str | None = None  # None: not made by a trainer Job
    owner_uid: str | None = None  # uid of the SensorModel that it was trained for
    decision_id: str | None = None
    is_complete: bool = False  # artifacts, evaluation and tags are all there, and MLflow has registered it
    unready: str | None = None  # MLflow's word while it has not, such as PENDING_REGISTRATION; None: it has
    stage_tag: Stage = Stage.NONE
    moves: tuple[StageMove, ...] = ()  # oldest first
    compared_with: int | None = None  # the champion of its comparison; None: there was none
    comparison: ComparisonVerdict | None = None
    kpis: dict[Subject, dict[Kpi, float]] = Field(default_factory=dict)
    improvement_interval: tuple[float, float] | None = None  # percent, 95 %
    drift_profile_digest: str | None = None  # None: it has no profile
    gate: GateRecord | None = None  # what the promotion gate said last; None: not judged
    data_end: datetime | None = None
    held_out_start: datetime | None = None  # up to where it has learnt, and from where it was judged; None: not said
    trigger: TriggerKind | None = None  # of its training; None: not said
    evaluations: tuple[EvaluationRecord, ...] = ()  # oldest first


class RegisteredModel(Observation):
    """The registered model as it stands in MLflow. A model that does not exist yet has no versions and no owner."""

    name: str
    owner: str | None = None  # namespace/name
    owner_uid: str | None = None
    owner_cluster: str | None = None  # None: not said
    production: int | None = None  # holder of the alias; None: nobody
    staging: int | None = None
    versions: tuple[Version, ...] = ()  # newest first

    def version(self, number: int | None) -> Version | None:
        """The version with that number; None when there is none."""
        return next((version for version in self.versions if version.version == number), None)

    def version_that_learnt(self, window_end: datetime) -> Version | None:
        """The newest version that was trained on telemetry up to then or longer; None when there is none."""
        return next((version for version in self.versions if version.data_end and version.data_end >= window_end), None)


class WindowDrift(Observation):
    """The judgement of one complete window."""

    start: datetime
    end: datetime
    severity: Severity
    score: float
    statistic: str
    top_columns: tuple[str, ...] = ()
    smallest_detectable_shift: float | None = None  # sigmas of the reference; None: not known
    described: DriftDescription | None = None  # of the worst column


class Measurement(Observation):
    """What a worker process found in the telemetry."""

    reference_version: int
    profile_digest: str | None  # None: the version has no drift profile
    current: WindowDrift | None = None  # None: no verdict about drift, see problem
    previous: WindowDrift | None = None  # None: the window before holds too little data
    quality: QualityReport | None = None  # None: not judged
    newest_row: datetime | None = None
    labels_digest: str | None = None  # None: there are no labels
    problem: Reason | None = None
    message: str = ""


class BudgetUse(Observation):
    """How much of the budgets is used, and where this model stands, or would stand, in line."""

    policy_running: int = 0  # live Jobs of the models that name the same policy
    policy_ahead: int = 0  # models of that policy that come before this one
    operator_running: int = 0  # live Jobs of all models
    operator_ahead: int = 0  # free places that models before this one take, each within the budget of its policy
    operator_limit: int | None = None  # None: no limit
    place: int | None = None  # in line, from 1; None: nothing keeps it waiting
    waiting: int = 0  # models in line, this one among them
    expected_wait: timedelta | None = None  # None: not known


class Rival(Observation):
    """Another SensorModel whose registered model has the same name."""

    key: str  # namespace/name
    uid: str
    create_time: datetime

    @property
    def seniority(self) -> tuple[datetime, str]:
        """Sorts the one that was created first to the front."""
        return self.create_time, self.uid


class Observed(Observation):
    """One snapshot for one pass."""

    model: SensorModelObject
    policy: PolicyObject | None  # None: no such policy
    jobs: tuple[JobObservation, ...] = ()  # trainings, newest first
    registry: RegisteredModel | None = None  # None: could not be read, see registry_problem
    registry_problem: str | None = None
    evaluations: tuple[JobObservation, ...] = ()  # Jobs that score a version, newest first
    progress: TrainingProgress | None = None  # of the newest training; None: it says nothing, or does not run
    measurement: Measurement | None = None  # None: not made in this pass; the assessment in the status still holds
    budget: BudgetUse = BudgetUse()
    cluster: str | None = None  # tells clusters apart that share an MLflow; None: not known
    rivals: tuple[Rival, ...] = ()

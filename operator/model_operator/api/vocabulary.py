"""The closed lists of words that the operator uses towards people and programs.

A reason is at once the reason of a condition or decision, the reason of an event and the label of a counter. Values are
stable: add, never rename. `docs/spec/reasons.md` explains each; a test walks the enum and that page.
"""

from enum import StrEnum

from model_contract import severity


class Stage(StrEnum):
    """Where a version stands. The names are those of MLflow's stages."""

    NONE = "None"
    STAGING = "Staging"
    PRODUCTION = "Production"
    ARCHIVED = "Archived"


class MovedBy(StrEnum):
    """Who moved a version to another stage."""

    POLICY = "Policy"  # the promotion gate
    PIN = "Pin"  # spec.productionVersion
    REQUEST = "Request"  # the annotation promote-version
    PERSON = "Person"  # somebody moved the alias in MLflow


Severity = severity.Severity  # of drift: reports, status and policies share one scale


class ConditionType(StrEnum):
    """The conditions of both kinds. `Reconciling` and `Stalled` are present only while true (kstatus)."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    TRAINING = "Training"
    DATA_HEALTHY = "DataHealthy"
    DRIFT_DETECTED = "DriftDetected"
    PERFORMANCE_DEGRADED = "PerformanceDegraded"
    REGISTRY_IN_SYNC = "RegistryInSync"
    COMMON_CAUSE = "CommonCause"  # of a RetrainingPolicy, only while true


class Action(StrEnum):
    """What a pass did."""

    NONE = "None"
    TRAIN = "Train"
    EVALUATE = "Evaluate"
    MOVE_STAGE = "MoveStage"
    REFUSE = "Refuse"
    AWAIT_APPROVAL = "AwaitApproval"


class Reason(StrEnum):
    """Why the operator did something, did nothing, or cannot."""

    # Nothing to do.
    UP_TO_DATE = "UpToDate"
    # Gates: why a training does not start now.
    SUSPENDED = "Suspended"
    POLICY_SUSPENDED = "PolicySuspended"
    TRAINING_IN_FLIGHT = "TrainingInFlight"
    COOLING_DOWN = "CoolingDown"
    BACKING_OFF = "BackingOff"
    BUDGET_EXHAUSTED = "BudgetExhausted"
    DATA_ON_HOLD = "DataOnHold"
    COMMON_CAUSE = "CommonCause"
    # Things a person must mend.
    NEEDS_HUMAN = "NeedsHuman"
    INVALID_SPEC = "InvalidSpec"
    POLICY_NOT_FOUND = "PolicyNotFound"
    REGISTERED_MODEL_OWNED = "RegisteredModelOwned"
    JOB_NAME_TAKEN = "JobNameTaken"
    JOB_REFUSED = "JobRefused"
    CLUSTER_REFUSED = "ClusterRefused"
    # Triggers that fire.
    FIRST_TRAINING = "FirstTraining"
    RETRAIN_REQUESTED = "RetrainRequested"
    PERFORMANCE_DEGRADED = "PerformanceDegraded"
    DRIFT_DETECTED = "DriftDetected"
    DATA_QUALITY_BREACHED = "DataQualityBreached"
    SCHEDULE_DUE = "ScheduleDue"
    # Triggers that hold still.
    NOT_REQUESTED = "NotRequested"
    REQUEST_HANDLED = "RequestHandled"
    TRIGGER_DISABLED = "TriggerDisabled"
    NO_DRIFT = "NoDrift"
    DRIFT_NOT_CONFIRMED = "DriftNotConfirmed"
    DRIFT_ALREADY_HANDLED = "DriftAlreadyHandled"
    PERFORMANCE_KEPT = "PerformanceKept"
    PERFORMANCE_ALREADY_HANDLED = "PerformanceAlreadyHandled"
    CANNOT_DETERMINE = "CannotDetermine"
    EVALUATION_DUE = "EvaluationDue"
    EVALUATION_FAILED = "EvaluationFailed"
    DATA_QUALITY_SUFFICIENT = "DataQualitySufficient"
    DATA_QUALITY_ALREADY_HANDLED = "DataQualityAlreadyHandled"
    SCHEDULE_MISSED = "ScheduleMissed"
    NO_DRIFT_PROFILE = "NoDriftProfile"
    NOT_ASSESSED = "NotAssessed"
    INSUFFICIENT_DATA = "InsufficientData"
    NOT_DUE = "NotDue"
    NO_VERSION = "NoVersion"
    # Data.
    DATA_READ = "DataRead"
    DATA_FAULTY = "DataFaulty"
    TELEMETRY_UNAVAILABLE = "TelemetryUnavailable"
    TELEMETRY_NOT_ALLOWED = "TelemetryNotAllowed"
    TELEMETRY_UNREADABLE = "TelemetryUnreadable"
    # Trainings.
    TRAINING_STARTED = "TrainingStarted"
    TRAINING_SUCCEEDED = "TrainingSucceeded"
    TRAINING_IDLE = "TrainingIdle"
    TRAINING_FAILED = "TrainingFailed"
    TRAINING_CANNOT_WORK = "TrainingCannotWork"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    OUT_OF_MEMORY = "OutOfMemory"
    IMAGE_UNAVAILABLE = "ImageUnavailable"
    UNSCHEDULABLE = "Unschedulable"
    JOB_DELETED = "JobDeleted"
    VERSION_MISSING = "VersionMissing"
    # Holds of a policy.
    COMMON_CAUSE_RELEASED = "CommonCauseReleased"
    # Stages.
    STAGED = "Staged"
    PROMOTED = "Promoted"
    ROLLED_BACK = "RolledBack"
    PROBATION_FAILED = "ProbationFailed"
    REPLACED = "Replaced"
    ADOPTED = "Adopted"
    REVERTED = "Reverted"
    AWAITING_FIRST_VERSION = "AwaitingFirstVersion"
    AWAITING_APPROVAL = "AwaitingApproval"
    PINNED = "Pinned"
    VERSION_NOT_FOUND = "VersionNotFound"
    PRODUCTION_GONE = "ProductionGone"
    NOT_BETTER = "NotBetter"
    IMPROVEMENT_TOO_SMALL = "ImprovementTooSmall"
    CANNOT_TELL = "CannotTell"
    METRIC_MISSING = "MetricMissing"
    NOT_COMPARED = "NotCompared"
    DATA_LEAKAGE = "DataLeakage"
    WORSE_THAN_NAIVE = "WorseThanNaive"
    WORSE_THAN_BASELINE = "WorseThanBaseline"
    # The registry.
    IN_SYNC = "InSync"
    REGISTRY_UNAVAILABLE = "RegistryUnavailable"
    REGISTRY_NOT_READ = "RegistryNotRead"

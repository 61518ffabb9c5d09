"""The names that both sides must spell alike: labels, environment, exit codes, MLflow tags, metrics and artifact paths.

Every name that is written by one side and read by the other stands here, so that a gate can never read a metric nobody
logs.
"""

from enum import IntEnum, StrEnum

GROUP = "sensormodel.io"

# Environment of the trainer's container.
ENV_TASK = "SENSORMODEL_TASK"  # the TrainingTask, EvaluationTask or ReproductionTask as JSON
ENV_JOB_UID = "SENSORMODEL_JOB_UID"  # the Job's uid, from the pod's label by the downward API
ENV_POD_NAME = "SENSORMODEL_POD_NAME"
ENV_IMAGE = "SENSORMODEL_IMAGE"  # the reference that the pod runs; with a digest if the reference has one
ENV_REVISION = "SENSORMODEL_REVISION"  # baked into the image: the git commit that it was built from
ENV_TERMINATION_MESSAGE_PATH = "TERMINATION_MESSAGE_PATH"
DEFAULT_TERMINATION_MESSAGE_PATH = "/dev/termination-log"

# Labels on Jobs and their pods.
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGED_BY = "sensor-model-operator"
LABEL_MODEL = f"{GROUP}/sensor-model"
LABEL_MODEL_UID = f"{GROUP}/sensor-model-uid"
LABEL_TRIGGER = f"{GROUP}/trigger"
LABEL_TASK = f"{GROUP}/task"  # a TaskKind; a Job without it trains
LABEL_JOB_UID = "batch.kubernetes.io/controller-uid"
ANNOTATION_DECISION = f"{GROUP}/decision-id"
ANNOTATION_ATTEMPT = f"{GROUP}/attempt"
ANNOTATION_GENERATION = f"{GROUP}/generation"  # of the SensorModel that the decision was made for
ANNOTATION_TRIGGER_IDENTITY = f"{GROUP}/trigger-identity"
ANNOTATION_TRIGGER_MESSAGE = f"{GROUP}/trigger-message"


class ExitCode(IntEnum):
    """How a trainer's container ends. The numbers are those of BSD sysexits where one fits."""

    SUCCESS = 0
    CANNOT_WORK = 65  # the task can never succeed as it is; the Job must not try again
    TRY_AGAIN = 75  # something outside failed; the same task may succeed later


class Tag(StrEnum):
    """Tags on MLflow runs and model versions. The operator writes those under `stage`; the trainer all others."""

    JOB_UID = f"{GROUP}/job-uid"
    SENSOR_MODEL = f"{GROUP}/sensor-model"  # namespace/name
    SENSOR_MODEL_UID = f"{GROUP}/sensor-model-uid"
    SENSOR_ID = f"{GROUP}/sensor-id"
    DECISION_ID = f"{GROUP}/decision-id"
    TRIGGER = f"{GROUP}/trigger"
    TASK = f"{GROUP}/task"  # the task as JSON (run tag; cut by MLflow beyond 8,000 characters)
    PROGRESS = f"{GROUP}/progress"  # a TrainingProgress as JSON, of a run that trains
    DATA_DIGEST = f"{GROUP}/data-sha256"
    DATA_START = f"{GROUP}/data-start"
    DATA_END = f"{GROUP}/data-end"
    HELD_OUT_START = f"{GROUP}/held-out-start"  # the data before it were learnt, from there to the end they judged
    # Lineage: on the run and on the version; all of it is in the artifact `ARTIFACT_LINEAGE`.
    WEIGHTS_DIGEST = f"{GROUP}/weights-sha256"
    CODE_REVISION = f"{GROUP}/code-revision"  # git commit; "-dirty" after it where files were changed
    IMAGE = f"{GROUP}/image"
    PACKAGES_DIGEST = f"{GROUP}/packages-sha256"  # of the artifact `ARTIFACT_PACKAGES`
    DRIFT_PROFILE_DIGEST = f"{GROUP}/drift-profile-sha256"
    CHAMPION_VERSION = f"{GROUP}/champion-version"  # the version that the comparison was made with
    COMPARISON = f"{GROUP}/comparison"  # a ComparisonVerdict
    COMPLETE = f"{GROUP}/complete"  # "true", written last: artifacts, evaluation and tags are all there
    STAGE = f"{GROUP}/stage"
    STAGE_MOVES = f"{GROUP}/stage-moves"  # JSON list of moves, oldest first
    EVALUATIONS = f"{GROUP}/evaluations"  # JSON list of EvaluationRecord, oldest first; written by the trainer
    EVALUATED_VERSION = f"{GROUP}/evaluated-version"  # of the run of an evaluation
    EVALUATION_ID = f"{GROUP}/evaluation-id"
    REPRODUCTION_ID = f"{GROUP}/reproduction-id"  # of the run of a reproduction, as are the next four
    REPRODUCED_VERSION = f"{GROUP}/reproduced-version"
    REPRODUCED_RUN = f"{GROUP}/reproduced-run"
    REPRODUCTION = f"{GROUP}/reproduction"  # a ReproductionVerdict
    DIFFERENCES = f"{GROUP}/differences"  # JSON list of Difference, causes first
    GATE = f"{GROUP}/gate"  # JSON: what the promotion gate said about this version
    # On the registered model:
    OWNER = f"{GROUP}/owner"  # namespace/name of the SensorModel
    OWNER_UID = f"{GROUP}/owner-uid"
    OWNER_CLUSTER = f"{GROUP}/owner-cluster"  # of that SensorModel


class ComparisonVerdict(StrEnum):
    """What the paired block bootstrap says about candidate and champion on the same window."""

    BETTER = "Better"
    NOT_BETTER = "NotBetter"
    CANNOT_TELL = "CannotTell"


class Kpi(StrEnum):
    """The measures of a model, as they are named in `promotion.metric` and, in lower case, in MLflow metrics."""

    MAE = "MAE"
    RMSE = "RMSE"
    MAPE = "MAPE"
    R2 = "R2"
    PRECISION = "Precision"
    RECALL = "Recall"
    F1 = "F1"
    ROC_AUC = "ROCAUC"

    @property
    def greater_is_better(self) -> bool:
        """The direction of the metric: errors fall, scores rise."""
        return self not in {Kpi.MAE, Kpi.RMSE, Kpi.MAPE}


class Subject(StrEnum):
    """Whose KPIs a metric holds. All are computed on the same held-out window."""

    CANDIDATE = "candidate"
    CHAMPION = "champion"
    NAIVE = "naive"  # the last value is the forecast
    BASELINE = "baseline"  # ridge autoregression on the signal's own past: what a version must beat
    PREDECESSOR = "predecessor"  # of a version on probation: who served before it
    BASELINE_WITH_INPUTS = "baseline_with_inputs"  # the same on all columns; for people, no gate reads it


def kpi_metric(subject: Subject, kpi: Kpi) -> str:
    """The MLflow metric that holds a KPI, for example `candidate_mae`."""
    return f"{subject}_{kpi.lower()}"


METRIC_IMPROVEMENT_PERCENT = "improvement_percent"  # of the candidate's RMSE over the champion's, positive is better
METRIC_IMPROVEMENT_LOWER_PERCENT = "improvement_lower_percent"  # ends of the 95 % interval
METRIC_IMPROVEMENT_UPPER_PERCENT = "improvement_upper_percent"

ARTIFACT_MODEL = "model"
ARTIFACT_FIGURES = "figures"
ARTIFACT_DRIFT_PROFILE = "drift/profile.bin"
ARTIFACT_TASK = "task.json"
ARTIFACT_CHECKPOINTS = "checkpoints"  # only while a training is not done
ARTIFACT_LINEAGE = "lineage.json"  # all that a training depended on
ARTIFACT_PACKAGES = "packages.txt"  # every installed distribution, one name==version per line
ARTIFACT_REPRODUCTION = "reproduction.json"  # verdict and differences, of the run of a reproduction

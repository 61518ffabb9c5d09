"""The RetrainingPolicy: when a model is stale, what a better one is, and how much a fleet may train."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from model_contract.keys import Kpi
from model_operator.api.base import Condition, Duration, Instant, KubeModel, Message, Percent
from model_operator.api.promotion import Promotion
from model_operator.api.rules import Rule, at_least_one_second
from model_operator.api.schedule import ScheduleTrigger
from model_operator.api.vocabulary import Severity


class TriggerSeverity(StrEnum):
    """The severities that may start a training."""

    MODERATE = "Moderate"
    HIGH = "High"
    CRITICAL = "Critical"

    @property
    def severity(self) -> Severity:
        """The same word on the full ladder."""
        return Severity(self.value)


class DriftTrigger(KubeModel):
    """Train when the newest telemetry differs from the telemetry that the Production version was trained on."""

    enabled: Annotated[bool, Field(description="enabled: default true.")] = True
    severity_threshold: Annotated[
        TriggerSeverity,
        Field(
            description="severityThreshold: Moderate, High or Critical, reached in two consecutive windows, or "
            "Critical at once; default Moderate."
        ),
    ] = TriggerSeverity.MODERATE
    score_percent: Annotated[
        Percent,
        Field(
            description="scorePercent: drift score from which a window counts, 0 to 100 on the ladder of the "
            "severities (Moderate begins at 50); default 50."
        ),
    ] = 50
    reference_window: Annotated[
        Duration,
        Field(
            description="referenceWindow: newest part of the training window that a current window is compared with; "
            "at least four current windows; default 168h."
        ),
    ] = "168h"
    current_window: Annotated[
        Duration,
        Field(description="currentWindow: length of one judged window, a multiple of the season; default 24h."),
    ] = "24h"
    min_samples: Annotated[
        int,
        Field(
            ge=32,
            le=1_000_000,
            description="minSamples: rows that a window must hold for a verdict; below 240 the stated "
            "rate of false alarms does not hold; default 240.",
        ),
    ] = 240

    CEL_RULES: ClassVar = (
        Rule(
            "duration(self.referenceWindow).getSeconds() >= 4 * duration(self.currentWindow).getSeconds()",
            "`referenceWindow` must be at least four times `currentWindow`",
            ".referenceWindow",
        ),
        at_least_one_second("currentWindow"),
    )


class PerformanceTrigger(KubeModel):
    """Train when the Production version does worse on new telemetry than it did when it was promoted."""

    enabled: Annotated[bool, Field(description="enabled: default true; false also stops evaluation Jobs.")] = True
    metric: Annotated[
        Kpi,
        Field(
            description="metric that is judged; Precision, Recall, F1 and ROCAUC need labels, without them the verdict "
            "is CannotDetermine; default F1."
        ),
    ] = Kpi.F1
    max_degradation_percent: Annotated[
        int,
        Field(
            ge=0,
            le=1000,
            description="maxDegradationPercent: largest loss against the value at promotion, in percent of it; "
            "default 15.",
        ),
    ] = 15
    minimum_percent: Annotated[
        Percent,
        Field(
            description="minimumPercent: least value of a metric that rises to 1 (R2, Precision, Recall, F1, ROCAUC); "
            "has no meaning for errors; default 70."
        ),
    ] = 70
    check_interval: Annotated[
        Duration, Field(description="checkInterval: how often the Production version is scored; default 24h.")
    ] = "24h"
    window: Annotated[Duration, Field(description="window: newest telemetry that is scored; default 168h.")] = "168h"

    CEL_RULES: ClassVar = (at_least_one_second("checkInterval"), at_least_one_second("window"))


class QualityBreach(StrEnum):
    """What happens while the telemetry is bad."""

    HOLD = "Hold"
    RETRAIN = "Retrain"


class DataQualityTrigger(KubeModel):
    """Do not trust telemetry that is broken."""

    enabled: Annotated[bool, Field(description="enabled: default true.")] = True
    min_score_percent: Annotated[
        Percent, Field(description="minScorePercent: quality score below which the telemetry is bad; default 70.")
    ] = 70
    on_breach: Annotated[
        QualityBreach,
        Field(
            description="onBreach: Hold trains nothing, promotes nothing and gives no verdict about drift until the "
            "telemetry is good again; Retrain trains; default Hold."
        ),
    ] = QualityBreach.HOLD
    max_age: Annotated[
        Duration | None,
        Field(
            description="maxAge: age of the newest row beyond which telemetry is stale; default: twice the drift "
            "trigger's currentWindow for telemetry that was fresh when the Production version was trained, not checked "
            "for other telemetry."
        ),
    ] = None

    CEL_RULES: ClassVar = (at_least_one_second("maxAge"),)


class Triggers(KubeModel):
    """What makes a model stale. A person's request needs no switch: it always counts."""

    performance: Annotated[PerformanceTrigger, Field(description="performance of the Production version.")] = (
        PerformanceTrigger()
    )
    drift: Annotated[DriftTrigger, Field(description="drift of the telemetry.")] = DriftTrigger()
    schedule: Annotated[ScheduleTrigger, Field(description="schedule: age of the model.")] = ScheduleTrigger()
    data_quality: Annotated[DataQualityTrigger, Field(description="dataQuality of the telemetry.")] = (
        DataQualityTrigger()
    )


class Budget(KubeModel):
    """How much the models of this policy may train."""

    max_concurrent: Annotated[
        int, Field(ge=1, le=10_000, description="maxConcurrent: trainings at the same time; default 10.")
    ] = 10


class CommonCauseSpec(KubeModel):
    """When many models drift at the same time, something else than their sensors has changed."""

    share_percent: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="sharePercent of the models of this policy; when more drift within one currentWindow, "
            "trainings for drift are held.",
        ),
    ]
    min_models: Annotated[
        int, Field(ge=2, le=10_000, description="minModels: drifting models below which nothing is held; default 5.")
    ] = 5
    hold_for: Annotated[
        Duration,
        Field(
            description="holdFor: longest hold; a new value of the policy's annotation "
            "sensormodel.io/release-requested-at ends it earlier; default 24h."
        ),
    ] = "24h"

    CEL_RULES: ClassVar = (at_least_one_second("holdFor"),)


class RetrainingPolicySpec(KubeModel):
    """When models are stale, what a better version is, and how much may be trained."""

    check_interval: Annotated[
        Duration, Field(description="checkInterval: how often telemetry and registry are looked at; default 1h.")
    ] = "1h"
    triggers: Annotated[Triggers, Field(description="triggers: what makes a model stale.")] = Triggers()
    cooldown: Annotated[
        Duration,
        Field(
            description="cooldown: least time from one version to the next training; a person's request passes it; "
            "default 24h."
        ),
    ] = "24h"
    promotion: Annotated[Promotion, Field(description="promotion: what a better version is.")] = Promotion()
    budget: Annotated[Budget, Field(description="budget: how much may be trained.")] = Budget()
    common_cause: Annotated[
        CommonCauseSpec | None,
        Field(description="commonCause: hold trainings when many models drift at once; default: no such hold."),
    ] = None
    suspend: Annotated[
        bool, Field(description="suspend: start nothing new for any model of this policy; default false.")
    ] = False

    CEL_RULES: ClassVar = (at_least_one_second("checkInterval"),)


class CommonCauseHold(KubeModel):
    """Trainings for drift are held, because many models drift at the same time."""

    since_time: Annotated[Instant, Field(description="sinceTime: when the hold began.")]
    until_time: Annotated[Instant, Field(description="untilTime: when it ends by itself.")]
    drifting: Annotated[int, Field(ge=0, description="drifting models when it began.")]
    models: Annotated[int, Field(ge=0, description="models of the policy when it began.")]
    released: Annotated[bool, Field(description="released: whether a person has ended it.")] = False


class RetrainingPolicyStatus(KubeModel):
    """What the operator observed of the models that name this policy."""

    observed_generation: Annotated[
        int, Field(ge=-1, description="observedGeneration: generation of the spec that was acted on.")
    ] = -1
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            max_length=16,
            description="conditions of the policy.",
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
        ),
    ] = ()
    models: Annotated[int, Field(ge=0, description="models that name this policy.")] = 0
    ready: Annotated[int, Field(ge=0, description="ready: models that serve a Production version.")] = 0
    training: Annotated[int, Field(ge=0, description="training: models with a live training Job.")] = 0
    message: Annotated[Message | None, Field(description="message: what a person should know.")] = None
    hold: Annotated[CommonCauseHold | None, Field(description="hold: the newest hold for a common cause.")] = None
    waiting: Annotated[int, Field(ge=0, description="waiting: models that wait for a place in a budget.")] = 0
    last_handled_release_request: Annotated[
        str | None,
        Field(max_length=256, description="lastHandledReleaseRequest: value of release-requested-at acted on."),
    ] = None

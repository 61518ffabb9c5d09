"""The RetrainingPolicy: when a model is stale, what a better one is, and how much a fleet may train."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from model_contract.keys import Kpi
from model_operator.api.base import Condition, Duration, KubeModel, Message, Percent
from model_operator.api.rules import Rule, at_least_one_second
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


class PromotionMode(StrEnum):
    """Who promotes a version that passed the gate."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"


class RegistryChange(StrEnum):
    """What happens when somebody moves the production alias in MLflow."""

    ADOPT = "Adopt"
    REVERT = "Revert"


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


class ScheduleTrigger(KubeModel):
    """Train when the newest version is old."""

    enabled: Annotated[bool, Field(description="enabled: default true.")] = True
    interval: Annotated[
        Duration, Field(description="interval: age of the newest version that makes a training due; default 720h.")
    ] = "720h"

    CEL_RULES: ClassVar = (at_least_one_second("interval"),)


class Triggers(KubeModel):
    """What makes a model stale. A person's request needs no switch: it always counts."""

    drift: Annotated[DriftTrigger, Field(description="drift of the telemetry.")] = DriftTrigger()
    schedule: Annotated[ScheduleTrigger, Field(description="schedule: age of the model.")] = ScheduleTrigger()


class Promotion(KubeModel):
    """What a better version is, and who promotes it."""

    mode: Annotated[
        PromotionMode,
        Field(
            description="mode: Automatic promotes what passes the gate; Manual waits for a person; default Automatic."
        ),
    ] = PromotionMode.AUTOMATIC
    metric: Annotated[
        Kpi,
        Field(description="metric that must improve, measured for both versions on the same new window; default RMSE."),
    ] = Kpi.RMSE
    min_improvement_percent: Annotated[
        Percent, Field(description="minImprovementPercent: least improvement over the Production version; default 5.")
    ] = 5
    on_registry_change: Annotated[
        RegistryChange,
        Field(
            description="onRegistryChange: Adopt takes over an alias that somebody moved in MLflow, Revert moves it "
            "back; default Adopt."
        ),
    ] = RegistryChange.ADOPT


class Budget(KubeModel):
    """How much the models of this policy may train."""

    max_concurrent: Annotated[
        int, Field(ge=1, le=10_000, description="maxConcurrent: trainings at the same time; default 10.")
    ] = 10


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
    suspend: Annotated[
        bool, Field(description="suspend: start nothing new for any model of this policy; default false.")
    ] = False

    CEL_RULES: ClassVar = (at_least_one_second("checkInterval"),)


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

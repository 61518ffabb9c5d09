"""The part of a RetrainingPolicy that says what a better version is, who promotes it, and how long it is on trial."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from model_contract.keys import Kpi
from model_operator.api.base import Duration, KubeModel, Percent


class PromotionMode(StrEnum):
    """Who promotes a version that passed the gate."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"


class RegistryChange(StrEnum):
    """What happens when somebody moves the production alias in MLflow."""

    ADOPT = "Adopt"
    REVERT = "Revert"


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
    must_beat_baseline: Annotated[
        bool,
        Field(
            description="mustBeatBaseline: promote only what is better in the metric than the plain baseline of its "
            "own training, a ridge autoregression, and than the last value; default true."
        ),
    ] = True
    on_registry_change: Annotated[
        RegistryChange,
        Field(
            description="onRegistryChange: Adopt takes over an alias that somebody moved in MLflow, Revert moves it "
            "back; default Adopt."
        ),
    ] = RegistryChange.ADOPT
    probation: Annotated[
        Duration,
        Field(
            description="probation: for so long after the gate promoted a version by itself, evaluations score its "
            "predecessor, too, and a predecessor that does better comes back by itself; 0s switches it off; default "
            "72h."
        ),
    ] = "72h"

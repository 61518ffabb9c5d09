"""The part of a SensorModel's status that says which version stands where, since when and why.

`core.status` fills it from the aliases and tags in MLflow; the moves are stored there in the same form.
"""

from typing import Annotated

from pydantic import Field

from model_operator.api.base import Instant, KubeModel, Message
from model_operator.api.vocabulary import MovedBy, Reason, Stage


class GateVerdict(KubeModel):
    """What the promotion gate said about a version; stored with it as a tag, too."""

    reason: Annotated[Reason, Field(description="reason of the verdict.")]
    message: Annotated[Message, Field(description="message with the numbers.")]


class StageHolder(KubeModel):
    """The version that holds a stage."""

    version: Annotated[int, Field(ge=1, description="version in the registered model.")]
    run_id: Annotated[str, Field(alias="runID", max_length=64, description="runID: the MLflow run that made it.")]
    model_uri: Annotated[
        str, Field(alias="modelURI", max_length=300, description="modelURI: loads it through the alias.")
    ]
    since: Annotated[Instant | None, Field(description="since: when it got the stage.")] = None
    gate: Annotated[GateVerdict | None, Field(description="gate: what the promotion gate said of it last.")] = None
    probation_until_time: Annotated[
        Instant | None, Field(description="probationUntilTime: until then it is scored beside its predecessor.")
    ] = None


class Stages(KubeModel):
    """Who holds Production and Staging."""

    production: Annotated[StageHolder | None, Field(description="production: the version that serves.")] = None
    staging: Annotated[StageHolder | None, Field(description="staging: the version that is judged.")] = None


class StageMove(KubeModel):
    """One move of a version between stages."""

    version: Annotated[int, Field(ge=1, description="version that moved.")]
    from_stage: Annotated[Stage, Field(alias="from", description="from: the stage before.")]
    to_stage: Annotated[Stage, Field(alias="to", description="to: the stage after.")]
    time: Annotated[Instant, Field(description="time of the move.")]
    by: Annotated[MovedBy, Field(description="by: Policy, Pin, Request or Person.")]
    reason: Annotated[Reason, Field(description="reason of the move.")]
    message: Annotated[Message, Field(description="message: why, with the numbers.")]
    request: Annotated[
        str | None, Field(max_length=256, description="request: value of promote-version that asked for it.")
    ] = None

"""Which stage move comes next, if any: one step per pass, the most binding first.

`core.reconcile` asks; `core.stages` turns the answer into writes, `core.promotion` is the gate, `core.stage_requests`
knows what people ask for. docs/stages.md shows the order as people meet it.
"""

from datetime import datetime

from model_operator.api.promotion import Promotion, RegistryChange
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.decision import SetGate, Verdict
from model_operator.core.kpis import describe_kpi
from model_operator.core.observed import Observed, RegisteredModel, Version
from model_operator.core.probation import failed_probation, probation_of
from model_operator.core.promotion import judge_candidate, passes
from model_operator.core.stage_requests import grant_request, hold_pin
from model_operator.core.stage_step import StageStep, describe_plan
from model_operator.core.stages import (
    ForeignMove,
    StagePlan,
    Wish,
    foreign_moves,
    plan_stages,
    unfinished_wishes,
    what_became_of_production,
)


def next_stage_step(
    observed: Observed, promotion: Promotion, now: datetime, *, held_by: Verdict | None = None
) -> StageStep | None:
    """The next step, or how things stand; None when there is nothing to say about stages.

    Args:
        observed: the snapshot.
        promotion: what a better version is.
        now: time of the pass.
        held_by: the gate that keeps the operator from promoting by itself; what people ask for goes on.
    """
    model, spec = observed.registry, observed.model.spec
    if model is None or spec is None:
        return None
    if spec.production_version is not None:
        return (
            hold_pin(observed, model, spec.production_version, now)
            or _stage_candidate(observed, model, promotion, now)
            or StageStep(reason=Reason.PINNED, message=f"spec.productionVersion pins version {spec.production_version}")
        )
    return (
        _finish(model, now)  # a move that was cut short
        or _follow_foreign_move(model, promotion, now)  # somebody moved an alias in MLflow
        or _tidy(model, now)  # a second holder of a stage
        or grant_request(observed, model, now)  # annotation promote-version
        or _end_probation(model, promotion, now, held_by)  # its predecessor does better
        or _stage_candidate(observed, model, promotion, now)  # a complete version that nobody has judged
        or _judge_staging(model, promotion, now, held_by)  # the gate
        or _miss_production(model)
    )


def _finish(model: RegisteredModel, now: datetime) -> StageStep | None:
    wishes = unfinished_wishes(model)
    plan = plan_stages(model, wishes, now) if wishes else StagePlan()
    if not plan.writes:
        return None
    return StageStep(reason=wishes[0].reason, message=describe_plan(plan) or wishes[0].message, plan=plan)


def _follow_foreign_move(model: RegisteredModel, promotion: Promotion, now: datetime) -> StageStep | None:
    moves = foreign_moves(model)
    if not moves:
        return None
    move = moves[0]
    revert = promotion.on_registry_change is RegistryChange.REVERT or move.dangles
    seen = _describe_foreign(move)
    if revert and move.ours is not None:
        wish = Wish(version=move.ours, stage=move.stage, by=MovedBy.POLICY, reason=Reason.REVERTED, message=seen)
    elif move.theirs is not None:  # also when there is nobody to go back to
        wish = Wish(version=move.theirs, stage=move.stage, by=MovedBy.PERSON, reason=Reason.ADOPTED, message=seen)
    elif move.ours is not None:
        wish = Wish(version=move.ours, stage=Stage.ARCHIVED, by=MovedBy.PERSON, reason=Reason.ADOPTED, message=seen)
    else:
        return None
    plan = plan_stages(model, (wish,), now)
    verb = "moved back" if revert else "adopted"
    return (
        StageStep(reason=wish.reason, message=f"{seen}; {verb} (onRegistryChange)", plan=plan) if plan.writes else None
    )


def _tidy(model: RegisteredModel, now: datetime) -> StageStep | None:
    plan = plan_stages(model, (), now)
    return (
        StageStep(reason=Reason.REPLACED, message=describe_plan(plan) or "stage tags put right", plan=plan)
        if plan.writes
        else None
    )


def _end_probation(
    model: RegisteredModel, promotion: Promotion, now: datetime, held_by: Verdict | None
) -> StageStep | None:
    """Bring the predecessor back when it does better. The verdict is stored first: then no interruption loses it."""
    probation = probation_of(model, promotion)
    failed = failed_probation(probation, promotion) if probation and held_by is None else None
    if probation is None or failed is None:
        return None
    loser, winner = probation.version, probation.predecessor
    why = {"by": MovedBy.POLICY, "reason": failed.reason, "message": failed.message}
    back = Wish(version=winner.version, stage=Stage.PRODUCTION, **why)
    out = Wish(version=loser.version, stage=Stage.ARCHIVED, **why)
    gate = SetGate(model=model.name, version=loser.version, gate=failed) if loser.gate != failed else None
    return StageStep(reason=failed.reason, message=failed.message, plan=plan_stages(model, (back, out), now), gate=gate)


def _miss_production(model: RegisteredModel) -> StageStep | None:
    gone = what_became_of_production(model)
    return StageStep(reason=Reason.PRODUCTION_GONE, message=gone) if gone else None


def _stage_candidate(
    observed: Observed, model: RegisteredModel, promotion: Promotion, now: datetime
) -> StageStep | None:
    candidate = newest_candidate(observed, model)
    if candidate is None:
        return None
    message = f"version {candidate.version} is complete: {describe_kpi(candidate, promotion.metric)}"
    wish = Wish(
        version=candidate.version, stage=Stage.STAGING, by=MovedBy.POLICY, reason=Reason.STAGED, message=message
    )
    return StageStep(reason=Reason.STAGED, message=message, plan=plan_stages(model, (wish,), now))


def newest_candidate(observed: Observed, model: RegisteredModel) -> Version | None:
    """The newest complete, never staged version that a Job of this very SensorModel made; one Job, one version."""
    newest_staged = max(model.production or 0, model.staging or 0)
    for version in model.versions:
        if version.version <= newest_staged:
            return None
        ours = version.job_uid is not None and version.owner_uid == observed.model.uid
        unjudged = version.is_complete and version.stage_tag is Stage.NONE and not version.moves
        first_of_job = version.version == min(v.version for v in model.versions if v.job_uid == version.job_uid)
        if ours and unjudged and first_of_job:
            return version
    return None


def _judge_staging(
    model: RegisteredModel, promotion: Promotion, now: datetime, held_by: Verdict | None
) -> StageStep | None:
    candidate, champion = model.version(model.staging), model.version(model.production)
    if candidate is None:
        return None
    gate = judge_candidate(candidate, champion, promotion)
    if passes(gate) and held_by is not None:
        return StageStep(reason=held_by.reason, message=f"{gate.message}; its promotion waits: {held_by.message}")
    if passes(gate):
        wish = Wish(
            version=candidate.version,
            stage=Stage.PRODUCTION,
            by=MovedBy.POLICY,
            reason=gate.reason,
            message=gate.message,
        )
        return StageStep(reason=gate.reason, message=gate.message, plan=plan_stages(model, (wish,), now))
    write = SetGate(model=model.name, version=candidate.version, gate=gate) if candidate.gate != gate else None
    return StageStep(reason=gate.reason, message=gate.message, gate=write)


def _describe_foreign(move: ForeignMove) -> str:
    ours = f"version {move.ours}" if move.ours else "nobody"
    theirs = f"version {move.theirs}" if move.theirs else "nobody"
    return f"somebody moved {move.stage} in MLflow from {ours} to {theirs}"

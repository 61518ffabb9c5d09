"""Which stage move comes next, if any: one step per pass, the most binding first.

`core.reconcile` asks; `core.stages` turns the answer into writes, `core.promotion` is the gate.
"""

from datetime import datetime

from model_operator.api.promotion import Promotion, RegistryChange
from model_operator.api.requests import PIN, PROMOTE_REQUEST, person_in, request_in
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.decision import RegistryWrite, SetGate, Verdict
from model_operator.core.kpis import describe_kpi
from model_operator.core.observed import Observation, Observed, RegisteredModel, Version
from model_operator.core.probation import failed_probation, probation_of
from model_operator.core.promotion import judge_candidate, passes
from model_operator.core.stages import (
    ForeignMove,
    StagePlan,
    Wish,
    foreign_moves,
    plan_stages,
    unfinished_wishes,
    what_became_of_production,
)


class StageStep(Observation):
    """What is to be done about stages; without writes there is nothing to do, and the reason says how things stand."""

    reason: Reason
    message: str
    plan: StagePlan = StagePlan()
    gate: SetGate | None = None
    handled_request: str | None = None

    @property
    def writes(self) -> tuple[RegistryWrite, ...]:
        """All registry writes of the step, in order."""
        return (*((self.gate,) if self.gate else ()), *self.plan.writes)


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
            _hold_pin(observed, model, spec.production_version, now)
            or _stage_candidate(observed, model, promotion, now)
            or StageStep(reason=Reason.PINNED, message=f"spec.productionVersion pins version {spec.production_version}")
        )
    return (
        _finish(model, now)  # a move that was cut short
        or _follow_foreign_move(model, promotion, now)  # somebody moved an alias in MLflow
        or _tidy(model, now)  # a second holder of a stage
        or _grant_request(observed, model, now)  # annotation promote-version
        or _end_probation(model, promotion, now, held_by)  # its predecessor does better
        or _stage_candidate(observed, model, promotion, now)  # a complete version that nobody has judged
        or _judge_staging(model, promotion, now, held_by)  # the gate
        or _miss_production(model)
    )


def _hold_pin(observed: Observed, model: RegisteredModel, pin: int, now: datetime) -> StageStep | None:
    """spec.productionVersion wins over everything that the operator or a person in MLflow did."""
    if model.version(pin) is None:
        message = f"spec.productionVersion is {pin}, but {model.name} has no version {pin}"
        return StageStep(reason=Reason.VERSION_NOT_FOUND, message=message)
    message = f"spec.productionVersion is {pin}{_said_by(observed, PIN)}"
    reason = Reason.ROLLED_BACK if model.production and pin < model.production else Reason.PROMOTED
    wishes = [wish for wish in unfinished_wishes(model) if wish.stage is not Stage.PRODUCTION]
    wishes += [
        Wish(version=wish.version, stage=Stage.ARCHIVED, by=MovedBy.PIN, reason=Reason.PINNED, message=message)
        for wish in unfinished_wishes(model)
        if wish.stage is Stage.PRODUCTION and wish.version != pin
    ]
    wishes.append(Wish(version=pin, stage=Stage.PRODUCTION, by=MovedBy.PIN, reason=reason, message=message))
    plan = plan_stages(model, tuple(wishes), now)
    return StageStep(reason=reason, message=_describe(plan) or message, plan=plan) if plan.writes else None


def _finish(model: RegisteredModel, now: datetime) -> StageStep | None:
    wishes = unfinished_wishes(model)
    plan = plan_stages(model, wishes, now) if wishes else StagePlan()
    if not plan.writes:
        return None
    return StageStep(reason=wishes[0].reason, message=_describe(plan) or wishes[0].message, plan=plan)


def _follow_foreign_move(model: RegisteredModel, promotion: Promotion, now: datetime) -> StageStep | None:
    moves = foreign_moves(model)
    if not moves:
        return None
    move, revert = moves[0], promotion.on_registry_change is RegistryChange.REVERT
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
        StageStep(reason=Reason.REPLACED, message=_describe(plan) or "stage tags put right", plan=plan)
        if plan.writes
        else None
    )


def promote_request(observed: Observed) -> str | None:
    """The value of the annotation that was not acted on yet; None without one."""
    value = request_in(observed.model.annotations, PROMOTE_REQUEST)
    if value is None or value == observed.model.previous.last_handled_promote_request:
        return None
    versions = observed.registry.versions if observed.registry else ()
    return None if any(move.request == value for version in versions for move in version.moves) else value


def _grant_request(observed: Observed, model: RegisteredModel, now: datetime) -> StageStep | None:
    """Promote or roll back to the version that the annotation names: `7`, or `7@…` with who asks, and when.

    Another text behind the `@` asks once more.
    """
    value = promote_request(observed)
    if value is None:
        return None
    number = value.split("@", 1)[0]
    version = model.version(int(number)) if number.isdecimal() else None
    if version is None:
        message = f"{PROMOTE_REQUEST}={value!r}: {model.name} has no such version"
        return StageStep(reason=Reason.VERSION_NOT_FOUND, message=message, handled_request=value)
    message = f"requested by {PROMOTE_REQUEST}={value!r}{_said_by(observed, PROMOTE_REQUEST, person_in(value))}"
    if version.version == model.production:
        return StageStep(
            reason=Reason.UP_TO_DATE, message=f"{message}: it is Production already", handled_request=value
        )
    reason = Reason.ROLLED_BACK if model.production and version.version < model.production else Reason.PROMOTED
    wish = Wish(
        version=version.version,
        stage=Stage.PRODUCTION,
        by=MovedBy.REQUEST,
        reason=reason,
        message=message,
        request=value,
    )
    plan = plan_stages(model, (wish,), now)
    return StageStep(reason=reason, message=_describe(plan) or message, plan=plan, handled_request=value)


def _said_by(observed: Observed, name: str, person: str | None = None) -> str:
    """Who asked, as far as it can be known: what the request says, and the field manager that wrote it."""
    told = f"{person}, as told by the request" if person else ""
    manager = observed.model.set_by.get(name)
    written = f"written by field manager {manager}" if manager else ""
    known = "; ".join(part for part in (told, written) if part)
    return f" ({known})" if known else ""


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


def _describe(plan: StagePlan) -> str:
    return "; ".join(f"version {m.version} {m.from_stage} → {m.to_stage}: {m.message}" for m in plan.moves[:2])


def _describe_foreign(move: ForeignMove) -> str:
    ours = f"version {move.ours}" if move.ours else "nobody"
    theirs = f"version {move.theirs}" if move.theirs else "nobody"
    return f"somebody moved {move.stage} in MLflow from {ours} to {theirs}"

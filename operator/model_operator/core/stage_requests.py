"""What people ask about stages, in Git by `spec.productionVersion` and once by the annotation promote-version.

Both are steps of `core.promotion_steps`, which says when they have their turn.
"""

from datetime import datetime

from model_operator.api.requests import PIN, PROMOTE_REQUEST, person_in, request_in
from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.observed import Observed, RegisteredModel
from model_operator.core.stage_step import StageStep, describe_plan
from model_operator.core.stages import Wish, plan_stages, unfinished_wishes


def hold_pin(observed: Observed, model: RegisteredModel, pin: int, now: datetime) -> StageStep | None:
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
    return StageStep(reason=reason, message=describe_plan(plan) or message, plan=plan) if plan.writes else None


def promote_request(observed: Observed) -> str | None:
    """The value of the annotation that was not acted on yet; None without one."""
    value = request_in(observed.model.annotations, PROMOTE_REQUEST)
    if value is None or value == observed.model.previous.last_handled_promote_request:
        return None
    versions = observed.registry.versions if observed.registry else ()
    return None if any(move.request == value for version in versions for move in version.moves) else value


def grant_request(observed: Observed, model: RegisteredModel, now: datetime) -> StageStep | None:
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
    return StageStep(reason=reason, message=describe_plan(plan) or message, plan=plan, handled_request=value)


def _said_by(observed: Observed, name: str, person: str | None = None) -> str:
    """Who asked, as far as it can be known: what the request says, and the field manager that wrote it."""
    told = f"{person}, as told by the request" if person else ""
    manager = observed.model.set_by.get(name)
    written = f"written by field manager {manager}" if manager else ""
    known = "; ".join(part for part in (told, written) if part)
    return f" ({known})" if known else ""

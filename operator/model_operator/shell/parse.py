"""From kept bytes to the types that decisions are made of.

Used by `shell.observe` and the passes. A spec that does not parse is no error here: the API server may hold objects
that an older or newer CRD admitted, and the status must say which field is wrong.
"""

from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from model_operator.api.retrainingpolicy import CommonCauseHold, RetrainingPolicySpec, RetrainingPolicyStatus
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.core.cron import schedule_problem
from model_operator.core.observed import PolicyObject, SensorModelObject
from model_operator.shell.kept import Kept

_PROBLEMS_TOLD: Final = 3


def parse_model(kept: Kept) -> SensorModelObject:
    """A SensorModel with its previous status; a status that this operator cannot read counts as none."""
    spec, error = None, None
    try:
        spec = SensorModelSpec.model_validate_json(kept.body)
    except ValidationError as invalid:
        error = describe(invalid)
    try:
        previous = SensorModelStatus.model_validate_json(kept.status)
    except ValidationError:
        previous = SensorModelStatus()  # derived anyway: the next write puts it right
    return SensorModelObject(
        namespace=kept.key.namespace,
        name=kept.key.name,
        uid=kept.uid,
        generation=kept.generation,
        create_time=kept.create_time,
        annotations=dict(kept.annotations),
        set_by=dict(kept.set_by),
        spec=spec,
        spec_error=error,
        previous=previous,
    )


def parse_policy(kept: Kept) -> PolicyObject:
    """A RetrainingPolicy; parsed once per version, because every model of it asks."""
    return _parse_policy(kept.key.name, kept.generation, kept.body, parse_policy_status(kept).hold)


def parse_policy_status(kept: Kept) -> RetrainingPolicyStatus:
    """The status of a policy; one that this operator cannot read counts as none."""
    return _parse_policy_status(kept.status)


def describe(error: ValidationError) -> str:
    """What is wrong with a spec, by field path as users write it."""
    problems = error.errors(include_url=False, include_context=False)
    told = [
        f"{'.'.join(('spec', *map(str, problem['loc'])))}: {problem['msg']}, found {_short(problem['input'])}"
        for problem in problems[:_PROBLEMS_TOLD]
    ]
    more = len(problems) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")


@lru_cache(maxsize=1024)
def _parse_policy_status(status: bytes) -> RetrainingPolicyStatus:
    try:
        return RetrainingPolicyStatus.model_validate_json(status)
    except ValidationError:
        return RetrainingPolicyStatus()


@lru_cache(maxsize=1024)
def _parse_policy(name: str, generation: int, body: bytes, hold: CommonCauseHold | None) -> PolicyObject:
    try:
        spec = RetrainingPolicySpec.model_validate_json(body)
    except ValidationError as invalid:
        return PolicyObject(name=name, generation=generation, spec=None, spec_error=describe(invalid))
    problem = schedule_problem(spec.triggers.schedule)
    usable = None if problem else spec
    return PolicyObject(name=name, generation=generation, spec=usable, spec_error=problem, hold=hold)


def _short(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - the same number twice

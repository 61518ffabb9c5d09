"""A registered model as it was at an instant, and what was done to it afterwards that no policy decides.

Versions and their moves carry their times, so the past can be told from the present; what carries none (the gate's
words, a claim of ownership) is left out, because the replay comes to it by itself.
"""

from datetime import datetime
from typing import Final

from model_operator.api.stagestatus import StageMove
from model_operator.api.vocabulary import MovedBy, Stage
from model_operator.core.observed import RegisteredModel, Version
from model_operator.core.stages import ALIAS

_PEOPLE: Final = frozenset({MovedBy.PERSON, MovedBy.REQUEST})


def registry_at(model: RegisteredModel, instant: datetime) -> RegisteredModel:
    """The versions that existed, with the moves and evaluations that had been made."""
    versions = tuple(version_at(version, instant) for version in model.versions if version.create_time <= instant)
    holders = {alias: _holder(versions, stage) for stage, alias in ALIAS.items()}
    owned = {"owner": model.owner, "owner_uid": model.owner_uid} if versions else {"owner": None, "owner_uid": None}
    return model.model_copy(update={"versions": versions, **holders, **owned})


def version_at(version: Version, instant: datetime) -> Version:
    """The version as it was; its first move tells where it stood before."""
    moves = tuple(move for move in version.moves if move.time <= instant)
    before = version.moves[0].from_stage if version.moves else version.stage_tag
    return version.model_copy(
        update={
            "moves": moves,
            "stage_tag": moves[-1].to_stage if moves else before,
            "gate": version.gate if moves else None,
            "evaluations": tuple(record for record in version.evaluations if record.time <= instant),
        }
    )


def moves_of_people(version: Version) -> tuple[StageMove, ...]:
    """The moves of a version to Staging or Production that a person made."""
    return tuple(move for move in version.moves if move.by in _PEOPLE and move.to_stage in ALIAS)


def _holder(versions: tuple[Version, ...], stage: Stage) -> int | None:
    return next((version.version for version in versions if version.stage_tag is stage), None)

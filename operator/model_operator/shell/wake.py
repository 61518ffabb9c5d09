"""Whom a change wakes.

`shell.intake` asks after every change of the cache. A pass is cheap but not free: our own status writes, counters of
Jobs and heartbeats of pods wake nobody.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from model_operator.api.vocabulary import ConditionType
from model_operator.gateways.resources import Resource
from model_operator.shell.cache import Cache, Change
from model_operator.shell.kept import Key

POLICY_STATUS_DELAY: Final = 5.0  # seconds in which changes of many models become one status of their policy
_MODELS_PER_SECOND: Final = 500.0  # woken by a change of their policy


class Wake(NamedTuple):
    """A key, and in how many seconds it is due."""

    key: Key
    after: float


def wakes(change: Change, cache: Cache) -> Iterator[Wake]:
    """The objects that need a pass because of a change, which the cache has already taken."""
    match change.subject.key.resource:
        case Resource.SENSOR_MODEL:
            yield from _by_model(change, cache)
        case Resource.RETRAINING_POLICY:
            yield from _by_policy(change, cache)
        case Resource.JOB if not _says_the_same(change):
            yield from _owner(change.subject.controller_uid, cache)
        case Resource.POD if not _says_the_same(change):
            job = cache.by_uid(change.subject.controller_uid)
            yield from _owner(job.controller_uid if job else None, cache)


def _by_model(change: Change, cache: Cache) -> Iterator[Wake]:
    """The model itself, the policies whose number of models it changes, and who means the same registered model."""
    old, new = change.old, change.new
    status_was_wiped = old and new and new.observed_generation < old.observed_generation
    if status_was_wiped or not _says_the_same(change):
        yield Wake(change.subject.key, 0.0)
    before, after = (old.policy if old else None), (new.policy if new else None)
    if before != after:
        yield from (Wake(policy, POLICY_STATUS_DELAY) for policy in (before, after) if policy)
    if old is None or new is None or old.uid != new.uid:
        yield from (Wake(rival.key, 0.0) for rival in cache.rivals_of(change.subject))


def _by_policy(change: Change, cache: Cache) -> Iterator[Wake]:
    """The policy itself, and its models, not all in the same moment."""
    policy, told = change.subject.key, not _says_the_same(change)
    if told:
        yield Wake(policy, 0.0)
    elif not _hold_began_or_ended(change):
        return
    for position, model in enumerate(cache.models_of(policy)):
        yield Wake(model, position / _MODELS_PER_SECOND)


def _owner(uid: str | None, cache: Cache) -> Iterator[Wake]:
    owner = cache.by_uid(uid)
    if owner and owner.key.resource is Resource.SENSOR_MODEL:
        yield Wake(owner.key, 0.0)


def _hold_began_or_ended(change: Change) -> bool:
    held = [bool(kept and ConditionType.COMMON_CAUSE in kept.true_conditions) for kept in (change.old, change.new)]
    return held[0] != held[1]


def _says_the_same(change: Change) -> bool:
    return change.old is not None and change.new is not None and change.new.says_the_same_as(change.old)

"""What is known of the cluster: the four kinds in plain dicts, with the relations that passes ask for.

Fed by watches, by re-lists and by the answers to our own writes, in any order: an older resourceVersion never
replaces a newer one, and a deletion is remembered until the next re-list. Ownership counts only by the uid of the
controller reference; labels are for selection and can be forged.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from model_operator.gateways.resources import Resource
from model_operator.shell.kept import Kept, Key, keep, key_of

Outer = TypeVar("Outer")
Inner = TypeVar("Inner")


@dataclass(frozen=True, slots=True)
class Change:
    """What became known about one object."""

    old: Kept | None  # None: it is new
    new: Kept | None  # None: it is gone

    @property
    def subject(self) -> Kept:
        """The object after the change, or before it when it is gone."""
        kept = self.new or self.old
        assert kept is not None  # noqa: S101 - a change has at least one side
        return kept


class Cache:
    """The objects of the watched namespaces."""

    def __init__(self) -> None:
        self._objects: dict[Resource, dict[Key, Kept]] = {resource: {} for resource in Resource}
        self._deleted: dict[Key, int] = {}  # resourceVersion of deletions since the last re-list
        self._by_uid: dict[str, Key] = {}  # SensorModels and Jobs: they own others
        self._owned: dict[str, dict[Key, None]] = {}  # uid of a controller: its Jobs or pods
        self._models: dict[Key, dict[Key, None]] = {}  # key of a policy: the models that name it
        self._named: dict[str, dict[Key, None]] = {}  # name of a registered model: the SensorModels that mean it
        self._live_of_owner: dict[str, int] = {}  # uid of a SensorModel: its live Jobs
        self._live_of_policy: dict[Key, int] = {}
        self._left_behind: dict[str, Key] = {}  # uid of a SensorModel that is gone and whose Jobs live: its policy

    def get(self, key: Key) -> Kept | None:
        """The object; None when it is not there."""
        return self._objects[key.resource].get(key)

    def all(self, resource: Resource) -> Collection[Kept]:
        """A live view of all objects of a kind."""
        return self._objects[resource].values()

    def by_uid(self, uid: str | None) -> Kept | None:
        """The SensorModel or Job with that uid; None when it is not there."""
        key = self._by_uid.get(uid) if uid else None
        return self.get(key) if key else None

    def owned_by(self, owner: Kept) -> tuple[Kept, ...]:
        """The Jobs of a SensorModel, or the pods of a Job."""
        found = (self.get(key) for key in self._owned.get(owner.uid, ()) if key.namespace == owner.key.namespace)
        return tuple(kept for kept in found if kept)

    def models_of(self, policy: Key) -> tuple[Key, ...]:
        """The SensorModels that name a policy, whether it exists or not."""
        return tuple(self._models.get(policy, ()))

    def rivals_of(self, model: Kept) -> tuple[Kept, ...]:
        """The other SensorModels that mean the same registered model, in any namespace."""
        named = self._named.get(model.registered_model, ()) if model.registered_model else ()
        found = (self.get(key) for key in named if key != model.key)
        return tuple(kept for kept in found if kept)

    def live_jobs(self, policy: Key) -> int:
        """The live Jobs of all models that name a policy."""
        return self._live_of_policy.get(policy, 0)

    def all_live_jobs(self) -> int:
        """The live Jobs of all models."""
        return sum(self._live_of_policy.values())

    def policy_of_owner(self, job: Kept) -> Key | None:
        """The policy in whose budget a Job counts, also while only its model is gone; None: in none."""
        if job.controller_uid is None:
            return None
        owner = self.by_uid(job.controller_uid)
        return owner.policy if owner else self._left_behind.get(job.controller_uid)

    def put(self, resource: Resource, obj: Mapping[str, Any]) -> Change | None:
        """Take an object as it is now; None when nothing newer became known."""
        key = key_of(resource, obj)
        version = int(obj["metadata"]["resourceVersion"])
        old = self.get(key)
        if version <= max(old.resource_version if old else 0, self._deleted.get(key, 0)):
            return None
        new = keep(resource, obj)
        if old:
            self._unlink(old)
        self._objects[resource][key] = new
        self._link(new)
        if old and old.uid != new.uid:
            self._leave_behind(old)
        return Change(old, new)

    def drop(self, resource: Resource, obj: Mapping[str, Any]) -> Change | None:
        """Take an object's deletion; None when a newer object of that name is known, or none."""
        key = key_of(resource, obj)
        version = int(obj["metadata"]["resourceVersion"])
        old = self.get(key)
        if old and version < old.resource_version:
            return None
        self._deleted[key] = version
        return self._remove(old) if old else None

    def begin_listing(self, resource: Resource) -> dict[Key, int]:
        """What is known before a re-list, to be given to `prune` without the keys that were listed."""
        self._deleted = {key: version for key, version in self._deleted.items() if key.resource is not resource}
        self._left_behind = {uid: key for uid, key in self._left_behind.items() if uid in self._live_of_owner}
        return {kept.key: kept.resource_version for kept in self.all(resource)}

    def prune(self, unlisted: Mapping[Key, int]) -> list[Change]:
        """Remove what a re-list did not show, unless something newer became known while it ran."""
        known = ((self.get(key), version) for key, version in unlisted.items())
        return [self._remove(kept) for kept, version in known if kept and kept.resource_version == version]

    def _remove(self, kept: Kept) -> Change:
        del self._objects[kept.key.resource][kept.key]
        self._unlink(kept)
        self._leave_behind(kept)
        return Change(kept, None)

    def _link(self, kept: Kept) -> None:
        if kept.key.resource in {Resource.SENSOR_MODEL, Resource.JOB}:
            self._by_uid[kept.uid] = kept.key
        if kept.controller_uid:
            self._owned.setdefault(kept.controller_uid, {})[kept.key] = None
        if kept.policy:
            self._models.setdefault(kept.policy, {})[kept.key] = None
        if kept.registered_model:
            self._named.setdefault(kept.registered_model, {})[kept.key] = None
        self._count_live(kept, 1)

    def _unlink(self, kept: Kept) -> None:
        self._count_live(kept, -1)
        if self._by_uid.get(kept.uid) == kept.key:
            del self._by_uid[kept.uid]
        _discard(self._owned, kept.controller_uid, kept.key)
        _discard(self._models, kept.policy, kept.key)
        _discard(self._named, kept.registered_model, kept.key)

    def _count_live(self, kept: Kept, sign: int) -> None:
        """Keep both counts right when a Job or a model comes (1) or goes (-1)."""
        if kept.is_live and kept.controller_uid:
            _add(self._live_of_owner, kept.controller_uid, sign)
            _add(self._live_of_policy, self.policy_of_owner(kept), sign)
        elif kept.policy:
            live = self._live_of_owner.get(kept.uid, 0)
            _add(self._live_of_policy, self._left_behind.pop(kept.uid, None), -live)
            _add(self._live_of_policy, kept.policy, sign * live)

    def _leave_behind(self, kept: Kept) -> None:
        """Jobs of a model that is gone hold their places until they are gone too."""
        live = self._live_of_owner.get(kept.uid, 0)
        if kept.policy and live:
            self._left_behind[kept.uid] = kept.policy
            _add(self._live_of_policy, kept.policy, live)


def _discard(relation: dict[Outer, dict[Inner, None]], outer: Outer | None, inner: Inner) -> None:
    """Take one entry out of a relation, and the row with its last entry."""
    if outer is not None and (row := relation.get(outer)) is not None:
        row.pop(inner, None)
        if not row:
            del relation[outer]


def _add(counts: dict[Outer, int], key: Outer | None, by: int) -> None:
    """Change a count, and forget it at zero."""
    if key is not None:
        counts[key] = counts.get(key, 0) + by
        if not counts[key]:
            del counts[key]

"""What is known of the registered models, and whether it still holds; the memory of `shell.registry_view`.

A sweep tells changes of aliases, of the registered model's tags, of new and deleted versions, and of the newest
version's tags. MLflow's pages hold no tags of older versions, so a hand that edits those is found by reading every
model once in a while: with every sweep those that were read longest ago, as many as make one reading a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from model_operator.core.observed import RegisteredModel
from model_operator.shell.kept import Key

READ_ANEW_EVERY: Final = 86_400.0  # seconds
ABSENCE_HOLDS_FOR: Final = 10.0  # seconds in which a sweep without a model is proof enough that there is none
_NO_SWEEPS: Final = ""  # the fingerprint that no sweep gives


@dataclass(slots=True)
class _Known:
    model: bytes  # JSON: a tenth of the memory of the parsed model
    exists: bool
    fingerprint: str | None  # of the sweep before it was read; None: the sweep did not show it
    ended_job: str | None  # uid of the newest Job that had ended when it was read


class Knowledge:
    """Registered models by name, and the SensorModels that follow them."""

    def __init__(self) -> None:
        self._fingerprints: Mapping[str, str] = {}  # of the newest sweep
        self._known: dict[str, _Known] = {}  # longest unread first
        self._names: dict[Key, str] = {}
        self._keys: dict[str, dict[Key, None]] = {}
        self._swept_at: float | None = None
        self._to_read_anew = 0.0  # how many models; what is less than one waits for the next sweep

    def __len__(self) -> int:
        """How many registered models are followed or known."""
        return len(self._keys.keys() | self._known.keys())

    def follow(self, key: Key, name: str) -> None:
        """The SensorModel's registered model is this."""
        if self._names.get(key) != name:
            self.forget(key)
            self._names[key] = name
            self._keys.setdefault(name, {})[key] = None

    def forget(self, key: Key) -> None:
        """A SensorModel is gone."""
        name = self._names.pop(key, None)
        if name is not None and (keys := self._keys.get(name)) is not None:
            keys.pop(key, None)
            if not keys:
                del self._keys[name]
                self._known.pop(name, None)

    def current(self, name: str, ended_job: str | None, now: float) -> RegisteredModel | None:
        """The model as it is known; None when it must be read."""
        known, fingerprint = self._known.get(name), self._fingerprints.get(name)
        if known and (known.fingerprint, known.ended_job) == (fingerprint, ended_job):
            return RegisteredModel.model_validate_json(known.model)
        is_absent = known is None and fingerprint is None and ended_job is None
        if is_absent and self._swept_at is not None and now - self._swept_at <= ABSENCE_HOLDS_FOR:
            return RegisteredModel(name=name)
        return None

    def fingerprint(self, name: str) -> str | None:
        """Of the newest sweep; None when it did not show the model."""
        return self._fingerprints.get(name)

    def keep(self, model: RegisteredModel, fingerprint: str | None, ended_job: str | None) -> None:
        """The model was read, after the sweep with that fingerprint and the end of that Job."""
        if model.name in self._keys:
            exists = model.owner is not None or bool(model.versions)
            self._known.pop(model.name, None)
            self._known[model.name] = _Known(model.model_dump_json().encode(), exists, fingerprint, ended_job)

    def outdate(self, name: str) -> None:
        """It must be read before it is used again."""
        if known := self._known.get(name):
            known.fingerprint = _NO_SWEEPS

    def learn(self, fingerprints: Mapping[str, str], now: float) -> list[Key]:
        """A sweep has come back; the SensorModels whose registered model must be read."""
        self._fingerprints = fingerprints
        self._outdate_oldest(now)
        changed = [name for name in self._keys if self._has_changed(name, fingerprints.get(name))]
        return list(dict.fromkeys(key for name in changed for key in self._keys[name]))

    def _outdate_oldest(self, now: float) -> None:
        passed = now - self._swept_at if self._swept_at is not None else 0.0
        self._swept_at = now
        self._to_read_anew = min(self._to_read_anew + len(self._known) * passed / READ_ANEW_EVERY, len(self._known))
        due = int(self._to_read_anew)
        self._to_read_anew -= due
        for name in list(islice(self._known, due)):
            self.outdate(name)

    def _has_changed(self, name: str, fingerprint: str | None) -> bool:
        """Whether the newest sweep says something else than what passes were told."""
        known = self._known.get(name)
        if known is None:
            return fingerprint is not None
        if fingerprint is None and known.exists:
            self.outdate(name)  # it was registered after the sweep before, and is gone already
        return known.fingerprint != fingerprint

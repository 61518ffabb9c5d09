"""The metadata of an object: its name, and the types of labels and annotations; the same for all kinds."""

from collections.abc import Iterator
from typing import Any, Final

import re2

from kubectl_sensormodel.lint.problems import Fault, shown
from kubectl_sensormodel.lint.structure import unknown_field

_NAME: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_LONGEST_NAME: Final = 253
_FIELDS: Final = (
    "annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers", "generateName",
    "generation", "labels", "managedFields", "name", "namespace", "ownerReferences", "resourceVersion", "selfLink",
    "uid",
)  # fmt: skip


def metadata_faults(metadata: Any) -> Iterator[Fault]:
    """What is wrong with an object's metadata."""
    if not isinstance(metadata, dict):
        yield Fault(("metadata",), "is required, with at least a name")
        return
    for key in metadata:
        if key not in _FIELDS:
            yield Fault(("metadata", key), unknown_field(key, iter(_FIELDS)))
    name = metadata.get("name")
    if name is None and not metadata.get("generateName"):
        yield Fault(("metadata", "name"), "is required")
    elif name is not None and not _is_name(name):
        yield Fault(
            ("metadata", "name"),
            f"{shown(name)} is no name: lower-case letters, digits, - and . only, a letter or digit at both ends",
        )
    for block in ("labels", "annotations"):
        entries = metadata.get(block) or {}
        if not isinstance(entries, dict):
            yield Fault(("metadata", block), "must be an object")
            continue
        for key, value in entries.items():
            if not isinstance(value, str | None):
                yield Fault(("metadata", block, key), f'must be a string; put it in quotes: "{shown(value)}"')


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and len(name) <= _LONGEST_NAME and bool(re2.search(_NAME, name))

"""Who wrote a request, as far as the API server knows: the field managers of a SensorModel.

`shell.kept` asks for what decisions tell of. A manager is a program such as kubectl-annotate or argocd-controller; the
person behind it is not known to the API server's objects.
"""

from collections.abc import Mapping
from typing import Any, Final

from model_operator.api.requests import PIN, PROMOTE_REQUEST

_PATHS: Final = {
    PROMOTE_REQUEST: ("f:metadata", "f:annotations", f"f:{PROMOTE_REQUEST}"),
    PIN: ("f:spec", "f:productionVersion"),
}


def set_by(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The field manager of each request that is there; the newest where several own it."""
    entries = sorted(metadata.get("managedFields") or (), key=lambda entry: entry.get("time", ""))
    found: dict[str, str] = {}
    for entry in entries:
        for name, path in _PATHS.items():
            if _owns(entry.get("fieldsV1"), path):
                found[name] = entry.get("manager", "")
    return {name: manager for name, manager in found.items() if manager}


def _owns(fields: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(fields, Mapping) or step not in fields:
            return False
        fields = fields[step]
    return True

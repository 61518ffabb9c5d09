"""The Lease that replicas compete for, on the API server.

`shell.leadership` calls it, over a session of its own: a renewal never waits behind other calls. Every write names the
version that it was decided on, so of two replicas that write at the same time one gets a conflict.
"""

from datetime import UTC, datetime
from typing import Any, Final

from model_operator.core.leadership import LEASE_DURATION, Lease
from model_operator.gateways.api_server import MERGE_PATCH, ApiServer
from model_operator.gateways.errors import NotFound
from model_operator.gateways.resources import Place

_LEASES: Final = Place("coordination.k8s.io", "v1", "Lease", "leases", None)
_MICRO_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


class KubernetesLeases:
    """One Lease.

    Args:
        api_server: a session for nothing else.
        namespace: of the Lease.
        name: of the Lease.
    """

    def __init__(self, api_server: ApiServer, *, namespace: str, name: str) -> None:
        self._api_server = api_server
        self._namespace = namespace
        self._name = name

    async def read(self) -> Lease | None:
        """The Lease as it stands; None when there is none."""
        try:
            return _lease(await self._api_server.get(_LEASES.path(self._namespace, self._name)))
        except NotFound:
            return None

    async def write(self, lease: Lease) -> Lease:
        """Create the Lease, or change the one of its version; the Lease as it is stored.

        Raises:
            Conflict: another process wrote or created it meanwhile.
            NotFound: it was deleted meanwhile, or the namespace does not exist.
        """
        metadata = {"name": self._name, "namespace": self._namespace}
        body: dict[str, Any] = {"apiVersion": _LEASES.api_version, "kind": _LEASES.kind, "metadata": metadata}
        body["spec"] = {
            "holderIdentity": lease.holder,
            "leaseDurationSeconds": int(LEASE_DURATION),
            "acquireTime": _micro_time(lease.acquire_time),
            "renewTime": _micro_time(lease.renew_time),
            "leaseTransitions": lease.transitions,
        }
        if not lease.resource_version:
            return _lease(await self._api_server.post(_LEASES.path(self._namespace), body))
        metadata["resourceVersion"] = lease.resource_version
        path = _LEASES.path(self._namespace, self._name)
        return _lease(await self._api_server.patch(path, body, content_type=MERGE_PATCH))


def _lease(stored: dict[str, Any]) -> Lease:
    spec = stored.get("spec") or {}
    return Lease(
        holder=spec.get("holderIdentity") or "",
        acquire_time=spec.get("acquireTime"),
        renew_time=spec.get("renewTime"),
        transitions=spec.get("leaseTransitions") or 0,
        resource_version=stored["metadata"]["resourceVersion"],
    )


def _micro_time(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime(_MICRO_TIME) if time else None

"""The API server as the shell sees it: lists, trainer Jobs, statuses and events.

`app` builds one `KubernetesCluster`, the shell calls it. Watching is Kopf's work; deciding what to write is the core's.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final

from model_contract.keys import ANNOTATION_DECISION
from model_operator.api.vocabulary import Reason
from model_operator.core.announcements import Announcement, Regarding
from model_operator.gateways.api_server import APPLY_PATCH, MERGE_PATCH, ApiServer
from model_operator.gateways.errors import Conflict, GatewayError, NotFound, Permanent
from model_operator.gateways.events import event_name, event_path, new_event, repetition
from model_operator.gateways.resources import Resource
from model_operator.gateways.responses import AlreadyExists

logger = logging.getLogger(__name__)

FIELD_MANAGER: Final = "sensor-model-operator"
_PAGE: Final = 500


class KubernetesCluster:
    """Implements `Cluster`.

    Args:
        api_server: the session.
        namespaces: that are watched; empty for all.
        reporting_instance: names this process in events, for example the pod.
    """

    def __init__(self, api_server: ApiServer, *, namespaces: tuple[str, ...] = (), reporting_instance: str) -> None:
        self._api_server = api_server
        self._namespaces: tuple[str | None, ...] = namespaces or (None,)
        self._reporting_instance = reporting_instance

    async def list_objects(self, resource: Resource) -> AsyncIterator[dict[str, Any]]:
        """All objects of a resource in the watched namespaces, page by page; Jobs and pods only with our label.

        Lists carry no apiVersion and kind in their items; both are filled in.

        Raises:
            Transient: the list took so long that it expired, or the API server does not answer; list again.
        """
        place = resource.value
        for namespace in self._namespaces:
            query: dict[str, str | int] = {"limit": _PAGE}
            if place.label_selector:
                query["labelSelector"] = place.label_selector
            while True:
                page = await self._api_server.get(place.path(namespace), query)
                for item in page.get("items") or ():
                    yield {"apiVersion": place.api_version, "kind": place.kind, **item}
                token = (page.get("metadata") or {}).get("continue")
                if not token:
                    break
                query["continue"] = token

    async def create_job(self, namespace: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """The Job, created now or earlier by the same decision of the same owner.

        Raises:
            Permanent: JobNameTaken or JobRefused, with the server's words.
            Conflict: a Job of that name went away meanwhile.
            Transient: the outcome is unknown; calling again is harmless.
        """
        try:
            return await self._api_server.post(Resource.JOB.value.path(namespace), manifest)
        except AlreadyExists:
            return await self._job_of_same_decision(namespace, manifest)
        except (NotFound, Permanent) as error:  # the namespace is gone or terminating; quota, admission or RBAC say no
            raise Permanent(str(error), reason=Reason.JOB_REFUSED) from error

    async def apply_status(
        self, resource: Resource, namespace: str, name: str, status: Mapping[str, Any], *, resource_version: str
    ) -> dict[str, Any]:
        """Server-side apply of the whole status with our one field manager; the object as it is afterwards.

        Raises:
            NotFound: the object is gone.
            Conflict: it is not as it was observed, or another object has taken its name.
        """
        place = resource.value
        metadata = {"name": name, "resourceVersion": resource_version}
        return await self._api_server.patch(
            f"{place.path(namespace, name)}/status",
            {"apiVersion": place.api_version, "kind": place.kind, "metadata": metadata, "status": status},
            content_type=APPLY_PATCH,
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
        )

    async def identify(self) -> str | None:
        """The uid of the namespace kube-system; None when it cannot be read, and the log says why."""
        try:
            found = await self._api_server.get("/api/v1/namespaces/kube-system")
        except GatewayError as error:
            logger.warning(
                "the cluster has no identity: set SENSORMODEL_CLUSTER, or let kube-system be read: %s", error
            )
            return None
        uid: str = found["metadata"]["uid"]
        return uid

    async def record_event(self, regarding: Regarding, announcement: Announcement, now: datetime) -> None:
        """An events.k8s.io/v1 Event; the same sentence said again raises the count of the event that is there.

        Raises:
            Conflict: the earlier event expired at this very moment.
        """
        event = new_event(regarding, announcement, now, self._reporting_instance)
        try:
            await self._api_server.post(event_path(regarding.namespace), event)
        except AlreadyExists:
            path = event_path(regarding.namespace, event_name(regarding, announcement))
            try:
                patch = repetition(await self._api_server.get(path), now)
                await self._api_server.patch(path, patch, content_type=MERGE_PATCH)
            except NotFound as error:
                raise Conflict(str(error)) from error

    async def _job_of_same_decision(self, namespace: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        name = manifest["metadata"]["name"]
        try:
            found = await self._api_server.get(Resource.JOB.value.path(namespace, name))
        except NotFound as error:
            raise Conflict(str(error)) from error
        if _controller_and_decision(found) == _controller_and_decision(manifest):
            return found
        raise Permanent(
            f"the Job {namespace}/{name} was not made by this decision: delete it, or rename the SensorModel",
            reason=Reason.JOB_NAME_TAKEN,
        )


def _controller_and_decision(job: Mapping[str, Any]) -> tuple[str | None, str | None]:
    metadata = job["metadata"]
    owners = metadata.get("ownerReferences") or ()
    controller = next((owner["uid"] for owner in owners if owner.get("controller")), None)
    return controller, (metadata.get("annotations") or {}).get(ANNOTATION_DECISION)

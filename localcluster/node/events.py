"""Tell people what happened to a pod or to the node, as events.k8s.io/v1 Events. Losing one harms no pod."""

import datetime as dt
import logging
import uuid
from typing import Any

from localcluster.node.api import Api, ApiError, Unavailable

Object = dict[str, Any]

_LOG = logging.getLogger(__name__)
_LONGEST_NOTE = 1024  # the API's limit


class EventWriter:
    """Writes the events of one node."""

    def __init__(self, api: Api, node: str) -> None:
        self._api = api
        self._node = node

    async def write(self, regarding: Object, kind: str, reason: str, note: str) -> None:
        """Write one event.

        Args:
            regarding: the pod or node.
            kind: Normal or Warning.
            reason: CamelCase.
            note: a sentence.
        """
        metadata = regarding["metadata"]
        namespace = metadata.get("namespace", "default")
        reference = {"apiVersion": "v1", "kind": regarding["kind"], "name": metadata["name"], "uid": metadata["uid"]}
        if "namespace" in metadata:
            reference["namespace"] = namespace
        event = {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}", "namespace": namespace},
            "eventTime": dt.datetime.now(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "reportingController": "sensormodel.io/localcluster",
            "reportingInstance": self._node,
            "action": reason,
            "reason": reason,
            "type": kind,
            "regarding": reference,
            "note": note[:_LONGEST_NOTE],
        }
        try:
            await self._api.create(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", event)
        except (ApiError, Unavailable) as error:
            _LOG.warning("event %s of %s lost: %s", reason, metadata["name"], error)

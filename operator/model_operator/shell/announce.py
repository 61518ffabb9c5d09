"""Say what a pass did, once its status is written: events for people, counters for machines.

An event that cannot be recorded is counted and logged, and that is all: everything that a person must know stands in
the status too, and a second pass would find nothing to announce.
"""

import logging
from datetime import datetime

from model_operator.api.retrainingpolicy import RetrainingPolicyStatus
from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.core.announcements import Announcement, Regarding, announcements, policy_announcements
from model_operator.core.observed import SensorModelObject
from model_operator.gateways.errors import GatewayError
from model_operator.gateways.protocols import Cluster
from model_operator.metrics import Metrics

logger = logging.getLogger(__name__)


class Announcer:
    """Records events and counts decisions."""

    def __init__(self, cluster: Cluster, metrics: Metrics) -> None:
        self._cluster = cluster
        self._metrics = metrics

    async def announce(self, model: SensorModelObject, current: SensorModelStatus, now: datetime) -> None:
        """Tell the difference between the previous status of a model and the one that was just written."""
        last = current.last_decision
        if last is not None and last != model.previous.last_decision:
            self._metrics.decisions.labels(last.action, last.reason).inc()
        regarding = Regarding("SensorModel", model.namespace, model.name, model.uid)
        await self._tell(regarding, announcements(model.previous, current), now)

    async def announce_policy(
        self, policy: Regarding, previous: RetrainingPolicyStatus, current: RetrainingPolicyStatus, now: datetime
    ) -> None:
        """Tell the difference between the previous status of a policy and the one that was just written."""
        await self._tell(policy, policy_announcements(previous, current), now)

    async def _tell(self, regarding: Regarding, told: tuple[Announcement, ...], now: datetime) -> None:
        about = {"kind": regarding.kind, "namespace": regarding.namespace, "name": regarding.name}
        for announcement in told:
            self._metrics.events.labels(announcement.reason).inc()
            logger.info(announcement.note, extra={"k8s_ref": about, "reason": announcement.reason})
            try:
                with self._metrics.call("cluster.record_event"):
                    await self._cluster.record_event(regarding, announcement, now)
            except GatewayError as error:
                logger.warning("event %s is lost: %s", announcement.reason, error, extra={"k8s_ref": about})

"""How long one model drifted, had bad telemetry, or waited for a place, between its passes."""

from datetime import datetime, timedelta

from model_operator.api.sensormodelstatus import SensorModelStatus
from model_operator.api.vocabulary import ConditionType


class Tally:
    """Sums over virtual time.

    Attributes:
        drifting: drift from the Production version was confirmed.
        unhealthy: the telemetry was too bad or too little.
        waiting: a training waited for a place in the budget.
    """

    def __init__(self, since: datetime) -> None:
        self.drifting = self.unhealthy = self.waiting = timedelta()
        self._counted_until = since

    def count(self, until: datetime, status: SensorModelStatus, *, waits: bool) -> None:
        """Add the time since the last call, in which everything stood as the status says."""
        elapsed = max(until - self._counted_until, timedelta())
        self._counted_until += elapsed
        stands = {condition.type: condition.status for condition in status.conditions}
        if stands.get(ConditionType.DRIFT_DETECTED) == "True":
            self.drifting += elapsed
        if stands.get(ConditionType.DATA_HEALTHY) == "False":
            self.unhealthy += elapsed
        if waits:
            self.waiting += elapsed

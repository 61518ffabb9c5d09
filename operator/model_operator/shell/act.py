"""From a decision to the calls that carry it out. Every call is idempotent: a pass that is repeated repeats no effect.

A call that cannot succeed as it is becomes the `Failure` that the status tells; one that may succeed later is left to
the loop, which tries the whole pass again.
"""

from typing import NamedTuple

from model_operator.core.decision import Decision, Failure, LaunchJob
from model_operator.core.jobs import observe_job
from model_operator.core.observed import JobObservation
from model_operator.gateways.errors import Permanent
from model_operator.gateways.protocols import Cluster
from model_operator.metrics import Metrics
from model_operator.shell.budget import Budget
from model_operator.shell.intake import Intake
from model_operator.shell.kept import Kept
from model_operator.shell.registry_view import RegistryView


class Acted(NamedTuple):
    """What came of a decision."""

    launched: JobObservation | None = None
    failure: Failure | None = None


class Actor:
    """Carries decisions out."""

    def __init__(
        self,
        cluster: Cluster,
        view: RegistryView,
        *,
        intake: Intake,
        budget: Budget,
        metrics: Metrics,
    ) -> None:
        self._cluster = cluster
        self._view = view
        self._intake = intake
        self._budget = budget
        self._metrics = metrics

    async def act(self, model: Kept, decision: Decision) -> Acted:
        """Create the Job and write to the registry, in the order of the decision.

        Raises:
            NotYet: nothing was done; the model is woken when it can be.
            Transient: the same decision may succeed later.
            Conflict: the world has changed since it was observed.
        """
        try:
            if decision.registry_writes:
                await self._view.write(model.key, decision.registry_writes)
            return Acted(launched=await self._launch(model, decision.launch) if decision.launch else None)
        except Permanent as error:
            return Acted(failure=Failure(reason=error.reason, message=str(error)))

    async def _launch(self, model: Kept, launch: LaunchJob) -> JobObservation:
        with self._budget.launching(model), self._metrics.call("cluster.create_job"):
            job = await self._cluster.create_job(model.key.namespace, launch.manifest)
            self._intake.created(job)
        return observe_job(job, [])

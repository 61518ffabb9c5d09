"""One step of the stages: what `core.promotion_steps` answers, and `core.reconcile` turns into a decision."""

from model_operator.api.vocabulary import Reason
from model_operator.core.decision import RegistryWrite, SetGate
from model_operator.core.observed import Observation
from model_operator.core.stages import StagePlan


class StageStep(Observation):
    """What is to be done about stages; without writes there is nothing to do, and the reason says how things stand."""

    reason: Reason
    message: str
    plan: StagePlan = StagePlan()
    gate: SetGate | None = None
    handled_request: str | None = None

    @property
    def writes(self) -> tuple[RegistryWrite, ...]:
        """All registry writes of the step, in order."""
        return (*((self.gate,) if self.gate else ()), *self.plan.writes)


def describe_plan(plan: StagePlan) -> str:
    """The moves that a person cares for, in words; empty without moves."""
    return "; ".join(f"version {m.version} {m.from_stage} → {m.to_stage}: {m.message}" for m in plan.moves[:2])

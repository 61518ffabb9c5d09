"""A model without any complete version needs its first training."""

from model_contract.task import TriggerKind
from model_operator.api.vocabulary import Reason
from model_operator.core.decision import Verdict
from model_operator.core.observed import Observed

IDENTITY = "first-version"


def never_trained(observed: Observed) -> Verdict:
    """Fires while the registered model has no complete version."""
    complete = [version for version in observed.registry.versions if version.is_complete] if observed.registry else []
    if complete:
        return Verdict(
            check="initial",
            fires=False,
            reason=Reason.NOT_DUE,
            message=f"there is a complete version, the newest is {complete[0].version}",
            trigger=TriggerKind.INITIAL,
        )
    return Verdict(
        check="initial",
        fires=True,
        reason=Reason.FIRST_TRAINING,
        message="the registered model has no complete version",
        trigger=TriggerKind.INITIAL,
        identity=IDENTITY,
    )

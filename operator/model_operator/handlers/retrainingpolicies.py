"""Watch events of RetrainingPolicies go to the intake."""

from typing import Any

import kopf

from model_operator.gateways.resources import Resource
from model_operator.shell.intake import Intake

_PLACE = Resource.RETRAINING_POLICY.value


def register(registry: kopf.OperatorRegistry, intake: Intake) -> None:
    """Watch them."""

    @kopf.on.event(_PLACE.group, _PLACE.version, _PLACE.plural, registry=registry)
    async def policy_changed(event: kopf.RawEvent, **_: Any) -> None:
        intake.hear(Resource.RETRAINING_POLICY, event)

"""Drift profiles by digest: those of recorded versions, which MLflow holds, and those that the replay builds."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from model_contract.drift import DriftProfile
from model_operator.core.measure import MeasurementPlan


@dataclass
class Profiles:
    """What measurements are made with.

    Attributes:
        fetch: reads the profile of a run; raises `GatewayError` when MLflow cannot give it.
    """

    fetch: Callable[[str], bytes]
    _known: dict[str, bytes] = field(default_factory=dict)
    _parsed: dict[str, DriftProfile] = field(default_factory=dict)

    def add(self, profile: DriftProfile) -> str:
        """Keep a profile that was built; its digest."""
        content = profile.to_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self._known[digest] = content
        self._parsed[digest] = profile
        return digest

    def content(self, plan: MeasurementPlan) -> bytes | None:
        """The file that a plan names; None when it names none."""
        if plan.profile_digest is None:
            return None
        if plan.profile_digest not in self._known:
            self._known[plan.profile_digest] = self.fetch(plan.run_id)
        return self._known[plan.profile_digest]

    def parsed(self, plan: MeasurementPlan) -> DriftProfile | None:
        """The profile that a plan names; None when it names none.

        Raises:
            DriftError: what MLflow holds is no profile.
        """
        content = self.content(plan)
        if content is None or plan.profile_digest is None:
            return None
        if plan.profile_digest not in self._parsed:
            self._parsed[plan.profile_digest] = DriftProfile.from_bytes(content)
        return self._parsed[plan.profile_digest]

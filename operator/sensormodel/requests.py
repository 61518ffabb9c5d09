"""What a person asks of the operator, decided from the model as it stands: which version, and as what text.

Pure; `Cluster` writes the text as the annotation that the operator acts on once.
"""

import unicodedata
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from model_operator.api.base import KubeModel
from model_operator.api.requests import PROMOTE_REQUEST
from model_operator.api.vocabulary import Reason
from sensormodel.errors import InvalidRequest, Refused
from sensormodel.objects import Model
from sensormodel.versions import previous_production

_LONGEST_NAME: Final = 200  # of who asks; the value is 256 characters at most
_LONGEST_REASON: Final = 200  # of a training; the same
_KEEPERS: Final = (  # labels and annotations by which GitOps tools and Helm mark what they keep
    ("argocd.argoproj.io/tracking-id", "Argo CD"),
    ("argocd.argoproj.io/instance", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("helm.toolkit.fluxcd.io/name", "Flux"),
    ("meta.helm.sh/release-name", "Helm"),
)


class StageRequest(KubeModel):
    """A request to give Production to a version."""

    namespace: str
    name: str
    version: int
    before: Annotated[int | None, Field(description="the version that held Production; none: nobody")]
    value: Annotated[str, Field(description="of the annotation promote-version, or of spec.productionVersion")]
    pinned: Annotated[bool, Field(description="asked for by spec.productionVersion")] = False

    @property
    def is_rollback(self) -> bool:
        """Whether it goes back to an older version."""
        return self.before is not None and self.version < self.before


def version_to_approve(model: Model) -> int:
    """The version that waits for a person.

    Raises:
        Refused: none waits; the message says how things stand.
    """
    staging, last = model.status.stages.staging, model.status.last_decision
    if staging is None:
        raise Refused(f"no version of {model.key} waits for approval: none is in Staging", "Name one with its number.")
    if last is not None and last.reason is Reason.AWAITING_APPROVAL:
        return staging.version
    said = f": {last.message}" if last else ""
    raise Refused(
        f"version {staging.version} of {model.key} is in Staging, but it does not wait for approval{said}",
        f"To promote it all the same, name version {staging.version}.",
    )


def version_to_return_to(model: Model) -> int:
    """The version that held Production before.

    Raises:
        Refused: none is on record.
    """
    version = previous_production(model.status)
    if version is None:
        raise Refused(
            f"no earlier Production version of {model.key} is on record, so there is nothing to go back to",
            "Name the version to go back to; the registered model may have others.",
        )
    return version


def refuse_while_pinned(model: Model) -> None:
    """Requests by annotation do nothing while `spec.productionVersion` stands.

    Raises:
        Refused: it does; the remedy says where to change it.
    """
    pin = model.spec.production_version if model.spec else None
    if pin is None:
        return
    keeper = keeper_of(model)
    where = f"where {keeper} takes it from" if keeper else "where the spec is kept, for example in Git"
    raise Refused(
        f"spec.productionVersion pins {model.key} to version {pin}: requests do nothing while it stands",
        f"Change the pin {where}. Or write it into the cluster with --pin (in Python: pin=True).",
    )


def keeper_of(model: Model) -> str | None:
    """The tool that keeps the object's spec and will put back what others write; None: none that is known."""
    marks = {**model.labels, **model.annotations}
    return next((tool for mark, tool in _KEEPERS if mark in marks), None)


def promotion_value(version: int, who: str | None, now: datetime) -> str:
    """The value of the annotation: the version, who asks, and when, so that asking again is another value."""
    return f"{version}@{(who or '')[:_LONGEST_NAME]}/{now:%Y-%m-%dT%H:%M:%SZ}"


def training_value(reason: str | None, now: datetime) -> str:
    """The value of the annotation that asks for a training: the time, and why.

    Raises:
        InvalidRequest: the reason is too long or not one line.
    """
    stamp, words = f"{now:%Y-%m-%dT%H:%M:%SZ}", (reason or "").strip()
    if len(words) > _LONGEST_REASON:
        raise InvalidRequest(f"the reason has {len(words)} characters; at most {_LONGEST_REASON} fit")
    if any(unicodedata.category(character) == "Cc" for character in words):
        raise InvalidRequest("the reason must be one line without control characters")
    return f"{stamp} {words}" if words else stamp


def promotion_patch(value: str) -> dict[str, object]:
    """The merge patch that asks."""
    return {"metadata": {"annotations": {PROMOTE_REQUEST: value}}}

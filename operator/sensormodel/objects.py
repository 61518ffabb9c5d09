"""The custom resources as typed values, from the dicts of the API server or of a file.

Specs are parsed as the operator parses them; one that does not parse is None, because the status says what is wrong.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import ValidationError

from model_operator.api.retrainingpolicy import RetrainingPolicySpec, RetrainingPolicyStatus
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import SensorModelStatus
from sensormodel.errors import Refused


class Model(NamedTuple):
    """A SensorModel."""

    namespace: str
    name: str
    generation: int
    annotations: dict[str, str]
    spec: SensorModelSpec | None  # None: it does not parse
    status: SensorModelStatus
    uid: str = ""
    labels: Mapping[str, str] = MappingProxyType({})

    @property
    def key(self) -> str:
        """How messages name it."""
        return f"{self.namespace}/{self.name}"

    @property
    def was_seen(self) -> bool:
        """Whether the status is about the spec that is there."""
        return self.status.observed_generation >= self.generation


class Policy(NamedTuple):
    """A RetrainingPolicy."""

    name: str
    spec: RetrainingPolicySpec
    status: RetrainingPolicyStatus


def model_of(body: dict[str, Any]) -> Model:
    """A SensorModel.

    Raises:
        Refused: the status was written by an operator that is newer than this package.
    """
    metadata = body["metadata"]
    try:
        status = SensorModelStatus.model_validate(body.get("status") or {})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        path = ".".join(("status", *map(str, problem["loc"])))
        raise Refused(
            f"this client cannot read the status of {metadata['name']}: {path} is {problem['input']!r}",
            "The operator is newer than this package: install the operator's version.",
        ) from error
    try:
        spec = SensorModelSpec.model_validate(body.get("spec") or {})
    except ValidationError:
        spec = None
    return Model(
        namespace=metadata.get("namespace", "default"),
        name=metadata["name"],
        generation=metadata.get("generation", 1),
        annotations=metadata.get("annotations") or {},
        spec=spec,
        status=status,
        uid=metadata.get("uid", ""),
        labels=metadata.get("labels") or {},
    )


def policy_of(body: dict[str, Any] | None) -> Policy | None:
    """A RetrainingPolicy; None where there is none or where this client cannot read it."""
    if body is None:
        return None
    try:
        spec = RetrainingPolicySpec.model_validate(body.get("spec") or {})
        status = RetrainingPolicyStatus.model_validate(body.get("status") or {})
    except ValidationError:
        return None
    return Policy(body["metadata"]["name"], spec, status)

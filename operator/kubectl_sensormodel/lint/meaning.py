"""Would the operator work with these objects? What the API server cannot see: hyperparameters, times, other objects."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from kubectl_sensormodel.lint.admission import stored
from kubectl_sensormodel.lint.problems import Fault, Level
from model_contract.hyperparameters import validate_hyperparameters
from model_operator.api.crd import Kind
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.core.cron import schedule_problem

_MODEL, _POLICY = "SensorModel", "RetrainingPolicy"


class Identity(NamedTuple):
    """What an object is called, whether it is right or wrong."""

    kind: str
    namespace: str  # as written; empty: that of the command that applies it
    name: str


class Admitted(NamedTuple):
    """An object that the API server would take."""

    kind: Kind
    identity: Identity
    body: dict[str, Any]

    @property
    def spec(self) -> dict[str, Any]:
        """The spec with its defaults."""
        return dict(stored(self.kind, self.body)["spec"])

    @property
    def registered_model(self) -> str:
        """The name in MLflow, of a SensorModel."""
        return SensorModelSpec.model_validate(self.spec).registered_model


def operator_faults(one: Admitted) -> Iterator[Fault]:
    """What the operator would call `InvalidSpec`."""
    if one.kind.kind == _MODEL:
        spec = SensorModelSpec.model_validate(one.spec)
        try:
            validate_hyperparameters(spec.model_type, dict(spec.training.hyperparameters))
        except ValueError as error:
            yield Fault(("spec", "training", "hyperparameters"), str(error))
    else:
        problem = schedule_problem(RetrainingPolicySpec.model_validate(one.spec).triggers.schedule)
        if problem:
            field, message = problem.split(": ", 1)
            yield Fault(tuple(field.split(".")), message)


def reference_faults(one: Admitted, named: Counter[Identity], others: Iterable[Admitted]) -> Iterator[Fault]:
    """What does not fit together in the files: a policy that is not there, a name that two objects share.

    Args:
        one: the object.
        named: how often each object stands in the files, right or wrong.
        others: the objects that the API server would take.
    """
    mine = one.identity
    if named[mine] > 1:
        yield Fault(("metadata", "name"), "stands in these files more than once; the last one wins", Level.WARNING)
    if mine.kind != _MODEL:
        return
    wanted = SensorModelSpec.model_validate(one.spec).policy_ref.name
    policies = [each.name for each in named if (each.kind, each.namespace) == (_POLICY, mine.namespace)]
    if policies and wanted not in policies:
        meant = difflib.get_close_matches(wanted, policies, n=1)
        hint = f"did you mean {meant[0]}?" if meant else f"they have {', '.join(sorted(policies))}"
        message = f"these files have no RetrainingPolicy {wanted} for this namespace; {hint}"
        yield Fault(("spec", "policyRef", "name"), message, Level.WARNING)
    models = [each for each in others if each.kind.kind == _MODEL and each.identity != mine]
    twin = next((each for each in models if each.registered_model == one.registered_model), None)
    if twin is not None:
        message = (
            f"registered model {one.registered_model} is also that of SensorModel {twin.identity.name}: the second to "
            "come will be Stalled (RegisteredModelOwned); give one its own spec.registry.modelName"
        )
        yield Fault(("spec", "registry", "modelName"), message, Level.WARNING)

"""The CustomResourceDefinitions of both kinds, as dictionaries.

Called by `render.py`, which writes them to `crds/`, and by tests. Schemas come from the API types through `schema.py`;
here stands what a type cannot say: names, printer columns, selectable fields, and rules about the object as a whole.
"""

from typing import Any, Final, NamedTuple

from model_operator.api.base import GROUP, VERSION, KubeModel
from model_operator.api.retrainingpolicy import RetrainingPolicySpec, RetrainingPolicyStatus
from model_operator.api.rules import Rule
from model_operator.api.schema import Schema, structural_schema, validation
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.sensormodelstatus import SensorModelStatus

CATEGORY: Final = "mlops"
# A Job's name is the model's name, a dash and 10 characters of hash, and a label of its pods: 63 at most, two spare.
LONGEST_MODEL_NAME: Final = 50


class Column(NamedTuple):
    """One column of `kubectl get`."""

    name: str
    json_path: str
    description: str
    type: str = "string"
    wide: bool = False  # only with -o wide


class Kind(NamedTuple):
    """All that the CRD of one kind is made of."""

    kind: str
    plural: str
    short_name: str
    description: str
    spec: type[KubeModel]
    status: type[KubeModel]
    columns: tuple[Column, ...]
    selectable: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    spec_is_required: bool = True

    @property
    def crd_name(self) -> str:
        """The name of the CustomResourceDefinition."""
        return f"{self.plural}.{GROUP}"


_READY: Final = '.status.conditions[?(@.type=="Ready")].status'
_HELD: Final = '.status.conditions[?(@.type=="CommonCause")].status'

SENSOR_MODEL: Final = Kind(
    kind="SensorModel",
    plural="sensormodels",
    short_name="sm",
    description="SensorModel: the model of one sensor, kept fresh by a RetrainingPolicy.",
    spec=SensorModelSpec,
    status=SensorModelStatus,
    columns=(
        Column("Type", ".spec.modelType", "Type of the model."),
        Column("Stage", ".status.summary.stage", "Stage of the version that counts."),
        Column("Version", ".status.summary.version", "Version that counts."),
        Column("Ready", _READY, "Whether a version can be used."),
        Column("Drift", ".status.summary.drift", "Severity and score of the newest judged window."),
        Column("KPI", ".status.summary.kpi", "Quality of the version that counts."),
        Column("Trained", ".status.schedule.lastTrainingTime", "Age of the newest version.", type="date"),
        Column("Next", ".status.summary.next", "When a training is due, or what is going on."),
        Column("Reason", ".status.summary.reason", "Reason of the last decision."),
        Column("Policy", ".spec.policyRef.name", "RetrainingPolicy that decides.", wide=True),
        Column("Suspended", ".spec.suspend", "Whether nothing new starts.", type="boolean", wide=True),
        Column("Message", ".status.lastDecision.message", "The last decision with its numbers.", wide=True),
        Column("Age", ".metadata.creationTimestamp", "Age of the object.", type="date", wide=True),
    ),
    selectable=(".spec.policyRef.name",),
    rules=(
        Rule(
            f"self.metadata.name.size() <= {LONGEST_MODEL_NAME}",
            f"`metadata.name` must be at most {LONGEST_MODEL_NAME} characters long, so that the names of its Jobs fit",
        ),
    ),
)

RETRAINING_POLICY: Final = Kind(
    kind="RetrainingPolicy",
    plural="retrainingpolicies",
    short_name="rtp",
    description="RetrainingPolicy: when models are stale, what a better version is, and how much may be trained.",
    spec=RetrainingPolicySpec,
    status=RetrainingPolicyStatus,
    columns=(
        Column("Models", ".status.models", "Models that name this policy.", type="integer"),
        Column("Ready", ".status.ready", "Models that serve a Production version.", type="integer"),
        Column("Training", ".status.training", "Models with a live training Job.", type="integer"),
        Column("Waiting", ".status.waiting", "Models that wait for a place in a budget.", type="integer"),
        Column("Held", _HELD, "Whether trainings for drift are held for a common cause."),
        Column("Check", ".spec.checkInterval", "How often telemetry and registry are looked at."),
        Column("Cooldown", ".spec.cooldown", "Least time from one version to the next training."),
        Column("Suspended", ".spec.suspend", "Whether nothing new starts.", type="boolean"),
        Column("Age", ".metadata.creationTimestamp", "Age of the object.", type="date"),
    ),
    spec_is_required=False,
)

KINDS: Final = (SENSOR_MODEL, RETRAINING_POLICY)


def custom_resource_definition(kind: Kind) -> dict[str, Any]:
    """The CustomResourceDefinition of one kind."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.crd_name},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.kind.lower(),
                "shortNames": [kind.short_name],
                "categories": [CATEGORY],
            },
            "versions": [_version(kind)],
        },
    }


def _version(kind: Kind) -> dict[str, Any]:
    version: dict[str, Any] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_printer_column(column) for column in kind.columns],
        "schema": {"openAPIV3Schema": _object_schema(kind)},
    }
    if kind.selectable:
        version["selectableFields"] = [{"jsonPath": path} for path in kind.selectable]
    return version


def _printer_column(column: Column) -> dict[str, Any]:
    printed = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.json_path,
        "description": column.description,
    }
    return printed | ({"priority": 1} if column.wide else {})


def _object_schema(kind: Kind) -> Schema:
    spec = structural_schema(kind.spec, status=False)
    if not kind.spec_is_required:
        spec["default"] = {}
    # kstatus reads a missing observedGeneration as "done"; -1 says that the operator has not looked yet.
    status = structural_schema(kind.status, status=True) | {"default": {"observedGeneration": -1}}
    schema: Schema = {
        "type": "object",
        "description": kind.description,
        "properties": {
            "apiVersion": {"type": "string", "description": f"apiVersion: {GROUP}/{VERSION}."},
            "kind": {"type": "string", "description": f"kind: {kind.kind}."},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }
    if kind.spec_is_required:
        schema["required"] = ["spec"]
    if kind.rules:
        schema["x-kubernetes-validations"] = [validation(rule) for rule in kind.rules]
    return schema

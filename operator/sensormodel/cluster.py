"""SensorModels and RetrainingPolicies in a cluster: applied, read, asked for something, waited for."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from model_operator.api.base import API_VERSION, KubeModel
from model_operator.api.requests import RETRAIN_REQUEST
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from sensormodel.connection import POLICIES, SENSOR_MODELS, Connection
from sensormodel.errors import InvalidRequest, Refused
from sensormodel.objects import Model, Policy, model_of, policy_of
from sensormodel.requests import (
    StageRequest,
    promotion_patch,
    promotion_value,
    refuse_while_pinned,
    training_value,
    version_to_approve,
    version_to_return_to,
)
from sensormodel.waiting import Clock, Expectation, SystemClock, has_answered, serves, wait

_PLURALS: Final = {"SensorModel": SENSOR_MODELS, "RetrainingPolicy": POLICIES}
_PATIENCE: Final = timedelta(minutes=1)  # for the operator to act on a request


class Cluster:
    """One namespace of a cluster, with the rights of a kubeconfig.

    It writes specs and annotations, never a status: moves between stages are the operator's, and what is asked for here
    it does within seconds, or says why not.

    Args:
        connection: to the cluster.
        clock: time.
    """

    def __init__(self, connection: Connection, clock: Clock | None = None) -> None:
        self._connection = connection
        self._clock = clock or SystemClock()

    @classmethod
    def connect(
        cls, namespace: str | None = None, *, context: str | None = None, kubeconfig: Path | None = None
    ) -> "Cluster":
        """The cluster that kubectl would ask; nothing is sent yet.

        Args:
            namespace: None: that of the context.
            context: of the kubeconfig; None: the current one.
            kubeconfig: None: KUBECONFIG, then ~/.kube/config, then the service account of a pod.
        """
        return cls(Connection.connect(kubeconfig, context, namespace))

    def apply(self, *manifests: Mapping[str, Any], force: bool = False) -> None:
        """Server-side apply of SensorModels and RetrainingPolicies, as `kubectl apply --server-side` does it.

        Args:
            manifests: as in YAML files; their namespace must be that of the cluster object, if they name one.
            force: take over fields that somebody else has applied.

        Raises:
            InvalidRequest: a manifest is of another kind or for another namespace.
            Refused: the cluster refuses one, with the field path.
        """
        for manifest in manifests:
            kind, metadata = manifest.get("kind"), manifest.get("metadata") or {}
            if kind not in _PLURALS or not metadata.get("name"):
                raise InvalidRequest(f"{kind} {metadata.get('name')}: only named {' and '.join(_PLURALS)} are applied")
            if metadata.get("namespace", self._connection.namespace) != self._connection.namespace:
                raise InvalidRequest(
                    f"{kind} {metadata['name']} is for namespace {metadata['namespace']}, "
                    f"this is {self._connection.namespace}"
                )
        for manifest in manifests:
            name = manifest["metadata"]["name"]
            self._connection.apply(_PLURALS[manifest["kind"]], name, manifest, force=force)

    def apply_model(self, name: str, spec: SensorModelSpec, *, force: bool = False) -> None:
        """Apply a SensorModel; only fields that were given are written, so that defaults stay the cluster's."""
        self.apply(_manifest("SensorModel", name, spec), force=force)

    def apply_policy(self, name: str, spec: RetrainingPolicySpec, *, force: bool = False) -> None:
        """Apply a RetrainingPolicy; only fields that were given are written."""
        self.apply(_manifest("RetrainingPolicy", name, spec), force=force)

    def model(self, name: str) -> Model:
        """A SensorModel with its typed spec and status.

        Raises:
            Missing: there is none of that name; similar names are told.
        """
        return model_of(self._connection.get(SENSOR_MODELS, name))

    def models(self) -> tuple[Model, ...]:
        """All SensorModels of the namespace, by name."""
        return tuple(model_of(body) for body in self._connection.list(SENSOR_MODELS))

    def policy(self, name: str) -> Policy:
        """A RetrainingPolicy with its typed spec and status.

        Raises:
            Missing: there is none of that name.
            Refused: it was written by an operator that is newer than this package.
        """
        policy = policy_of(self._connection.get(POLICIES, name))
        if policy is None:
            raise Refused(f"this package cannot read RetrainingPolicy {name}", "Install the operator's version.")
        return policy

    def request_training(self, name: str, reason: str | None = None) -> str:
        """Ask for one training now; it passes cooldown and back-off, but no suspension.

        Returns:
            The value of the annotation, for `has_trained_for`.
        """
        value = training_value(reason, self._clock.now())
        self._connection.patch(SENSOR_MODELS, name, {"metadata": {"annotations": {RETRAIN_REQUEST: value}}})
        return value

    def promote(self, name: str, version: int | None = None, *, pin: bool = False) -> StageRequest:
        """Ask for a version to become Production, whatever the gate says of it.

        Args:
            name: of the SensorModel.
            version: None: the one that waits for approval.
            pin: write `spec.productionVersion` instead of asking once. Automatic promotion rests while it stands, and a
                GitOps tool that keeps the spec puts it back.

        Raises:
            Refused: no version waits, or the model is pinned and `pin` is not asked for.
        """
        model = self.model(name)
        if not pin:
            refuse_while_pinned(model)
        return self._ask(model, version if version is not None else version_to_approve(model), pin=pin)

    def roll_back(self, name: str, to: int | None = None, *, pin: bool = False) -> StageRequest:
        """Ask for an earlier version to become Production again.

        Args:
            name: of the SensorModel.
            to: None: the version that held Production before.
            pin: as in `promote`.

        Raises:
            Refused: no earlier version is on record, it is Production already, or the model is pinned.
        """
        model = self.model(name)
        if not pin:
            refuse_while_pinned(model)
        target = to if to is not None else version_to_return_to(model)
        if serves(target)(model):
            raise Refused(f"version {target} of {model.key} is Production already")
        return self._ask(model, target, pin=pin)

    def wait(self, name: str, until: Expectation, timeout: timedelta = _PATIENCE) -> Model:
        """The model as soon as it is as expected; `sensormodel.waiting` has what is often expected.

        Raises:
            TimedOut: it was not within the time.
        """
        return wait(lambda: self.model(name), until, timeout, self._clock)

    def wait_for(self, request: StageRequest, timeout: timedelta = _PATIENCE) -> Model:
        """The model once the operator has done what was asked.

        Raises:
            Refused: it has refused; the message says why.
            TimedOut: it has not acted within the time.
        """
        model = self.wait(request.name, has_answered(request), timeout)
        if not serves(request.version)(model):
            last = model.status.last_decision
            raise Refused(
                f"version {request.version} of {model.key} is not Production: {last.message if last else 'unknown'}"
            )
        return model

    def _ask(self, model: Model, version: int, *, pin: bool) -> StageRequest:
        value = str(version) if pin else promotion_value(version, self._connection.who(), self._clock.now())
        patch = {"spec": {"productionVersion": version}} if pin else promotion_patch(value)
        self._connection.patch(SENSOR_MODELS, model.name, patch)
        holder = model.status.stages.production
        return StageRequest(
            namespace=model.namespace,
            name=model.name,
            version=version,
            before=holder.version if holder else None,
            value=value,
            pinned=pin,
        )


def _manifest(kind: str, name: str, spec: KubeModel) -> dict[str, Any]:
    given = spec.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": given}

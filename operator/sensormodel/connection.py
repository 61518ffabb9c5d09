"""The custom resources of one cluster as plain dicts: get, list, patch, apply. Every call to them goes through here.

`Cluster` and the kubectl plugin hold a `Connection`; `objects.py` gives its dicts types. Every failure is a
`ClientError`.
"""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import urllib3
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from model_operator.api.base import GROUP, VERSION
from sensormodel.api_failures import failure, object_is_missing, unreachable
from sensormodel.errors import ClientError, Missing
from sensormodel.kubeconfig import load_access

_TIMEOUT_SECONDS: Final = (5.0, 30.0)  # to connect, to read
_PAGE: Final = 500
_NAMES_TOLD: Final = 8

SENSOR_MODELS: Final = "sensormodels"
POLICIES: Final = "retrainingpolicies"
_KIND: Final = {SENSOR_MODELS: "SensorModel", POLICIES: "RetrainingPolicy"}

FIELD_MANAGER: Final = "kubectl-sensormodel"

Object = dict[str, Any]


class Connection:
    """One namespace of the cluster of a kubeconfig's context, with the rights that the kubeconfig gives.

    Attributes:
        access: the configured client, for calls about other kinds.
        namespace: that is meant where none is named.
    """

    access: client.ApiClient
    namespace: str

    def __init__(self, access: client.ApiClient, namespace: str) -> None:
        self.access = access
        self.namespace = namespace
        self._server: str = access.configuration.host
        self._objects = client.CustomObjectsApi(access)

    @classmethod
    def connect(cls, kubeconfig: Path | None, context: str | None, namespace: str | None) -> "Connection":
        """The cluster that kubectl would ask; nothing is sent yet."""
        access = load_access(kubeconfig, context)
        return cls(access.client, namespace or access.namespace)

    def get(self, plural: str, name: str) -> Object:
        """One object.

        Raises:
            Missing: there is none of that name; similar names are told.
        """
        call = self._objects.get_namespaced_custom_object
        return dict(self._ask("get", plural, name, lambda: call(*self._place(plural), name, **_bounded())))

    def find(self, plural: str, name: str) -> Object | None:
        """One object, or None where it cannot be read: for what only completes an answer."""
        try:
            return self.get(plural, name)
        except ClientError:
            return None

    def list(self, plural: str, *, all_namespaces: bool = False, selector: str | None = None) -> list[Object]:
        """Every object, or every one with the labels of a selector, by namespace and name, read in pages."""
        found: list[Object] = []
        token: str | None = None
        while token != "":
            page = self._page(plural, token, all_namespaces=all_namespaces, selector=selector)
            found += page["items"]
            token = page["metadata"].get("continue", "")
        return sorted(found, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"]))

    def patch(self, plural: str, name: str, body: Mapping[str, Any]) -> Object:
        """A merge patch of metadata or spec, which the status subresource keeps away from the status."""
        call = self._objects.patch_namespaced_custom_object
        options = {"_content_type": "application/merge-patch+json", "field_manager": FIELD_MANAGER} | _bounded()
        return dict(self._ask("patch", plural, name, lambda: call(*self._place(plural), name, dict(body), **options)))

    def apply(self, plural: str, name: str, body: Mapping[str, Any], *, force: bool = False) -> None:
        """Server-side apply: the object is created or brought to what the body says, field by field.

        Args:
            plural: of the kind.
            name: of the object.
            body: the whole object as it is wanted; fields that it leaves out stay as others set them.
            force: take over fields that somebody else owns; otherwise they are a `Refused` that names the owner.
        """
        call = self._objects.patch_namespaced_custom_object
        options = {"_content_type": "application/apply-patch+yaml", "field_manager": FIELD_MANAGER, "force": force}
        options |= {"field_validation": "Strict"} | _bounded()
        self._ask("patch", plural, None, lambda: call(*self._place(plural), name, dict(body), **options))

    def who(self) -> str | None:
        """The user that the cluster takes this kubeconfig for; None where it does not say."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            answer = client.AuthenticationV1Api(self.access).create_self_subject_review(review, **_bounded())
        except (ApiException, urllib3.exceptions.HTTPError, OSError):
            return None  # only a name for the record is lost
        return str(answer.status.user_info.username) if answer.status and answer.status.user_info else None

    def _page(self, plural: str, token: str | None, *, all_namespaces: bool, selector: str | None) -> Object:
        options = {"limit": _PAGE, **({"_continue": token} if token else {}), **_bounded()}
        options |= {"label_selector": selector} if selector else {}
        everywhere, here = self._objects.list_cluster_custom_object, self._objects.list_namespaced_custom_object

        def call() -> Any:
            if all_namespaces:
                return everywhere(GROUP, VERSION, plural, **options)
            return here(*self._place(plural), **options)

        return dict(self._ask("list", plural, None, call, all_namespaces=all_namespaces))

    def _ask(
        self, verb: str, plural: str, name: str | None, call: Callable[[], Any], *, all_namespaces: bool = False
    ) -> Any:
        try:
            return call()
        except ApiException as error:
            if name is not None and object_is_missing(error):
                raise self._missing(plural, name) from error
            where = None if all_namespaces else self.namespace
            raise failure(error, verb, plural, where, self._server) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise unreachable(self._server, error) from error

    def _missing(self, plural: str, name: str) -> Missing:
        """The error for a name that is not there, with what may have been meant."""
        try:
            names = [each["metadata"]["name"] for each in self.list(plural)]
        except ClientError:
            names = []
        similar = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
        told = ", ".join(sorted(names)[:_NAMES_TOLD]) + (", …" if len(names) > _NAMES_TOLD else "")
        if similar:
            remedy = f"Did you mean {' or '.join(similar)}?"
        elif names:
            remedy = f"There are: {told}."
        else:
            remedy = f"The namespace has none at all; choose another one with -n. `kubectl get {plural} -A` lists all."
        return Missing(f"namespace {self.namespace} has no {_KIND[plural]} {name!r}", remedy)

    def _place(self, plural: str) -> tuple[str, str, str, str]:
        return GROUP, VERSION, self.namespace, plural


def _bounded() -> dict[str, Any]:
    return {"_request_timeout": _TIMEOUT_SECONDS}

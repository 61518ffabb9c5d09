"""An API server that has the kinds, as a test asks it: in one namespace, by kubectl and, where nothing is stored, by HTTP."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from kubernetes import client

from localcluster import Cluster, ClusterError
from model_operator.api.base import GROUP, VERSION
from model_operator.api.crd import KINDS
from tests.cluster.api.objects import Object

ROOT = Path(__file__).resolve().parents[3]


class Api(NamedTuple):
    """An API server that has the CRDs, seen from one namespace."""

    cluster: Cluster
    namespace: str
    http: client.CustomObjectsApi

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def apply(self, wanted: Object) -> Object:
        """Server-side apply with strict validation; the object as the server stores it."""
        return self._send("apply", "--server-side", wanted=wanted)

    def try_out(self, wanted: Object) -> Object:
        """What creating the object would store."""
        kind = next(kind for kind in KINDS if kind.kind == wanted["kind"])
        created = self.http.create_namespaced_custom_object(
            GROUP, VERSION, self.namespace, kind.plural, wanted, dry_run="All", field_validation="Strict"
        )
        return dict(created)

    def refusal(self, wanted: Object, *, update: bool = False) -> str:
        """What the server says to an object that it must refuse."""
        if update:
            with pytest.raises(ClusterError) as refused_update:
                self.apply(wanted)
            return str(refused_update.value)
        with pytest.raises(client.ApiException) as refused:
            self.try_out(wanted)
        return str(json.loads(refused.value.body)["message"])

    def set_status(self, kind: str, name: str, status: Object) -> None:
        """Write the status as the operator does: through the subresource."""
        patch = json.dumps({"status": status})
        self.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "--patch", patch)

    def apply_status(self, wanted: Object) -> Object:
        """Write the status by server-side apply."""
        return self._send("apply", "--server-side", "--subresource=status", "--field-manager=operator", wanted=wanted)

    def refusal_of_status(self, wanted: Object) -> str:
        """What the server says to a status that it must refuse."""
        with pytest.raises(ClusterError) as refused:
            self.apply_status(wanted)
        return str(refused.value)

    @contextmanager
    def without_rules(self, plural: str, admitted: Object) -> Iterator[None]:
        """An older CRD, which had none of today's CEL rules and so admitted what today is refused."""
        path = ROOT / "crds" / f"{plural}.yaml"
        older = json.dumps(_without_rules(yaml.safe_load(path.read_text(encoding="utf-8"))))
        self.kubectl("apply", "--server-side", "-f", "-", stdin=older)
        try:
            wait_until(lambda: self._admits(admitted))
            yield
        finally:
            self.kubectl("apply", "--server-side", "-f", str(path))
            wait_until(lambda: not self._admits(admitted))

    def _admits(self, wanted: Object) -> bool:
        try:
            self.try_out(wanted | {"metadata": {"name": "probe"}})
        except client.ApiException:
            return False
        return True

    def get(self, kind: str, name: str) -> Object:
        """The stored object."""
        return dict(json.loads(self.kubectl("get", kind, name, "-o", "json")))

    def _send(self, *arguments: str, wanted: Object) -> Object:
        answer = self.kubectl(*arguments, "--validate=strict", "-o", "json", "-f", "-", stdin=json.dumps(wanted))
        return dict(json.loads(answer))


def publishes(cluster: Cluster, text: str, *arguments: str) -> bool:
    """Whether the answer to kubectl holds a text; an error means that nothing is published at that path yet."""
    try:
        return text in cluster.kubectl(*arguments)
    except ClusterError:
        return False


def wait_until(happened: Callable[[], bool]) -> None:
    """Ask again until it is so: the API server takes up a CRD a moment after it accepts it."""
    give_up_at = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < give_up_at, "it did not happen within 30 s"


def _without_rules(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _without_rules(value) for key, value in schema.items() if key != "x-kubernetes-validations"}
    return [_without_rules(item) for item in schema] if isinstance(schema, list) else schema

"""A namespace of one test: create pods and Jobs in it, wait by watching, read what became of them."""

import json
from dataclasses import dataclass
from typing import Any

from localcluster import Cluster

Object = dict[str, Any]
_DEADLINE = "30s"


@dataclass(frozen=True)
class Namespace:
    cluster: Cluster
    name: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.cluster.kubectl("-n", self.name, *arguments, stdin=stdin)

    def create(self, *objects: Object) -> None:
        self.kubectl("create", "-f", "-", stdin="\n---\n".join(map(json.dumps, objects)))

    def get(self, what: str) -> Object:
        found: Object = json.loads(self.kubectl("get", what, "-o", "json"))
        return found

    def wait(self, what: str, path: str, value: str) -> Object:
        """Watch until the field at `path` has `value`; the object then."""
        self.kubectl("wait", f"--for=jsonpath={{{path}}}={value}", what, f"--timeout={_DEADLINE}")
        return self.get(what)

    def wait_for_phase(self, pod: str, phase: str) -> Object:
        return self.wait(f"pod/{pod}", ".status.phase", phase)

    def wait_for_condition(self, what: str, condition: str) -> Object:
        self.kubectl("wait", f"--for=condition={condition}", what, f"--timeout={_DEADLINE}")
        return self.get(what)

    def wait_until_gone(self, what: str) -> None:
        self.kubectl("wait", "--for=delete", what, f"--timeout={_DEADLINE}")


def shell(script: str, **fields: Any) -> Object:
    """A container that runs a shell script."""
    return {"name": "main", "image": "python:dev", "command": ["sh", "-c", script], **fields}


def pod(name: str, *containers: Object, **spec: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod_spec(*containers, **spec)}


def pod_spec(*containers: Object, **spec: Any) -> Object:
    defaults = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": list(containers),
    }
    return defaults | spec


def job(name: str, *containers: Object, **spec: Any) -> Object:
    template = {"spec": pod_spec(*containers)}
    metadata = {"name": name}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template} | spec}

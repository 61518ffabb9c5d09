"""What the API server or the network answered, as a sentence that says what is missing.

Called by `cluster.py` around each call. `NotFound` of one object is not handled here: `cluster.py` looks for similar
names first.
"""

import json
from http import HTTPStatus
from typing import Any

from kubernetes.client.exceptions import ApiException

from kubectl_sensormodel.errors import ExitCode, PluginError
from model_operator.api.base import GROUP

_INSTALL = "Install the operator, or at least its kinds: kubectl apply --server-side -f crds/"
_ROLES = {"get": "viewer", "list": "viewer", "patch": "editor"}


def failure(error: ApiException, verb: str, resource: str, namespace: str | None) -> PluginError:
    """The error for an answer of the API server that is no success.

    Args:
        error: as the client raised it.
        verb: RBAC verb of the call: get, list or patch.
        resource: plural name of the kind.
        namespace: of the call; None: all namespaces.
    """
    said = _status(error)
    where = f"in namespace {namespace}" if namespace else "in all namespaces"
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            return PluginError(
                "the cluster does not accept your credentials (401 Unauthorized)",
                "Log in again; `kubectl auth whoami` shows whether it worked.",
            )
        case HTTPStatus.FORBIDDEN:
            return PluginError(
                f"you may not {verb} {resource} {where}: {said.get('message', 'forbidden')}",
                f"You need the verb {verb!r} on {resource}.{GROUP}. The ClusterRole sensor-model-operator-"
                f"{_ROLES[verb]} has it, and so has every role that it aggregates to.",
            )
        case HTTPStatus.NOT_FOUND:
            return PluginError(f"the cluster does not know {resource}.{GROUP}: its CRD is not installed", _INSTALL)
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.BAD_REQUEST | HTTPStatus.CONFLICT:
            return PluginError(f"the cluster refused it: {said.get('message', error.reason)}", code=ExitCode.NOT_FINE)
    return PluginError(f"the API server answered {error.status}: {said.get('message', error.reason)}")


def object_is_missing(error: ApiException) -> bool:
    """Whether the answer says that the kind is served, but has no object of that name."""
    return error.status == HTTPStatus.NOT_FOUND and bool(_status(error).get("details", {}).get("name"))


def unreachable(server: str, error: Exception) -> PluginError:
    """The error when no answer came at all."""
    cause = str(getattr(error, "reason", None) or error)
    words = cause.rsplit(": ", 1)[-1].strip("<>()'\" ")
    return PluginError(
        f"the cluster at {server} does not answer: {words}",
        "Is it running, and is it the right context? `kubectl config current-context` names yours.",
    )


def _status(error: ApiException) -> dict[str, Any]:
    """The Status object of an answer; empty when the body is none."""
    try:
        body = json.loads(error.body or "")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}

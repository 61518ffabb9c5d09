"""What the API server or the network answered, as a sentence that says what is missing.

Called by `connection.py` around each call. A missing object is not handled here: `connection.py` looks for similar
names first.
"""

import json
import re
from http import HTTPStatus
from typing import Any

from kubernetes.client.exceptions import ApiException

from model_operator.api.base import GROUP
from sensormodel.errors import ClientError, NoAnswer, Refused

_INSTALL = "Install the operator, or at least its kinds: kubectl apply --server-side -f crds/"
_LOG_IN = "Log in again; `kubectl auth whoami` says who you are to the cluster."
_TLS = "Is certificate-authority-data of the kubeconfig that of this cluster, and has the cluster been made anew?"
_ROLES = {"get": "viewer", "list": "viewer", "patch": "editor"}
_OWN_ROLES = {"get": "view, edit and admin", "list": "view, edit and admin", "patch": "edit and admin"}
_USER = re.compile(r'User "([^"]+)" cannot')
_UNKNOWN_FIELD = "failed to create typed patch object"  # what server-side apply says, as if it were its own fault
_NOBODY = "system:anonymous"


def failure(error: ApiException, verb: str, resource: str, namespace: str | None, server: str) -> ClientError:
    """The error for an answer of the API server that is no success, or for none.

    Args:
        error: as the client raised it.
        verb: RBAC verb of the call: get, list or patch.
        resource: plural name of the kind.
        namespace: of the call; None: all namespaces.
        server: its address.
    """
    said = str(_status(error).get("message") or error.body or error.reason).strip()
    match error.status:
        case None | 0:  # the client's word for a failure of TLS
            return NoAnswer(f"the certificates do not fit the cluster at {server}: {_cause(error.reason)}", _TLS)
        case HTTPStatus.UNAUTHORIZED:
            return NoAnswer("the cluster does not accept your credentials (401 Unauthorized)", _LOG_IN)
        case HTTPStatus.FORBIDDEN:
            return _forbidden(said, verb, resource, f"in namespace {namespace}" if namespace else "in all namespaces")
        case HTTPStatus.NOT_FOUND:
            return NoAnswer(f"the cluster does not know {resource}.{GROUP}: its CRD is not installed", _INSTALL)
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.BAD_REQUEST | HTTPStatus.CONFLICT:
            return Refused(f"the cluster refused it: {said}")
        case HTTPStatus.INTERNAL_SERVER_ERROR if said.startswith(_UNKNOWN_FIELD):
            return Refused(f"the cluster refused it: {said}")
    return NoAnswer(f"the API server at {server} answered {error.status}: {said}")


def _forbidden(said: str, verb: str, resource: str, where: str) -> NoAnswer:
    user = _USER.search(said)
    if user and user[1] == _NOBODY:
        return NoAnswer("the cluster does not know who you are: the kubeconfig gave no credentials", _LOG_IN)
    who = f"you are {user[1]}, who" if user else f"{said}: you"
    role = f"sensor-model-operator-{_ROLES[verb]}"
    return NoAnswer(
        f"{who} may not {verb} {resource} {where}",
        f"Needed is the verb {verb} on {resource}.{GROUP}. The ClusterRole {role} has it, and so have Kubernetes' own "
        f"{_OWN_ROLES[verb]}.",
    )


def object_is_missing(error: ApiException) -> bool:
    """Whether the answer says that the kind is served, but has no object of that name."""
    return error.status == HTTPStatus.NOT_FOUND and bool(_status(error).get("details", {}).get("name"))


def unreachable(server: str, error: Exception) -> NoAnswer:
    """The error when no answer came at all."""
    return NoAnswer(
        f"the cluster at {server} does not answer: {_cause(getattr(error, 'reason', None) or error)}",
        "Is it running, and is it the right context? `kubectl config current-context` names yours.",
    )


def _cause(error: object) -> str:
    """The innermost words of an error of urllib3 or OpenSSL."""
    text = str(error).replace("\n", " ").removeprefix("SSLError ")
    text = re.sub(r"^<?[\w.]*(Connection|HTTPSConnection|HTTPConnection)\([^)]*\)>?: ", "", text)
    text = re.sub(r"^Failed to establish a new connection: ", "", text)
    return re.sub(r"\[(Errno -?\d+|SSL|X509)[^\]]*\] | \(_ssl\.c:\d+\)", "", text)


def _status(error: ApiException) -> dict[str, Any]:
    """The Status object of an answer; empty when the body is none."""
    try:
        body = json.loads(error.body or "")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}

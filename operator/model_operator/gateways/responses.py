"""Sorts what the API server answers into the errors of `errors.py`, with the server's own words.

Called by `api_server.py` for every answer that is not a success, so that no other module knows HTTP status codes.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from model_operator.api.vocabulary import Reason
from model_operator.gateways.errors import Conflict, GatewayError, NotFound, Permanent, Transient

_LONGEST_EXCERPT: Final = 300  # characters of an answer that is no Kubernetes Status

# 401 is transient, because tokens rotate and the next call reads the new one; 410 means that a list took too long.
_TRANSIENT: Final = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.GONE,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class AlreadyExists(Conflict):
    """An object with that name exists, or is still being deleted."""


def failure(call: str, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """The error for an answer that is not a success.

    Args:
        call: method and path, named in the message.
        status: HTTP status code.
        headers: of the answer.
        body: a Kubernetes Status as JSON, or whatever a proxy in between wrote.
    """
    answer = _status(body)
    message = (
        f"{call}: {status}: {answer.get('message') or body.decode(errors='replace')[:_LONGEST_EXCERPT] or 'no text'}"
    )
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(message)
    if status == HTTPStatus.CONFLICT:
        return AlreadyExists(message) if answer.get("reason") == "AlreadyExists" else Conflict(message)
    if status in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Transient(message, retry_after_seconds=_retry_after(headers, answer))
    return Permanent(message, reason=Reason.CLUSTER_REFUSED)


def _status(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else {}


def _retry_after(headers: Mapping[str, str], answer: Mapping[str, Any]) -> float | None:
    """Seconds to wait, from the header or from the Status; None when neither says so as a number."""
    for given in (headers.get("Retry-After"), (answer.get("details") or {}).get("retryAfterSeconds")):
        try:
            return max(0.0, float(given or "absent"))
        except ValueError:
            continue  # absent, or an HTTP date
    return None

"""One sweep of the registry: what every registered model looks like from afar, page by page, as plain JSON.

Called by `registry_calls`. The client of MLflow would cost six times the CPU for each model, and it keeps the
Retry-After of a server that is overloaded to itself.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request, verify_rest_response

from model_operator.gateways.errors import Transient
from model_operator.gateways.registry_failures import UnlikeMlflow, registry_errors
from model_operator.gateways.registry_pages import note_page

MODELS_PER_PAGE: Final = 200  # larger pages block a worker of the server for seconds
_ENDPOINT: Final = "/api/2.0/mlflow/registered-models/search"


def sweep_models(uri: str) -> dict[str, str]:
    """The name of every registered model with a fingerprint of all that the page says of it.

    Raises:
        Transient: with the pause that the server asks for, if it does.
    """
    return {model["name"]: _fingerprint(model) for model in _models(uri)}


def _models(uri: str) -> Iterator[dict[str, Any]]:
    token, seen = "", set[str]()
    while True:
        page = _page(uri, token)
        yield from page.get("registered_models", [])
        token = page.get("next_page_token") or ""
        if not token:
            return
        with registry_errors(uri, "listing registered models"):
            note_page(token, seen)


def _page(uri: str, token: str) -> dict[str, Any]:
    query = {"max_results": str(MODELS_PER_PAGE), "order_by": "name ASC"} | ({"page_token": token} if token else {})
    asked_to_wait: float | None = None
    try:
        with registry_errors(uri, "listing registered models"):
            answer = http_request(
                get_default_host_creds(uri), _ENDPOINT, "GET", params=query, max_retries=0, raise_on_status=False
            )
            asked_to_wait = _seconds(answer.headers.get("Retry-After"))
            page = verify_rest_response(answer, _ENDPOINT).json()
            _require_models(page)
    except Transient as error:
        error.retry_after_seconds = asked_to_wait
        raise
    found: dict[str, Any] = page
    return found


def _require_models(page: Mapping[str, Any]) -> None:
    models = page.get("registered_models", [])
    well_formed = isinstance(models, list) and all(
        isinstance(model, dict) and isinstance(model.get("name"), str) for model in models
    )
    if not well_formed or not isinstance(page.get("next_page_token", ""), str):
        raise UnlikeMlflow("the answer is no list of registered models")


def _fingerprint(model: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_ordered(model), sort_keys=True).encode()).hexdigest()


def _ordered(value: Any) -> Any:
    """The same JSON with its lists in one order, whatever the server's is."""
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(json.dumps(_ordered(item), sort_keys=True) for item in value)
    return value


def _seconds(retry_after: str | None) -> float | None:
    """A pause in seconds; a date counts as none."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None

"""Sorts what `MlflowClient` raises into the errors of `errors.py`, with a hint where people usually go wrong.

Called by `registry_calls.py` around every call. Only MLflow's own word counts as "does not exist": a 404 that some
proxy wrote must never look like a registered model without versions, because that would start a training.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]  # the stubs are a package of their own
from mlflow.exceptions import MlflowException, RestException

from model_operator.api.vocabulary import Reason
from model_operator.gateways.errors import GatewayError, NotFound, Permanent, Transient

_LONGEST_ANSWER: Final = 300  # characters
_REDIRECTED: Final = re.compile(r"error code 30[12378] ")
_REFUSED: Final = {"UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED"}
_WRONG: Final = {
    "INVALID_PARAMETER_VALUE",
    "BAD_REQUEST",
    "INVALID_STATE",
    "MALFORMED_REQUEST",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_LIMIT_EXCEEDED",
}


class UnlikeMlflow(Exception):  # noqa: N818 - what it says is a fact about the answer
    """The answer parses, but MLflow would not give it."""


@contextmanager
def registry_errors(uri: str, call: str) -> Iterator[None]:
    """Turns what MLflow's client raises into errors that name the server, the call and what may help."""
    try:
        yield
    except (
        MlflowException,
        UnlikeMlflow,
        ParseError,
        OSError,
    ) as error:  # OSError: requests, and temporary files of a download
        raise _failure(uri, call, error) from error


def _failure(uri: str, call: str, error: Exception) -> GatewayError:
    code = error.error_code if isinstance(error, MlflowException) else ""
    text = " ".join(str(error).split())
    message = f"MLflow at {_without_credentials(uri)}: {call}: {_without_credentials_in(text, uri)[:_LONGEST_ANSWER]}"
    if isinstance(error, RestException) and code == "RESOURCE_DOES_NOT_EXIST":
        return NotFound(message)
    if code in _REFUSED:
        return Permanent(f"{message}. {_refusal_hint(uri, text)}", reason=Reason.REGISTRY_UNAVAILABLE)
    if isinstance(error, RestException) and code in _WRONG:
        return Permanent(message, reason=Reason.REGISTRY_UNAVAILABLE)
    return Transient(f"{message}. {_outage_hint(error, text)}")


def _refusal_hint(uri: str, text: str) -> str:
    if "Invalid Host header" in text:
        host = urlsplit(uri).netloc.rpartition("@")[2]
        return f"Start the MLflow server with --allowed-hosts and name {host} there, port included"
    return (
        "Give the operator MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, of a user"
        " who may edit registered models"
    )


def _outage_hint(error: Exception, text: str) -> str:
    if _REDIRECTED.search(text):
        return "Credentials go nowhere else, so redirects are not followed: give the operator MLflow's final URL"
    if isinstance(error, UnlikeMlflow | ParseError) or "valid JSON" in text or "<html" in text.lower():
        return "Something else answers in MLflow's place: check the URL, and what stands between the operator and it"
    return "The operator tries again; check that the server runs and that the operator may reach it"


def _without_credentials(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _without_credentials_in(text: str, uri: str) -> str:
    credentials = urlsplit(uri).netloc.rpartition("@")[0]
    return text.replace(f"{credentials}@", "") if credentials else text

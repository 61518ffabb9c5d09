"""Sorts what `MlflowClient` raises into the errors of `errors.py`, with a hint where people usually go wrong.

Called by `registry_calls.py` around every call; the Python client sorts into errors of its own by the same kinds. Only
MLflow's own word counts as "does not exist": a 404 that some proxy wrote must never look like a registered model
without versions, because that would start a training.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
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


FAILURES: Final = (MlflowException, UnlikeMlflow, ParseError, OSError)  # OSError: requests, and files of a download


class Kind(Enum):
    """What a failed call means."""

    MISSING = auto()  # MLflow knows no such thing
    REFUSED = auto()  # it does not know who asks, or does not let them
    WRONG = auto()  # it cannot do what is asked
    NO_ANSWER = auto()  # it was not reached, could not, or something else answered


def kind_of(error: Exception) -> Kind:
    """What one of `FAILURES` means."""
    code = error.error_code if isinstance(error, MlflowException) else ""
    told_by_mlflow = isinstance(error, RestException)  # a proxy in between can say "404", too
    if told_by_mlflow and code == "RESOURCE_DOES_NOT_EXIST":
        return Kind.MISSING
    if code in _REFUSED:
        return Kind.REFUSED
    return Kind.WRONG if told_by_mlflow and code in _WRONG else Kind.NO_ANSWER


def describe(uri: str, call: str, error: Exception) -> str:
    """Server, call and answer in one line, without the credentials of the URI."""
    text = _without_credentials_in(" ".join(str(error).split()), uri)
    return f"MLflow at {_without_credentials(uri)}: {call}: {text[:_LONGEST_ANSWER]}"


def missing_host(uri: str, error: Exception) -> str | None:
    """The host that the server must be told to answer for; None: that is not the trouble."""
    return urlsplit(uri).netloc.rpartition("@")[2] if "Invalid Host header" in str(error) else None


@contextmanager
def registry_errors(uri: str, call: str) -> Iterator[None]:
    """Turns what MLflow's client raises into errors that name the server, the call and what may help."""
    try:
        yield
    except FAILURES as error:
        raise _failure(uri, call, error) from error


def _failure(uri: str, call: str, error: Exception) -> GatewayError:
    message = describe(uri, call, error)
    match kind_of(error):
        case Kind.MISSING:
            return NotFound(message)
        case Kind.REFUSED:
            return Permanent(f"{message}. {_refusal_hint(uri, error)}", reason=Reason.REGISTRY_UNAVAILABLE)
        case Kind.WRONG:
            return Permanent(message, reason=Reason.REGISTRY_UNAVAILABLE)
        case Kind.NO_ANSWER:
            return Transient(f"{message}. {_outage_hint(error)}")


def _refusal_hint(uri: str, error: Exception) -> str:
    if host := missing_host(uri, error):
        return f"Start the MLflow server with --allowed-hosts and name {host} there, port included"
    return (
        "Give the operator MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, of a user"
        " who may edit registered models"
    )


def _outage_hint(error: Exception) -> str:
    text = str(error)
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

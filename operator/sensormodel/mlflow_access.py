"""The connection to MLflow that `Experiments` and `Registry` share: settings and errors.

Calls are bounded in time. The settings of MLflow's client belong to the whole process, so what the caller has set
already stays as it is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]  # the stubs are a package of their own
from mlflow import MlflowClient
from mlflow.environment_variables import (
    MLFLOW_DISABLE_TELEMETRY,
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_TRACKING_URI,
)
from mlflow.exceptions import MlflowException, RestException

from model_operator.gateways.registry_failures import UnlikeMlflow
from sensormodel.errors import ClientError, InvalidRequest, Missing, NoAnswer, Refused

PAGE: Final = 500
_DEFAULTS: Final = (
    (MLFLOW_HTTP_REQUEST_TIMEOUT, 10),  # seconds
    (MLFLOW_HTTP_REQUEST_MAX_RETRIES, 2),
    (MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR, False),
    (MLFLOW_DISABLE_TELEMETRY, True),
)
_UNKNOWN_TO_IT: Final = {"UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED"}
_REFUSED: Final = {
    "INVALID_PARAMETER_VALUE",
    "BAD_REQUEST",
    "INVALID_STATE",
    "MALFORMED_REQUEST",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_LIMIT_EXCEEDED",
}
_FAILURES: Final = (MlflowException, UnlikeMlflow, ParseError, OSError)  # OSError: requests, and files of a download
_LONGEST_ANSWER: Final = 300  # characters


class Access:
    """One MLflow server. Credentials are MLflow's own variables, for example MLFLOW_TRACKING_TOKEN.

    Args:
        uri: of the server; None: the variable MLFLOW_TRACKING_URI.

    Raises:
        InvalidRequest: no server is named.
    """

    def __init__(self, uri: str | None) -> None:
        named = uri or os.environ.get(MLFLOW_TRACKING_URI.name)
        if not named:
            raise InvalidRequest("no MLflow server is named", "Name one, or set MLFLOW_TRACKING_URI.")
        for setting, value in _DEFAULTS:
            if not setting.is_set():
                setting.set(value)
        self.uri = named
        self.client = MlflowClient(tracking_uri=named, registry_uri=named)

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """Turns what MLflow's client raises into errors that name the server and the call."""
        try:
            yield
        except _FAILURES as error:
            raise self._failure(what, error) from error

    def _failure(self, what: str, error: Exception) -> ClientError:
        code = error.error_code if isinstance(error, MlflowException) else ""
        host = urlsplit(self.uri).netloc
        credentials, server = host.rpartition("@")[0], host.rpartition("@")[2] or self.uri
        text = " ".join(str(error).split())
        text = (text.replace(f"{credentials}@", "") if credentials else text)[:_LONGEST_ANSWER]
        message = f"MLflow at {server}: {what}: {text}"
        told_by_mlflow = isinstance(error, RestException)  # a proxy in between can say "404", too
        if told_by_mlflow and code == "RESOURCE_DOES_NOT_EXIST":
            return Missing(message)
        if "Invalid Host header" in text:
            return NoAnswer(message, f"Start the server with --allowed-hosts, and name {server} there with its port.")
        if code in _UNKNOWN_TO_IT:
            return NoAnswer(message, "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or a token.")
        if told_by_mlflow and code in _REFUSED:
            return Refused(message)
        return NoAnswer(message, "Is the server running, is it the right address, and is it MLflow that answers there?")

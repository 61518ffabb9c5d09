"""The connection to MLflow that `Experiments` and `Registry` share: settings and errors.

Calls are bounded in time. The settings of MLflow's client belong to the whole process, so what the caller has set
already stays as it is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mlflow import MlflowClient
from mlflow.environment_variables import (
    MLFLOW_DISABLE_TELEMETRY,
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_TRACKING_URI,
)

from model_operator.gateways.registry_failures import FAILURES, Kind, describe, kind_of, missing_host
from sensormodel.errors import ClientError, InvalidRequest, Missing, NoAnswer, Refused

PAGE: Final = 500
_DEFAULTS: Final = (
    (MLFLOW_HTTP_REQUEST_TIMEOUT, 10),  # seconds
    (MLFLOW_HTTP_REQUEST_MAX_RETRIES, 2),
    (MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR, False),
    (MLFLOW_DISABLE_TELEMETRY, True),
)


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
        except FAILURES as error:
            raise _failure(self.uri, what, error) from error


def _failure(uri: str, what: str, error: Exception) -> ClientError:
    message = describe(uri, what, error)
    match kind_of(error):
        case Kind.MISSING:
            return Missing(message)
        case Kind.WRONG:
            return Refused(message)
        case Kind.REFUSED | Kind.NO_ANSWER if host := missing_host(uri, error):
            return NoAnswer(message, f"Start the server with --allowed-hosts, and name {host} there with its port.")
        case Kind.REFUSED:
            return NoAnswer(message, "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or a token.")
        case Kind.NO_ANSWER:
            return NoAnswer(
                message, "Is the server running, is it the right address, and is it MLflow that answers there?"
            )

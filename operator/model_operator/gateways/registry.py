"""MLflow as the shell sees it: sweeps, registered models, idempotent writes and drift profiles.

`app` builds one `MlflowRegistry`, the shell calls it. Calls of `MlflowClient` block, so they run in threads of their
own, and a server that does not answer occupies those threads and nothing else. The client costs 0.3 ms of CPU per model
of a sweep; raw requests would cost 0.05 ms.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from mlflow import MlflowClient
from mlflow.environment_variables import (
    MLFLOW_DISABLE_TELEMETRY,
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
)
from mlflow.telemetry import set_telemetry_client

from model_operator.core.decision import RegistryWrite
from model_operator.core.observed import RegisteredModel
from model_operator.gateways.registry_calls import RegistryCalls

_P = ParamSpec("_P")
_T = TypeVar("_T")


class MlflowRegistry:
    """Implements `ModelRegistry` with `MlflowClient`.

    Time-out, retries, telemetry and progress bars of MLflow's client are settings of the whole process; making a
    registry sets them. Credentials are MLflow's own variables, for example MLFLOW_TRACKING_TOKEN.

    Args:
        uri: of the MLflow server.
        threads: calls at the same time.
        timeout_seconds: of one request.
        retries: of one request, after refused connections, 429 and 5xx.
    """

    def __init__(self, uri: str, *, threads: int = 4, timeout_seconds: int = 10, retries: int = 1) -> None:
        MLFLOW_HTTP_REQUEST_TIMEOUT.set(timeout_seconds)
        MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(retries)
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
        MLFLOW_DISABLE_TELEMETRY.set(True)
        set_telemetry_client()  # reads the variable, which came too late for the import of mlflow
        self._calls = RegistryCalls(MlflowClient(tracking_uri=uri, registry_uri=uri), uri)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="mlflow")

    def close(self) -> None:
        """Start no further call. Running ones end by their time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def sweep(self) -> dict[str, str]:
        """The name of every registered model with a fingerprint that changes with its aliases, tags or versions.

        Tags are seen on the registered model and on its newest version, because MLflow's pages hold no others.
        """
        return await self._run(self._calls.sweep)

    async def read_model(self, name: str) -> RegisteredModel:
        """The model with its versions, newest first; an empty one when it does not exist.

        Holders of an alias and the newest complete versions come with their metrics, read once per run.
        """
        return await self._run(self._calls.read_model, name)

    async def write(self, write: RegistryWrite) -> None:
        """One idempotent write.

        Raises:
            Conflict: the model or the version is gone.
        """
        await self._run(self._calls.write, write)

    async def read_profile(self, run_id: str) -> bytes:
        """The drift profile among the artifacts of a run.

        Raises:
            NotFound: the run or the artifact is not there.
            Permanent: the file is larger than any profile.
        """
        return await self._run(self._calls.read_profile, run_id)

    async def _run(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *args, **kwargs))

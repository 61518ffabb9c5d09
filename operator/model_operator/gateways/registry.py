"""MLflow as the shell sees it: sweeps, registered models, idempotent writes and drift profiles.

`app` builds one `MlflowRegistry`, the shell calls it. Calls of `MlflowClient` block, so they run in threads of their
own, and a server that does not answer occupies those threads and nothing else. One failed request is one failed call:
when to try again is for `shell.registry_view` to say.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from mlflow import MlflowClient
from mlflow.environment_variables import (
    MLFLOW_ALLOW_HTTP_REDIRECTS,
    MLFLOW_DISABLE_TELEMETRY,
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER,
)
from mlflow.telemetry import set_telemetry_client

from model_contract.progress import TrainingProgress
from model_operator.core.decision import RegistryWrite
from model_operator.core.observed import RegisteredModel
from model_operator.gateways.errors import Transient
from model_operator.gateways.protocols import always
from model_operator.gateways.registry_calls import RegistryCalls

_LONGEST_CALL: Final = 120.0  # seconds, with all its requests

_P = ParamSpec("_P")
_T = TypeVar("_T")


class MlflowRegistry:
    """Implements `ModelRegistry` with `MlflowClient`.

    Time-out, retries, telemetry and progress bars of MLflow's client are settings of the whole process; making a
    registry sets them. Credentials are MLflow's own variables, for example MLFLOW_TRACKING_TOKEN.

    Args:
        uri: of the MLflow server.
        threads: calls at the same time; more wait for one that ends.
        timeout_seconds: of silence in one request; a call may make several requests.
        retries: of one request, after refused connections, 429 and 5xx.
        may_write: asked before every write; writes that it forbids are not sent.
    """

    def __init__(
        self,
        uri: str,
        *,
        threads: int = 8,
        timeout_seconds: int = 10,
        retries: int = 0,
        may_write: Callable[[], bool] = always,
    ) -> None:
        MLFLOW_HTTP_REQUEST_TIMEOUT.set(timeout_seconds)
        MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(retries)
        MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER.set(False)  # a thread would sleep for as long as the server likes
        MLFLOW_ALLOW_HTTP_REDIRECTS.set(False)
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
        MLFLOW_DISABLE_TELEMETRY.set(True)
        set_telemetry_client()  # reads the variable, which came too late for the import of mlflow
        self._calls = RegistryCalls(MlflowClient(tracking_uri=uri, registry_uri=uri), uri)
        self._may_write = may_write
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
            Transient: MLflow does not answer, or this process does not lead.
        """
        await self._run(self._write, write)

    async def read_profile(self, run_id: str) -> bytes:
        """The drift profile among the artifacts of a run.

        Raises:
            NotFound: the run or the artifact is not there.
            Permanent: the file is larger than any profile.
        """
        return await self._run(self._calls.read_profile, run_id)

    async def read_progress(self, jobs: Mapping[str, str]) -> dict[str, TrainingProgress]:
        """What running trainings say of themselves, by the uid of the Job; one that says nothing is left out."""
        return await self._run(self._calls.read_progress, jobs)

    def _write(self, write: RegistryWrite) -> None:
        if not self._may_write():  # asked in the thread: the call may have waited for one
            raise Transient(f"{write.kind} of {write.model}: not sent, because this process does not lead")
        self._calls.write(write)

    async def _run(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        running = asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *args, **kwargs))
        try:
            return await asyncio.wait_for(running, _LONGEST_CALL)
        except TimeoutError as error:  # the server sends a little now and then, or keeps all threads waiting
            raise Transient(f"MLflow has not ended its answer within {_LONGEST_CALL:g} s") from error

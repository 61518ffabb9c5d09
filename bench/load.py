"""The other side of the operator: creates SensorModels, and watches what becomes of them.

Used by `bench.operator_run`, as administrator. It is light on purpose, because it shares the processor with what it
measures: Jobs are watched as metadata only, and nothing is watched during a cold start.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from model_contract.keys import LABEL_MODEL
from model_operator.api.base import API_VERSION

NAMESPACE: Final = "bench"
POLICY: Final = "default"
_MODELS: Final = f"/apis/{API_VERSION}/namespaces/{NAMESPACE}/sensormodels"
_JOBS: Final = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
_METADATA_ONLY: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_CONNECTIONS: Final = 16


class Api:
    """An API server, as an administrator sees it.

    Attributes:
        reads: objects and lists that were asked for, to be told apart from those of the operator.
    """

    def __init__(self, host: str, session: aiohttp.ClientSession) -> None:
        self._host = host
        self._session = session
        self.reads = 0

    @classmethod
    @asynccontextmanager
    async def connect(cls, kubeconfig: Path) -> AsyncIterator[Self]:
        """A session of its own."""
        configuration = Configuration()
        configuration.connection_pool_maxsize = _CONNECTIONS + 2
        await load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
        async with ApiClient(configuration) as client:
            session = client.rest_client._create_pool_manager()  # noqa: SLF001  TLS as configured, bodies as bytes
            async with session:
                yield cls(configuration.host, session)

    async def metrics(self) -> str:
        """The API server's own metrics."""
        async with self._session.get(f"{self._host}/metrics") as response:
            response.raise_for_status()
            return await response.text()

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """The object or list at a path."""
        self.reads += 1
        async with self._session.get(self._host + path, params=query) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    async def create(self, path: str, manifest: Mapping[str, Any]) -> None:
        """POST a manifest."""
        async with self._session.post(self._host + path, json=manifest) as response:
            response.raise_for_status()
            await response.read()

    async def watch(self, path: str, accept: str = "application/json") -> AsyncIterator[dict[str, Any]]:
        """The objects at a path whenever they change from now on."""
        newest = (await self.get(path, limit="1"))["metadata"]["resourceVersion"]
        async with self._session.get(
            self._host + path,
            params={"watch": "1", "resourceVersion": newest},
            headers={"Accept": accept},
            timeout=aiohttp.ClientTimeout(total=None),
        ) as response:
            response.raise_for_status()
            async for line in response.content:
                yield json.loads(line)["object"]


def sensor_model(name: str) -> dict[str, Any]:
    """The smallest useful SensorModel."""
    return {
        "apiVersion": API_VERSION,
        "kind": "SensorModel",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "sensorID": name.upper(),
            "modelType": "Telemanom",
            "telemetry": {"uri": f"file:///telemetry/{name}.parquet"},
            "policyRef": {"name": POLICY},
        },
    }


async def create_models(api: Api, names: Iterable[str]) -> None:
    """Create SensorModels, as fast as some connections allow."""
    left = iter(names)

    async def create() -> None:
        for name in left:
            await api.create(_MODELS, sensor_model(name))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(_CONNECTIONS):
            tasks.create_task(create())


async def count_jobs(api: Api) -> int:
    """Jobs that exist, for the price of reading one."""
    page = await api.get(_JOBS, limit="1")
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))


async def count_ready(api: Api) -> int:
    """SensorModels whose spec was observed and for which a Job exists."""
    jobs = (await api.get(_JOBS))["items"]
    with_job = {job["metadata"]["labels"][LABEL_MODEL] for job in jobs}
    return sum(_is_observed(model) and _name(model) in with_job for model in (await api.get(_MODELS))["items"])


class Latencies:
    """How long after the creation of a SensorModel its Job and its status were seen, in seconds."""

    def __init__(self) -> None:
        self.job: dict[str, float] = {}
        self.status: dict[str, float] = {}
        self._sent: dict[str, float] = {}
        self._changed = asyncio.Event()

    async def measure(self, api: Api, names: Iterable[str], per_second: float, *, patience: float) -> None:
        """Create SensorModels at a steady pace and watch until all have Job and status.

        Raises:
            TimeoutError: some have neither `patience` seconds after the last creation.
        """
        watches = [asyncio.create_task(self._watch_jobs(api)), asyncio.create_task(self._watch_models(api))]
        await asyncio.sleep(0.5)  # the watches are open
        try:
            await self._create(api, names, per_second)
            async with asyncio.timeout(patience):
                while len(self.job) < len(self._sent) or len(self.status) < len(self._sent):
                    self._changed.clear()
                    await self._changed.wait()
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)

    async def _create(self, api: Api, names: Iterable[str], per_second: float) -> None:
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, name in enumerate(names):
                await asyncio.sleep(max(0.0, begun + number / per_second - time.perf_counter()))
                self._sent[name] = time.perf_counter()
                tasks.create_task(api.create(_MODELS, sensor_model(name)))

    async def _watch_jobs(self, api: Api) -> None:
        async for job in api.watch(_JOBS, _METADATA_ONLY):
            self._see(self.job, job["metadata"]["labels"][LABEL_MODEL])

    async def _watch_models(self, api: Api) -> None:
        async for model in api.watch(_MODELS):
            if _is_observed(model):
                self._see(self.status, _name(model))

    def _see(self, seen: dict[str, float], name: str) -> None:
        sent = self._sent.get(name)
        if sent is not None:
            seen.setdefault(name, time.perf_counter() - sent)
            self._changed.set()


def _name(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["name"])


def _is_observed(model: Mapping[str, Any]) -> bool:
    return bool(model.get("status", {}).get("observedGeneration") == model["metadata"]["generation"])

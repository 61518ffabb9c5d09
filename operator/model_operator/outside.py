"""The real outside: the API server, MLflow, worker processes and the time.

`__main__` opens it and gives it to the app; tests give the app fakes.
"""

import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import uuid4

from model_operator.app import Outside
from model_operator.gateways.api_server import ApiServer
from model_operator.gateways.errors import GatewayError
from model_operator.gateways.kube import KubernetesCluster
from model_operator.gateways.leases import KubernetesLeases
from model_operator.gateways.protocols import always
from model_operator.gateways.telemetry import WorkerTelemetry
from model_operator.imports import not_importable
from model_operator.settings import Settings
from model_operator.shell.leadership import Leadership

# MLflow imports them where they are installed, for data sets that the operator never touches. Without them the process
# starts with 115 MiB instead of 170, or 200 where pandas is installed.
with not_importable("numpy", "pandas", "pyarrow"):
    from model_operator.gateways.registry import MlflowRegistry

_CALL_TIMEOUT: Final = 20.0  # seconds of one call to the API server
_LEASE_CALL_TIMEOUT: Final = 3.0  # seconds: three of them fit into the renew deadline
_MIB: Final = 1024 * 1024
_STREAMING_LISTS_SINCE: Final = (1, 34)  # of Kubernetes


class SystemClock:
    """The time of this machine, in whole seconds as metav1.Time has it."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC).replace(microsecond=0)


@asynccontextmanager
async def open_outside(settings: Settings) -> AsyncIterator[Outside]:
    """The API server of the service account or kubeconfig, MLflow, worker processes, and the time.

    Raises:
        ConfigException: there is neither a service account nor a kubeconfig.
    """
    leases = await _connect(connections=1, timeout_seconds=_LEASE_CALL_TIMEOUT)
    leadership = _leadership(leases, settings)
    may_write = leadership.may_write if leadership else always
    api_server = await _connect(connections=settings.workers + 2, timeout_seconds=_CALL_TIMEOUT, may_write=may_write)
    registry = MlflowRegistry(
        settings.mlflow_tracking_uri,
        timeout_seconds=int(settings.registry_timeout.total_seconds()),
        may_write=may_write,
    )
    telemetry = WorkerTelemetry(
        settings.telemetry_roots,
        processes=settings.measurement_processes,
        memory_bytes=settings.measurement_memory_mib * _MIB,
        timeout_seconds=settings.measurement_timeout.total_seconds(),
    )
    try:
        yield Outside(
            cluster=KubernetesCluster(api_server, namespaces=settings.namespaces, reporting_instance=settings.pod_name),
            registry=registry,
            telemetry=telemetry,
            clock=SystemClock(),
            jitter=random.random,
            leadership=leadership,
            streams_lists=await _streams_lists(api_server),
        )
    finally:
        await telemetry.close()
        registry.close()
        await api_server.close()
        await leases.close()


_connect = partial(ApiServer.connect, kubeconfig=None, context=None)


def _leadership(api_server: ApiServer, settings: Settings) -> Leadership | None:
    if settings.lease is None:
        return None
    namespace, name = settings.lease.split("/")
    return Leadership(
        KubernetesLeases(api_server, namespace=namespace, name=name),
        identity=f"{settings.pod_name}_{uuid4()}",  # a restarted container has the same pod
        monotonic=time.monotonic,
        jitter=random.random,
    )


async def _streams_lists(api_server: ApiServer) -> bool:
    """Whether the API server is of a version that has streaming lists; one that does not answer yet counts as old."""
    try:
        version = await api_server.get("/version")
    except GatewayError:
        return False
    number = tuple(int(re.sub(r"\D", "", version[part])) for part in ("major", "minor"))
    return number >= _STREAMING_LISTS_SINCE

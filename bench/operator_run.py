"""One life of one operator on a control plane of its own: cold start, rest, restart, steady creation.

Used by `bench.operator_bench`. The control plane runs neither controller manager nor scheduler: Jobs stay as they were
created, as if they were suspended, and whatever writes a Job, a status or an event is the operator.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.load import NAMESPACE, POLICY, Api, Latencies, count_jobs, count_ready, create_models
from bench.meter import Meter, Reading, Span, between
from bench.operators import Operator
from bench.processes import ROOT, ProcessTree, find_below_this, running
from localcluster import Cluster
from model_operator.api.base import API_VERSION

STEADY_PER_SECOND: Final = 20.0
_LOOK_EVERY: Final = 0.25  # seconds
_PATIENCE: Final = 300.0
_INSTALLED_IN: Final = "sensor-model-system"  # namespace of manifests/base/rbac.yaml
_OBJECTS: Final = (
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    {
        "apiVersion": API_VERSION,
        "kind": "RetrainingPolicy",
        "metadata": {"name": POLICY, "namespace": NAMESPACE},
        "spec": {"budget": {"maxConcurrent": 10_000}},  # nothing waits: otherwise most models would get no Job
    },
)


@dataclass(frozen=True)
class Run:
    """What was measured of one operator with so many objects."""

    operator: str
    objects: int
    cold_seconds: float  # from the start of the process until every object has its Job and its status
    cold: Span  # from the start of the process until it is quiet
    cold_peak_mib: float
    rest: Span
    restart: Span  # from the start of the process until it is quiet
    restart_peak_mib: float
    steady: Span  # from the first creation until it is quiet
    steady_objects: int
    job_seconds: tuple[float, ...]  # from sending a SensorModel until its Job was seen
    status_seconds: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """How long one run lasts."""

    objects: int
    rest_seconds: float
    steady_objects: int


@contextmanager
def control_plane() -> Iterator[Cluster]:
    """Etcd and an API server with the kinds, the role, a namespace and a policy, and nothing that acts on Jobs."""
    with Cluster(say=lambda _: None) as cluster:
        cluster.kubectl(
            "apply", "--server-side", "-f", str(ROOT / "crds"), "-f", str(ROOT / "manifests/base/rbac.yaml")
        )
        cluster.kubectl("wait", "--for=condition=Established", "crd", "--all")
        for manifest in _OBJECTS:
            cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
        cluster.stop_component("kube-scheduler")
        cluster.stop_component("kube-controller-manager")
        yield cluster


def operator_kubeconfig(cluster: Cluster) -> Path:
    """A kubeconfig of the service account that the manifests install, with its rights and its fair share."""
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{_INSTALLED_IN}"]
    return cluster.kubeconfig_for(f"system:serviceaccount:{_INSTALLED_IN}:sensor-model-operator", groups)


def measure_operator(plan: Plan, make: Callable[[Path], Operator], mlflow_log: Path) -> Run:
    """Run one operator from its cold start to its end on a fresh control plane.

    Args:
        plan: how much of everything.
        make: the operator that uses a kubeconfig.
        mlflow_log: access log of the MLflow server.

    Raises:
        TimeoutError: it did not become ready, or quiet.
        RuntimeError: it ended by itself.
    """
    with control_plane() as cluster:
        operator = make(operator_kubeconfig(cluster))
        return asyncio.run(_measure(plan, cluster, operator, mlflow_log))


async def _measure(plan: Plan, cluster: Cluster, operator: Operator, mlflow_log: Path) -> Run:
    log = cluster.logs_dir / "operator.log"
    async with Api.connect(cluster.kubeconfig) as api:
        await create_models(api, (f"sensor-{number}" for number in range(plan.objects)))
        meter = Meter(api, find_below_this("kube-apiserver"), mlflow_log)
        begin = await meter.read(None)
        with running(operator.command, operator.environment, log) as process:
            cold_seconds = await _until_ready(api, meter, process, begin, plan.objects)
            cold = between(begin, await meter.read_when_quiet(process, patience=_PATIENCE))
            cold_peak = process.peak_memory_mib()
            rest = await _rest(meter, process, plan.rest_seconds)
        begin = await meter.read(None)
        with running(operator.command, operator.environment, log) as process:
            quiet = await meter.read_when_quiet(process, patience=_PATIENCE)
            restart, restart_peak = between(begin, quiet), process.peak_memory_mib()
            latencies = Latencies()
            steady = await _steady(api, meter, process, latencies, plan)
    return Run(
        operator=operator.name,
        objects=plan.objects,
        cold_seconds=cold_seconds,
        cold=cold,
        cold_peak_mib=cold_peak,
        rest=rest,
        restart=restart,
        restart_peak_mib=restart_peak,
        steady=steady,
        steady_objects=plan.steady_objects,
        job_seconds=tuple(latencies.job.values()),
        status_seconds=tuple(latencies.status.values()),
    )


async def _until_ready(api: Api, meter: Meter, process: ProcessTree, begin: Reading, objects: int) -> float:
    """Seconds until all are ready. What costs the API server much is asked only when it may be the end."""
    give_up = begin.time + _PATIENCE
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if await count_jobs(api) == objects:
            now = await meter.read(process)
            written = between(begin, now).traffic.object_writes
            if written >= 2 * objects and await count_ready(api) == objects:
                return now.time - begin.time
        if time.perf_counter() > give_up:
            raise TimeoutError(f"{await count_ready(api)} of {objects} SensorModels are ready")


async def _rest(meter: Meter, process: ProcessTree, seconds: float) -> Span:
    begin = await meter.read(process)
    await asyncio.sleep(seconds)
    return between(begin, await meter.read(process))


async def _steady(api: Api, meter: Meter, process: ProcessTree, latencies: Latencies, plan: Plan) -> Span:
    begin = await meter.read(process)
    names = (f"late-{number}" for number in range(plan.steady_objects))
    await latencies.measure(api, names, STEADY_PER_SECOND, patience=30.0)
    return between(begin, await meter.read_when_quiet(process, patience=_PATIENCE))
